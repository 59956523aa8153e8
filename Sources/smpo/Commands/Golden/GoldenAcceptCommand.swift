import ArgumentParser
import Audit
import Digests
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

                Whenever a golden run is replaced, --reason is needed. It goes into
                Golden/RUN/history.jsonl with the old head and the new, the kind of
                change and the first difference. With --sign, or a key named by the
                environment variable SMPO_KEY, that record and the new manifest are
                signed; signatures of the old manifest go. Golden/runs.txt gets the
                name.

                Where the environment variable CI is set, nothing is accepted.

                EXAMPLES
                  smpo golden accept run-42 --reason "group norm sums in blocks of 64"
                  smpo golden accept --all 'short-*' --reason "new base model" --sign alice
                  smpo golden accept run-1 --as run-42 --replace --reason "other recipe"

                \(ExitStatus.help([.reproduced, .trouble, .tampered, .usage]))
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
            let replacement = GoldenReplacement(name, in: workspace)
            if golden == nil && !replace && replacement.exists {
                try accept(replacement, try verified(name, workspace), acceptance)
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
            let steps = try log.steps()
            let result = try acceptance.accept(log.manifest) { append in
                for (index, step) in steps.enumerated() {
                    try append(StepTrace(record: step.record, tensors: try log.tensors(of: index + 1, in: steps)))
                }
            }
            try replacement.remove()
            report(replacement.run, result, acceptance)
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
            manifest.run = golden ?? name
            guard RunName.isValid(manifest.run) else { throw ValidationError("\"\(manifest.run)\" is not a run name") }
            let folder = workspace.golden(manifest.run)
            guard replace || !FileContents.exists("\(folder)/log.jsonl") else {
                throw ValidationError("\(folder) exists; --replace writes over it")
            }
            let result = try acceptance.accept(manifest) { append in
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
