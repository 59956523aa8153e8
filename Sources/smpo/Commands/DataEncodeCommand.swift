import ArgumentParser
import Compute
import Core
import Datasets
import Foundation
import Jobs
import Ledger
import Training

extension DataCommand {
    /// `smpo data encode`
    struct Encode: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make the latents and the text states of a recipe's pairs, once.",
            discussion: """
                Every picture of the recipe's data is made ready, encoded by the model's
                autoencoder, sampled and scaled, and every caption encoded by its text
                encoders. They go into a folder with digests of all that they were made of,
                which smpo train and smpo audit read; without one, smpo train makes it.

                A set that was begun is gone on with: a file is whole or not there. With
                --jobs several processes make files side by side; the bytes are the same.
                A set that another command is making is waited for. --on slurm has tasks make
                files, each a share of them (--jobs), in a folder that all machines see; --on
                file:JOB writes a folder with a command line a task: run the lines, then the same
                command again (`smpo job --help`).
                What is drawn for a picture (crop, mirroring, the latent's noise) is drawn
                once, from data.latent_seed; a training without a set of latents draws
                crops and mirrorings anew for each step.

                Scores of the recipe's reward model (section reward) are made first, and kept
                below .smpo/scores; with --rewards they are all that is made, for any model.

                --check reads every row of a set and holds it against its digest, makes
                --sample pairs and as many captions again, drawn by chance, and compares
                every bit.

                EXAMPLES
                  smpo data encode recipe.yaml
                  smpo data encode recipe.yaml --out latents --jobs 4
                  smpo data encode recipe.yaml --out latents --check --sample 20
                  smpo data encode recipe.yaml --out latents --on slurm --jobs 16
                  smpo data encode recipe.yaml --rewards
                  smpo train recipe.yaml --record --set data.latent_set=latents

                \(ExitStatus.help([.success, .diverged, .trouble, .tampered, .usage, .interrupted]))
                """)

        @Argument(help: "Recipe, YAML.")
        var recipe: String

        @Option(name: .customLong("set"), help: "Override a value of the recipe: KEY.PATH=VALUE. Repeatable.")
        var overrides: [String] = []

        @Option(help: "Folder of the set (default: data.latent_set, or one below .smpo/latents).")
        var out: String?

        @Option(
            help:
                "Processes that make files side by side, or tasks elsewhere; each opens the model for itself (default: 1; 8 tasks)."
        )
        var jobs: Int?

        @Flag(help: "Take away another set that is in the folder.")
        var replace = false

        @Flag(help: "Read a set whole and make a sample of it again, in place of making it.")
        var check = false

        @Flag(help: "Make the scores of the recipe's reward model alone.")
        var rewards = false

        @Option(help: "Pairs, and captions, that --check makes again; all for every one.")
        var sample = "8"

        /// Which of how many shares of the files this process makes.
        @Option(help: .hidden)
        var share: String?

        @Flag(help: "Print the result as JSON.")
        var json = false

        @OptionGroup var engineOptions: EngineOptions

        @OptionGroup var deviceOptions: DeviceOptions

        @OptionGroup var cluster: ClusterOptions

        /// Processes here.
        private var processes: Int { cluster.isElsewhere ? 1 : jobs ?? 1 }

        func validate() throws {
            if let jobs, !(1...256).contains(jobs) {
                throw ValidationError("--jobs must be between 1 and 256, found \(jobs)")
            }
            if cluster.isElsewhere, rewards || check {
                throw ValidationError("--on is for the making of latents: leave out --rewards, --check")
            }
            if sample != "all", Int(sample).map({ $0 >= 1 }) != true {
                throw ValidationError("--sample: expected 1 or more, or all, found \"\(sample)\"")
            }
            if check && (jobs ?? 1 != 1 || replace) {
                throw ValidationError("--check makes no set: leave out --jobs, --replace")
            }
            if rewards && (check || jobs ?? 1 != 1 || replace || out != nil) {
                throw ValidationError("--rewards makes no latents: leave out --check, --jobs, --replace, --out")
            }
            if share != nil, shares() == nil {
                throw ValidationError("--share: expected K/N, found \"\(share ?? "")\"")
            }
        }

        func run() throws {
            let engine = try deviceOptions.engine(engineOptions)
            defer { engine.stop() }
            Interrupt.listen()
            let workspace = Workspace()
            let read = try Recipe.read(path: recipe, overrides: overrides)
            let use = RewardScoresUse(
                check || share != nil ? .read : .readOrMake, folder: workspace.scores, engine: engine.on(.reference),
                progress: EncodingProgress.ofScores())
            if rewards { return try score(read, use) }
            let encoding = try LatentEncoding.open(read, on: engine, scores: use)
            let folder = out ?? encoding.place(below: workspace.latents)
            if check {
                try requireMemory(read, engine)
                return try check(encoding, folder)
            }
            try OutputFile("--out", folder).requireOutsideEvidence(workspace)
            let captions = encoding.captions()
            let writer = encoding.writer(in: folder, captions)
            if let (number, count) = shares() {
                let own = Set(writer.layout.files.enumerated().filter { $0.offset % count == number }.map(\.element))
                for file in try writer.missing() where own.contains(file) {
                    try writer.write(file, by: encoding) { try EncodingProgress.stopIfAsked() }
                }
                return
            }
            if !replace, let set = try writer.present() { return try report(set) }
            try requireMemory(read, engine)
            let progress = LatentProgress()
            let lock = try LatentSetLock(folder, waiting: progress.waiting)
            defer { withExtendedLifetime(lock) {} }
            if replace { try writer.removeOther() }
            let set = try writer.present() ?? make(encoding, writer, read)
            try report(set)
        }

        /// All processes have room together. - Throws: `EncodingShortage`.
        private func requireMemory(_ recipe: Recipe, _ engine: Engine) throws {
            let workers = max(1, engineOptions.workerCount / processes)
            guard !cluster.isElsewhere, let machine = MachineMemory.read(for: engine),
                let needed = try MemoryPlan(recipe, workers: workers, on: engine.device).latentsAlone(
                    processes: processes, workers: workers),
                needed > machine.available
            else { return }
            throw EncodingShortage(needed: needed, processes: processes, machine: machine)
        }

        /// Makes what is missing of the scores.
        private func score(_ recipe: Recipe, _ use: RewardScoresUse) throws {
            let data = try RunData(recipe, scores: use)
            guard let reward = recipe.reward, let scores = data.rewardScores else {
                throw TrainingError.mismatch(
                    what: "--rewards", expected: "a recipe with a section reward", found: "\(recipe.name)", hint: nil)
            }
            if json {
                let value: JSONValue = [
                    "schema": 1, "folder": scores.folder.map { .string($0) } ?? .null,
                    "reward": .string(reward.kind.name), "pairs": .integer(scores.scores.count),
                    "digest": .digest(scores.digest),
                ]
                return print(value.pretty)
            }
            print("folder     \(scores.folder ?? "")")
            print("reward     \(reward.kind.name)")
            print("pairs      \(scores.scores.count)")
            print("digest     \(scores.digest)")
        }

        private func shares() -> (number: Int, count: Int)? {
            let numbers = (share ?? "").split(separator: "/", omittingEmptySubsequences: false).map { Int($0) ?? -1 }
            guard numbers.count == 2, numbers[1] >= 1, (0..<numbers[1]).contains(numbers[0]) else { return nil }
            return (numbers[0], numbers[1])
        }

        /// Makes what is missing, here or in processes of its own.
        private func make(_ encoding: LatentEncoding, _ writer: LatentSetWriter, _ recipe: Recipe) throws -> LatentSet {
            let missing = try writer.missing()
            let progress = EncodingProgress(writer, missing)
            defer { progress.finish() }
            if cluster.isElsewhere {
                try makeElsewhere(writer, recipe)
            } else if processes == 1 || missing.count < 2 {
                for file in missing {
                    try writer.write(file, by: encoding) {
                        progress.row(of: file)
                        try EncodingProgress.stopIfAsked()
                    }
                }
            } else {
                let workers = max(1, engineOptions.workerCount / processes)
                let commands = (0..<processes).map { number in
                    Job("share \(number + 1)", [share(number, of: processes, writer, workers: workers)])
                }
                let here = Runner.here(width: processes)
                let runner = Runner(here.launcher, width: processes) {
                    try here.stopIfAsked()
                    progress.look()
                }
                _ = try runner.run(commands) { _, ending in
                    if ending.exitCode == ExitStatus.interrupted.rawValue { throw ExitStatus.interrupted.code }
                    guard ending.exitCode == 0 else { throw ending.failure() }
                }
            }
            progress.finish()
            Message.note("reading all rows again")
            return try writer.finish()
        }

        /// The command that makes the missing files of a share.
        private func share(_ number: Int, of count: Int, _ writer: LatentSetWriter, workers: Int) -> Command {
            Command(
                ["data", "encode", self.recipe, "--out", writer.folder, "--share", "\(number)/\(count)"]
                    + overrides.flatMap { ["--set", $0] } + ["--workers", "\(workers)"]
                    + (engineOptions.isa.map { ["--isa", $0] } ?? []) + deviceOptions.arguments)
        }

        /// Has tasks elsewhere make what is missing.
        private func makeElsewhere(_ writer: LatentSetWriter, _ recipe: Recipe) throws {
            var tasks = try ClusterJobs(cluster)
            tasks.isGathered = false
            let workers = engineOptions.workers ?? tasks.cores
            tasks.memory = try MemoryPlan(recipe, workers: workers).latentsAlone(processes: 1, workers: workers)
            let shares = ClusterShares(
                kind: "encode", cluster: tasks, evidence: ["set": writer.key],
                count: min(writer.layout.files.count, jobs ?? ClusterShares.usual))
            try shares.make {
                share($0, of: shares.count, writer, workers: workers).arguments
            } isWhole: {
                try writer.missing().isEmpty
            }
        }

        private func report(_ set: LatentSet) throws {
            let layout = set.layout
            if json {
                let value: JSONValue = [
                    "schema": 1, "folder": .string(set.folder), "pairs": .integer(layout.pairs),
                    "latent": .array(layout.latent.map { .integer($0) }),
                    "captions": .integer(layout.texts?.count ?? 0), "digest": .digest(set.digest),
                ]
                return print(value.pretty)
            }
            print("folder     \(set.folder)")
            print("pairs      \(layout.pairs), latents \(layout.latent.map(String.init).joined(separator: "x"))")
            print("captions   \(layout.texts.map { "\($0.count)" } ?? "no states are kept")")
            print("digest     \(set.digest)")
        }

        /// Reads the set and makes a sample of it again.
        private func check(_ encoding: LatentEncoding, _ folder: String) throws {
            guard LatentSet.isThere(folder) else { throw LatentSetMissing(folder: folder) }
            let captions = encoding.captions()
            let set: LatentSet
            do {
                set = try encoding.read(folder)
                try set.requirePairs()
                try set.requireIntact(encoding.pairs, captions)
            } catch let error as LatentSetChanged {
                throw TamperError(
                    file: error.file, run: nil, step: nil,
                    field: error.row.map { "row \($0) of \(error.what)" } ?? error.what,
                    expected: error.expected ?? "the file that was made", found: error.found ?? "another")
            }
            func drawn(_ count: Int) -> [Int] {
                let all = Array(0..<count)
                return Int(sample).map { all.shuffled().prefix($0).sorted() } ?? all
            }
            let (pairs, texts) = (drawn(set.layout.pairs), drawn(set.layout.texts?.count ?? 0))
            let bar = ProgressBar(total: pairs.count + texts.count, unit: "row")
            var remakes: [LatentSet.Remake] = []
            func note(_ remake: LatentSet.Remake) throws {
                remakes.append(remake)
                bar.update(remakes.count)
                try EncodingProgress.stopIfAsked()
            }
            for index in pairs {
                try note(set.remake(pair: index, of: encoding.pairs.item(at: index), by: encoding))
            }
            for place in texts {
                guard let captions else { continue }
                try note(set.remake(caption: captions.texts[place], at: place, by: encoding))
            }
            bar.finish()
            let different = remakes.filter { !$0.different.isEmpty }
            if json {
                let value: JSONValue = [
                    "schema": 1, "folder": .string(folder), "digest": .digest(set.digest),
                    "rows": .integer(set.layout.pairs + (set.layout.texts?.count ?? 0)),
                    "made_again": .array(remakes.map { .string($0.name) }),
                    "different": .array(
                        different.map {
                            ["row": .string($0.name), "tensors": .array($0.different.map { .string($0) })]
                        }),
                ]
                print(value.pretty)
            } else {
                print("digest      \(set.digest)")
                print(
                    "rows read   \(set.layout.pairs) pairs, \(set.layout.texts?.count ?? 0) captions: as their digests say"
                )
                print("made again  \(pairs.count) pairs, \(texts.count) captions")
                for one in different {
                    print("different   \(VisibleText.of(one.name)): \(one.different.joined(separator: ", "))")
                }
                if different.isEmpty { print("the same bits") }
            }
            if !different.isEmpty { throw ExitStatus.diverged.code }
        }
    }
}
