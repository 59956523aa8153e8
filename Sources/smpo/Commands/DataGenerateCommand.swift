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

                Captions are those of the shapes world's training split, or those of a file
                (--captions), of the forms that smpo eval --prompts reads, which simulated people
                cannot judge. A model over latents keeps its pictures and scores below
                .smpo/pictures as they are made: started again, the command goes on.

                EXAMPLES
                  smpo data generate --model Golden/shapes-base --scorer Golden/shapes-pickscore --pairs 256 --out pairs
                  smpo data generate --model Golden/shapes-base --pairs 256 --noise 0 --out certain-pairs
                  smpo data generate --model sd15 --captions prompts.txt --labels scores \\
                    --scorer pickscore=PickScore_v1,pickscore.processor=CLIP-ViT-H --candidates 4 --choose widest \\
                    --pairs 500 --steps 30 --out pairs
                  smpo data generate --check pairs
                  smpo train Manifests/recipes/shapes-smpo.yaml --set data.kind=folder --set data.path=pairs

                \(ExitStatus.help([.success, .diverged, .trouble, .incomparable, .usage]))
                """)

        /// The source of the preferences.
        enum Labels: String, CaseIterable, ExpressibleByArgument { case voters, scores }

        @Option(help: "Model folder that draws, or a single file.")
        var model: String?

        @Option(
            help: ArgumentHelp(
                "Reward model that scores the pictures: a folder of PickScore's kind, or KIND=PATH and KIND.PART=VALUE between commas, as smpo eval --rewards takes them.",
                valueName: "model"))
        var scorer: String?

        @Option(help: "Pairs to make.")
        var pairs = 256

        @Option(help: "Seed of noise, order of captions and votes.")
        var seed: UInt64 = 1

        @Option(
            help: ArgumentHelp(
                "File of captions: one a line (.txt), or a file of prompts (default: those of the shapes world).",
                valueName: "file"))
        var captions: String?

        @OptionGroup(title: "MODEL") var modelOptions: ModelOptions

        @OptionGroup(title: "SAMPLER") var samplerOptions: SamplerOptions

        @OptionGroup(title: "PROMPTS AND SIZE") var promptOptions: PromptOptions

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

        @Option(help: "Folder that keeps pictures and scores of a model over latents (default: .smpo/pictures).")
        var pictures: String?

        @Flag(help: "Replace pairs that are in the folder.")
        var replace = false

        @Flag(help: "Print the result as JSON.")
        var json = false

        @OptionGroup var engineOptions: EngineOptions

        @OptionGroup var deviceOptions: DeviceOptions

        private var choice: PairGeneration.Settings.Choice? { .init(rawValue: choose) }

        func validate() throws {
            guard check == nil else {
                if out != nil || captions != nil || model != nil || scorer != nil || pictures != nil {
                    throw ValidationError("--check takes all from generation.json")
                }
                return
            }
            guard model != nil, out != nil else { throw ValidationError("--model and --out are needed, or --check") }
            for (name, value, range) in [
                ("--pairs", pairs, 1...10_000_000), ("--candidates", candidates, 2...64),
                ("--voters", voters, 1...1_000_000),
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
            if !(0...1).contains(variety) || noise < 0 || ties < 0 {
                throw ValidationError("--variety is between 0 and 1, --noise and --ties at least 0")
            }
        }

        func run() throws {
            Interrupt.listen()
            for (option, path) in [("--out", out), ("--pictures", pictures)] {
                if let path { try OutputFile(option, path).requireOutsideEvidence(Workspace()) }
            }
            let engine = try deviceOptions.engine(engineOptions)
            defer { engine.stop() }
            if let check { return try compare(check, engine) }
            guard let out else { return }
            let list = "\(out)/\(FolderPairs.listName)"
            guard replace || !FileContents.exists(list) else {
                throw ValidationError("\(list) is there already; --replace writes over it")
            }
            let opened = try GenerationInputs(
                folder: try modelOptions.folders([model ?? ""])[0], reward: try scorer.map(Self.reward),
                captions: captions)
            let settings = PairGeneration.Settings(
                pairs: pairs, seed: seed, drawing: try DrawingRequest(samplerOptions, promptOptions, opened.model),
                candidates: candidates, choice: choice ?? .first)
            let people =
                labels == .voters
                ? ShapesVoters(seed: seed, count: voters, variety: variety, noise: noise, ties: ties) : nil
            let place = opened.isLatent ? pictures ?? Workspace().pictures : nil
            let outcome = try opened.write(
                settings, people, to: out, keeping: place, engine: engine, showsNotes: true)
            if outcome.kept > 0, let place {
                Message.note("\(outcome.kept) of \(pairs * candidates) pictures were kept from before, in \(place)")
            }
            if json { return print(JSONValue.object(["schema": 1, "outcome": outcome.json]).pretty) }
            print("pairs        \(outcome.pairs), \(outcome.ties) of them ties")
            printShare("labels", outcome.rightLabels, outcome.judged)
            printShare("scores", outcome.rightScores, outcome.scored)
            print("data digest  \(outcome.digest)")
        }

        /// A folder of PickScore's kind, or a list of one reward model with its parts.
        private static func reward(_ word: String) throws -> EvaluationReward {
            guard RewardKind.all.contains(where: { word.hasPrefix("\($0.name)=") || word.hasPrefix("\($0.name).") })
            else { return EvaluationReward(kind: PickScore.kind, files: RewardFiles(word), encoding: .png) }
            let rewards = try RewardList([word]) { _ in .png }.rewards
            guard rewards.count == 1 else {
                throw ValidationError("--scorer: expected one reward model, found \(rewards.count)")
            }
            return rewards[0]
        }

        private func printShare(_ name: String, _ right: Int, _ count: Int) {
            guard count > 0 else { return }
            print(
                name.padding(toLength: 13, withPad: " ", startingAt: 0)
                    + String(
                        format: "%.1f %% as the rule-based judge has it (%d of %d)",
                        100 * Double(right) / Double(count), right, count))
        }

        /// Makes a set again beside it and holds the two against each other.
        private func compare(_ folder: String, _ engine: Engine) throws {
            let (record, recorded, outcome) = try GenerationRecord.read(folder: folder)
            if let difference = ContractDifference(
                "\(folder) was made", under: record.contract, "it would be made again", under: engine.contract.rawValue)
            {
                throw difference
            }
            let present = try FolderPairs.loadAll(folder: folder)
            let other = NSTemporaryDirectory() + "smpo-pairs-\(UUID().uuidString)"
            defer { try? FileManager.default.removeItem(atPath: other) }
            let again = try GenerationInputs(of: record).write(
                record.settings, record.voters, to: other, keeping: nil, engine: engine, against: record,
                showsNotes: true)
            let made = again.digest
            // The pairs may be the same, and the counts of ties and right labels others than they are said to be.
            let isToldSo = JSONValue.object(outcome).canonical == again.json.canonical
            let isSame = recorded == made && present.digest == made && isToldSo
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
                guard recorded != made || present.digest != made else {
                    print(
                        "different    the outcome, of which the record says \(JSONValue.object(outcome).canonical), "
                            + "found \(again.json.canonical)")
                    throw ExitStatus.diverged.code
                }
                let second = try FolderPairs.loadAll(folder: other)
                let first = (0..<min(second.count, present.count)).first {
                    second.item(at: $0).digest != present.item(at: $0).digest
                }
                print(
                    "different    \(first.map { present.item(at: $0).id + " is the first" } ?? "the number of pairs")")
                throw ExitStatus.diverged.code
            }
            print("the same pairs")
        }
    }
}
