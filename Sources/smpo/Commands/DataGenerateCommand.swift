import ArgumentParser
import Compute
import Core
import Datasets
import Diffusion
import Foundation
import Ledger
import Preferences
import Studies
import Training

extension DataCommand {
    /// `smpo data generate`
    struct Generate: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make preference pairs out of a model's own pictures.",
            discussion: """
                For each caption some pictures are drawn, scored by a reward model, and two
                of them kept. Simulated people of varied taste say which they prefer, so that
                the noise of the labels is known; with --labels scores the higher score is
                the label. The set goes into a folder that a recipe can name (data.kind:
                folder): images/, pairs.jsonl and generation.json, which says what it was made
                from. --check makes a set again from its generation.json and compares.

                Captions are those of the shapes world's training split, or the lines of
                --captions FILE, which simulated people cannot judge.

                EXAMPLES
                  smpo data generate --model Golden/shapes-base --scorer Golden/shapes-pickscore --pairs 256 --out pairs
                  smpo data generate --model Golden/shapes-base --pairs 256 --noise 0 --out certain-pairs
                  smpo data generate --check pairs
                  smpo train Manifests/recipes/shapes-smpo.yaml --set data.kind=folder --set data.path=pairs

                \(ExitStatus.help([.success, .diverged, .trouble, .incomparable, .usage]))
                """)

        /// The source of the preferences.
        enum Labels: String, CaseIterable, ExpressibleByArgument { case voters, scores }

        @Option(help: "Model folder that draws.")
        var model: String?

        @Option(help: "Folder of a reward model that scores the pictures.")
        var scorer: String?

        @Option(help: "Pairs to make.")
        var pairs = 256

        @Option(help: "Seed of noise, order of captions and votes.")
        var seed: UInt64 = 1

        @Option(help: "Captions, one a line (default: those of the shapes world).")
        var captions: String?

        @Option(help: "Edge of the pictures (default: the model's sample_size).")
        var size: Int?

        @Option(help: "DDIM steps.")
        var steps = 25

        @Option(help: "Classifier-free guidance; 1 is off.")
        var guidance: Float = 1

        @Option(help: "Fresh noise in the sampler: 0 none (DDIM), 1 as DDPM.")
        var eta: Float = 0

        @Option(help: "Pictures drawn for each caption.")
        var candidates = 2

        @Option(help: "Which two are kept: first, closest or widest by score.")
        var choose = "first"

        @Option(help: "Who says which is preferred: voters or scores.")
        var labels = Labels.voters

        @Option(help: "Simulated people.")
        var voters = 50

        @Option(help: "How much their tastes differ, 0 to 1.")
        var variety = 0.5

        @Option(help: "How unsure they are, in units of the judge's reward; 0 is certain.")
        var noise = 0.05

        @Option(help: "How readily they call it a tie; 0 is never.")
        var ties = 0.2

        @Option(help: "Folder to write into; made if it is missing.")
        var out: String?

        @Option(help: "Make the set in this folder again, and compare.")
        var check: String?

        @Flag(help: "Replace pairs that are in the folder.")
        var replace = false

        @Flag(help: "Print the result as JSON.")
        var json = false

        @OptionGroup var engineOptions: EngineOptions

        private var choice: PairGeneration.Settings.Choice? { .init(rawValue: choose) }

        func validate() throws {
            guard check == nil else {
                if out != nil || captions != nil { throw ValidationError("--check takes all from generation.json") }
                return
            }
            guard model != nil, out != nil else { throw ValidationError("--model and --out are needed, or --check") }
            for (name, value, range) in [
                ("--pairs", pairs, 1...10_000_000), ("--steps", steps, 1...1000), ("--candidates", candidates, 2...64),
                ("--voters", voters, 1...1_000_000), ("--size", size ?? 16, 8...1024),
            ] where !range.contains(value) {
                throw ValidationError("\(name): expected \(range.lowerBound) to \(range.upperBound), found \(value)")
            }
            guard choice != nil else {
                throw ValidationError("--choose: expected first, closest or widest, found \"\(choose)\"")
            }
            if choice != .first && scorer == nil { throw ValidationError("--choose \(choose) needs --scorer") }
            if labels == .scores && scorer == nil { throw ValidationError("--labels scores needs --scorer") }
            if labels == .voters && captions != nil {
                throw ValidationError("simulated people judge the shapes world only: --labels scores with --captions")
            }
            if !(0...1).contains(variety) || noise < 0 || ties < 0 || !(0...1).contains(eta) {
                throw ValidationError("--variety and --eta are between 0 and 1, --noise and --ties at least 0")
            }
        }

        func run() throws {
            if let out { try OutputFile("--out", out).requireOutsideEvidence(Workspace()) }
            let engine = try engineOptions.engine()
            defer { engine.stop() }
            if let check { return try compare(check, engine) }
            guard let out else { return }
            let list = "\(out)/\(FolderPairs.listName)"
            guard replace || !FileContents.exists(list) else {
                throw ValidationError("\(list) is there already; --replace writes over it")
            }
            let outcome = try make(try record(engine.contract), into: out, engine)
            if json { return print(JSONValue.object(["schema": 1, "outcome": outcome.json]).pretty) }
            print("pairs        \(outcome.pairs), \(outcome.ties) of them ties")
            printShare("labels", outcome.rightLabels, outcome.judged)
            printShare("scores", outcome.rightScores, outcome.scored)
            print("data digest  \(outcome.digest)")
        }

        private func printShare(_ name: String, _ right: Int, _ count: Int) {
            guard count > 0 else { return }
            print(
                name.padding(toLength: 13, withPad: " ", startingAt: 0)
                    + String(
                        format: "%.1f %% as the rule-based judge has it (%d of %d)",
                        100 * Double(right) / Double(count), right, count))
        }

        /// The record of the set that the command line asks for.
        private func record(_ contract: Contract) throws -> GenerationRecord {
            let folder = model ?? ""
            let model = try DiffusionModel(path: folder)
            return GenerationRecord(
                contract: contract.rawValue,
                settings: PairGeneration.Settings(
                    pairs: pairs, seed: seed, size: size ?? model.unet.config.sampleSize ?? 64, steps: steps,
                    guidance: guidance, eta: eta, candidates: candidates, choice: choice ?? .first),
                captions: try captions.map { .file(path: $0, digest: try Digest.file($0)) } ?? .shapes(.training),
                model: .init(path: folder, digests: Pipeline.inputs(try model.pipeline.digests())),
                scorer: try scorer.map { .init(path: $0, digests: ["scorer": try PickScore(path: $0).digest]) },
                voters: labels == .voters
                    ? ShapesVoters(seed: seed, count: voters, variety: variety, noise: noise, ties: ties) : nil)
        }

        /// Makes the set that `record` describes.
        private func make(
            _ record: GenerationRecord, into folder: String, _ engine: Engine
        ) throws -> PairGeneration.Outcome {
            let model = try DiffusionModel(path: record.model.path)
            try model.requirePictures()
            try require(record.model, Pipeline.inputs(try model.pipeline.digests()))
            let scorer = try record.scorer.map { source in
                let scorer = try PickScore(path: source.path)
                try require(source, ["scorer": scorer.digest])
                return scorer
            }
            let captions =
                switch record.captions {
                case .shapes(let split): split.captions.map(\.text)
                case .file(let path, let digest): try lines(of: path, digest)
                }
            Message.note(InputNotes(captions: captions, isCut: model.cuts))
            let generation = PairGeneration(
                model: model, settings: record.settings, captions: captions, voters: record.voters,
                scorer: scorer?.onDrawings(engine))
            let bar = ProgressBar(total: record.settings.pairs, unit: "pair")
            defer { bar.finish() }
            return try generation.write(to: folder, record: record.json, engine: engine) { bar.update($0) }
        }

        private func require(_ source: GenerationRecord.Source, _ found: [String: Digest]) throws {
            // A part that is there only now was not there when the set was made.
            for part in Set(source.digests.keys).union(found.keys).sorted(by: utf8Less)
            where found[part] != source.digests[part] {
                throw TrainingError.mismatch(
                    what: "\(source.path), \(part)", expected: source.digests[part]?.hex ?? "nothing",
                    found: found[part]?.hex ?? "nothing",
                    hint: "the set was made with another one")
            }
        }

        private func lines(of path: String, _ digest: Digest) throws -> [String] {
            let bytes = try FileContents.read(path)
            let lines = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline).map(String.init)
            guard Digest.of(.file, bytes) == digest, !lines.isEmpty else {
                throw TrainingError.mismatch(
                    what: path, expected: "captions with the digest \(digest)",
                    found: lines.isEmpty ? "none" : "others", hint: nil)
            }
            return lines
        }

        /// Makes a set again beside it and holds the two against each other.
        private func compare(_ folder: String, _ engine: Engine) throws {
            let (record, recorded) = try GenerationRecord.read(folder: folder)
            if let difference = ContractDifference(
                "\(folder) was made", under: record.contract, "it would be made again", under: engine.contract.rawValue)
            {
                throw difference
            }
            let present = try FolderPairs.loadAll(folder: folder)
            let other = NSTemporaryDirectory() + "smpo-pairs-\(UUID().uuidString)"
            defer { try? FileManager.default.removeItem(atPath: other) }
            let made = try make(record, into: other, engine).digest
            let isSame = recorded == made && present.digest == made
            if json {
                let value: JSONValue = [
                    "schema": 1, "same": .bool(isSame), "recorded": .digest(recorded), "found": .digest(present.digest),
                    "made_again": .digest(made),
                ]
                print(value.pretty)
                if !isSame { throw ExitStatus.diverged.code }
                return
            }
            print("recorded     \(recorded)")
            print("found        \(present.digest)")
            print("made again   \(made)")
            guard isSame else {
                let again = try FolderPairs.loadAll(folder: other)
                let first = (0..<min(again.count, present.count)).first {
                    again.item(at: $0).digest != present.item(at: $0).digest
                }
                print(
                    "different    \(first.map { present.item(at: $0).id + " is the first" } ?? "the number of pairs")")
                throw ExitStatus.diverged.code
            }
            print("the same pairs")
        }
    }
}
