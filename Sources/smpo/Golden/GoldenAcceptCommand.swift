import ArgumentParser
import Audit
import Core
import Foundation
import Ledger

extension GoldenCommand {
    /// `smpo golden accept`
    struct Accept: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Put what was reviewed, or a finished run of the ledger, into Golden/.",
            discussion: """
                Takes what `smpo golden review` has kept of a golden run: RUN, or with
                --all every one that matches a pattern. It is refused when the golden
                run or its recipe has changed since. Without a review, or with --as or
                --replace, RUN is a finished run of the ledger.

                Golden/RUN/policy.yaml says which recipe watches the run: if that says
                something else one day, the gate closes. It is the one that the policy
                names already, or that the run was recorded by, or --recipe, with
                --set as in `smpo train`; it must say what the run's manifest says.
                Where no recipe can watch it, --unwatched says why. What cannot be
                watched and does not say so is refused. --recipe and --unwatched also
                mend the policy of a golden run that is there, and accept it as it is;
                so is one accepted that was so before its history was kept.

                Whenever a golden run is replaced, --reason is needed. It goes into
                Golden/RUN/history.jsonl with the old head and the new, the kind of
                change and the first difference; the manifest keeps that file's
                digest. With --sign, or a key named by the environment variable
                SMPO_KEY, that record and the new manifest are signed; signatures of
                the old manifest go. Golden/runs.txt gets the name. If the program is
                killed or the power is cut meanwhile, either nothing of it has
                happened or the next command that looks at golden runs finishes it.

                Where the environment variable CI is set, nothing is accepted.

                EXAMPLES
                  smpo golden accept run-42 --reason "group norm sums in blocks of 64"
                  smpo golden accept --all 'short-*' --reason "new base model" --sign alice
                  smpo golden accept run-1 --as run-42 --replace --reason "other recipe"
                  smpo golden accept run-1 --recipe Manifests/recipes/mine.yaml --set seed=7
                  smpo golden accept run-1 --unwatched "recorded before its recipe was kept"

                \(ExitStatus.help([.success, .trouble, .tampered, .usage]))
                """)

        @Argument(help: "Name of the reviewed golden run, or of the run in the ledger.")
        var name: String?

        @Option(help: ArgumentHelp("All reviewed runs that match, in place of RUN.", valueName: "pattern"))
        var all: String?

        @Option(help: "What changed, and why it was meant.")
        var reason: String?

        @Option(name: .customLong("as"), help: "Name of the golden run (default: the ledger run's own).")
        var golden: String?

        @Flag(help: "Replace a golden run of that name by the ledger's.")
        var replace = false

        @Option(help: ArgumentHelp("Recipe that watches the run (default: its own).", valueName: "path"))
        var recipe: String?

        @Option(name: .customLong("set"), help: "What was set beside the recipe: KEY.PATH=VALUE. Repeatable.")
        var overrides: [String] = []

        @Option(help: ArgumentHelp("Let no recipe watch the run, for this reason.", valueName: "why"))
        var unwatched: String?

        @Option(help: ArgumentHelp("Sign with this key (default: $SMPO_KEY, if set).", valueName: "key"))
        var sign: String?

        @OptionGroup var ring: KeyRing

        /// A server must not change what it is there to check.
        struct RefusedInCI: Error, CustomStringConvertible {
            let description =
                "the environment variable CI is set: nothing is written into Golden/ there; accept on your own machine "
                + "and commit the change"
        }

        func validate() throws {
            guard (name == nil) != (all == nil) else { throw ValidationError("expected the name of a run, or --all") }
            if all != nil {
                if golden != nil || replace { throw ValidationError("--all excludes --as and --replace") }
                if (reason ?? "").isEmpty { throw ValidationError("--all needs --reason") }
                if recipe != nil || unwatched != nil {
                    throw ValidationError("--all excludes --recipe and --unwatched")
                }
            }
            if recipe != nil && unwatched != nil { throw ValidationError("--recipe excludes --unwatched") }
            if recipe == nil && !overrides.isEmpty { throw ValidationError("--set needs --recipe") }
            if let unwatched, !unwatched.contains(where: { !$0.isWhitespace }) {
                throw ValidationError("--unwatched: expected why no recipe is to watch the run")
            }
        }

        /// The watch that the options ask for.
        private var watch: RecipeWatch? {
            if let unwatched { return .unwatched(reason: unwatched) }
            return recipe.map {
                .recipe(RecipeSource(path: RecipeSource.path(inProject: $0) ?? $0, overrides: overrides))
            }
        }

        func run() throws {
            let (workspace, environment) = (Workspace(), GateEnvironment())
            if environment.isCI { throw RefusedInCI() }
            let acceptance = GoldenAcceptance(
                workspace: workspace, reason: reason, date: Accept.today(),
                key: try (sign ?? environment.key).map { try ring.privateKey($0) })
            guard let name else {
                let runs = GoldenReplacement.all(in: workspace).filter { GateSelection.matches(all ?? "", $0) }
                guard !runs.isEmpty else {
                    throw ValidationError(
                        "no review matches \"\(all ?? "")\"; reviewed runs that have moved: "
                            + GoldenReplacement.all(in: workspace).joined(separator: ", "))
                }
                // All are looked at before the first is written.
                let logs = try runs.map { (GoldenReplacement($0, in: workspace), try verified($0, workspace)) }
                for (replacement, log) in logs { try accept(replacement, log, acceptance) }
                return
            }
            try AcceptanceJournal.finish(in: workspace)
            let replacement = GoldenReplacement(name, in: workspace)
            if golden == nil && !replace && replacement.exists {
                try accept(replacement, try verified(name, workspace), acceptance)
            } else if let log = try asItIs(name, workspace) {
                report(name, try acceptance.accept(log.manifest, watch: watch, Accept.steps(of: log)), acceptance)
            } else {
                try acceptRecorded(name, acceptance, workspace)
            }
        }

        private func verified(_ run: String, _ workspace: Workspace) throws -> GoldenLog {
            let log = try GoldenReplacement(run, in: workspace).open()
            try log.forEachStep { _ in }
            return log
        }

        private func accept(
            _ replacement: GoldenReplacement, _ log: GoldenLog, _ acceptance: GoldenAcceptance
        ) throws {
            let result = try acceptance.accept(log.manifest, watch: watch, Accept.steps(of: log))
            try replacement.remove()
            report(replacement.run, result, acceptance)
        }

        /// The golden run of a name that is to be accepted as it is: to change what watches it, or because its manifest has
        /// no mark yet.
        private func asItIs(_ name: String, _ workspace: Workspace) throws -> GoldenLog? {
            let folder = workspace.golden(name)
            guard golden == nil, !replace, GoldenLog.exists(folder: folder) else { return nil }
            let log = try GoldenLog(folder: folder)
            return try watch != nil || log.manifest.goldenMark() == nil ? log : nil
        }

        /// A function that hands out the steps of a golden log with their tensors.
        private static func steps(of log: GoldenLog) -> ((StepTrace) throws -> Void) throws -> Void {
            { append in
                let steps = try log.steps()
                for (index, step) in steps.enumerated() {
                    try append(StepTrace(record: step.record, tensors: try log.tensors(of: index + 1, in: steps)))
                }
            }
        }

        private func acceptRecorded(
            _ name: String, _ acceptance: GoldenAcceptance, _ workspace: Workspace
        ) throws {
            let stored = try workspace.existingLedger()
            let known = try stored?.runs().map(\.name) ?? []
            guard let ledger = stored, known.contains(name) else {
                guard GoldenLog.exists(folder: workspace.golden(name)) else {
                    throw LedgerError.unknownRun(name: name, known: known)
                }
                throw GoldenReplacement.Unusable(
                    run: name, problem: "neither a review that found it moved nor a run of that name is there")
            }
            var records: [StepRecord] = []
            var manifest = try ledger.verify(name, objects: workspace.objects) { records.append($0.record) }.manifest
            guard manifest.outcome != nil else {
                throw ValidationError("\(name) is not finished; take it up with: smpo train --resume \(name)")
            }
            try TrainedFolder.require(manifest, in: workspace)
            manifest.run = golden ?? name
            guard RunName.isValid(manifest.run) else { throw ValidationError("\"\(manifest.run)\" is not a run name") }
            let folder = workspace.golden(manifest.run)
            guard replace || !FileContents.exists("\(folder)/log.jsonl") else {
                throw ValidationError("\(folder) exists; --replace writes over it")
            }
            let result = try acceptance.accept(manifest, watch: watch) { append in
                for record in records {
                    try append(StepTrace(record: record, tensors: try ledger.tensors(of: name, step: record)))
                }
            }
            report(manifest.run, result, acceptance)
        }

        private func report(_ run: String, _ result: GoldenAcceptance.Result, _ acceptance: GoldenAcceptance) {
            let workspace = acceptance.workspace
            Message.line(
                "\(workspace.golden(run))/log.jsonl and \(workspace.manifest(run)) written: \(result.steps) steps")
            if result.isNewPolicy { Message.line("\(workspace.golden(run))/\(GoldenPolicy.fileName) written") }
            if let recipe = result.policy.recipe {
                Message.line(
                    "  watched by \(([recipe.path] + recipe.overrides.map { "--set \($0)" }).joined(separator: " "))")
            } else if let reason = result.policy.unwatched {
                Message.line("  watched by no recipe: \(reason)")
            }
            if let old = result.record.oldHead { Message.line("  old head   \(old)") }
            Message.line("  new head   \(result.record.newHead)")
            if let kind = result.record.kind { Message.line("  kind       \(kind)") }
            if let key = acceptance.key { Message.line("  signed     with \(key.verifyingKey)") }
            if result.removedSignatures > 0 && acceptance.key == nil {
                Message.note(
                    "\(workspace.attestations(run)): signatures of the old manifest removed; sign the new one with: "
                        + "smpo sign \(run) --key KEY")
            }
        }

        /// The day, UTC; that of SOURCE_DATE_EPOCH where that is set.
        private static func today() -> String {
            let epoch = ProcessInfo.processInfo.environment["SOURCE_DATE_EPOCH"].flatMap(TimeInterval.init)
            let date = epoch.map(Date.init(timeIntervalSince1970:)) ?? Date()
            return String(date.ISO8601Format().prefix(10))
        }
    }
}
