import ArgumentParser
import Core
import Foundation
import Ledger

/// `smpo runs`
struct RunsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "runs",
        abstract: "List recorded runs, show, export, pack, unpack or remove them.",
        discussion: """
            EXAMPLES
              smpo runs list --state finished --recipe shapes-smpo
              smpo runs show run-1
              smpo runs export run-1 --format csv --out run-1.csv
              smpo runs pack run-1 packed/run-1
              smpo runs unpack packed/run-1
              smpo runs prune run-1 run-2
              smpo runs prune run-3 --checkpoints --yes

            \(ExitStatus.help([.success, .trouble, .usage]))
            """,
        subcommands: [List.self, Show.self, Export.self, Pack.self, Unpack.self, Prune.self],
        defaultSubcommand: List.self)

    /// `smpo runs list`
    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the ledger's runs and the golden ones.",
            discussion: """
                As the ledger says it, unchecked; state and times stand in no
                digest. `smpo verify RUN` checks a run.

                \(ExitStatus.help([.success, .trouble, .usage]))
                """)

        @Option(help: "Only runs in this state: running, interrupted or finished.")
        var state: String?

        @Option(help: "Only runs of the recipe of this name.")
        var recipe: String?

        @Option(help: "Only runs begun at this time or later, such as 2026-11-25 or 2026-11-25T10:00 (UTC).")
        var since: String?

        @Option(help: "Only the last so many runs.")
        var last: Int?

        @Flag(help: "Print the list as JSON.")
        var json = false

        func validate() throws {
            if let state, RunSummary.State(rawValue: state) == nil {
                throw ValidationError("--state: expected running, interrupted or finished, found \"\(state)\"")
            }
            if let since, since.range(of: #"^\d{4}-\d\d-\d\d(T[\d:.]+Z?)?$"#, options: .regularExpression) == nil {
                throw ValidationError("--since: expected a date such as 2026-11-25, found \"\(since)\"")
            }
            if let last, last < 1 { throw ValidationError("--last: expected 1 or more, found \(last)") }
        }

        /// Times are ISO 8601 in UTC, so their order is that of their texts.
        private func isWanted(_ run: RunSummary) -> Bool {
            (state == nil || run.state.rawValue == state) && (recipe == nil || run.recipe == recipe)
                && (since == nil || run.startedAt >= since ?? "")
        }

        func run() throws {
            let workspace = Workspace()
            let wanted = try (workspace.existingLedger()?.runs() ?? []).filter(isWanted)
            let runs = wanted.suffix(last ?? wanted.count)
            let isFiltered = state != nil || recipe != nil || since != nil || last != nil
            let golden = isFiltered ? [] : KnownRuns.golden(workspace)
            if json {
                let list = runs.map { run -> JSONValue in
                    [
                        "run": .string(run.name), "recipe": .string(run.recipe), "state": .string(run.state.rawValue),
                        "steps": .integer(run.steps),
                        "head": run.head.map { .digest($0) } ?? .null, "started": .string(run.startedAt),
                    ]
                }
                let value: JSONValue = [
                    "schema": 1, "runs": .array(list), "golden": .array(golden.map { .string($0) }),
                ]
                print(value.pretty)
                return
            }
            if runs.isEmpty && golden.isEmpty {
                print(isFiltered ? "no such runs" : "no runs; `smpo train --record` makes one")
            }
            for run in runs {
                let head = run.head?.short ?? "-"
                Message.line(
                    "\(run.name)  \(run.state.rawValue)  \(run.steps) steps  head \(head)  \(run.startedAt)  \(run.recipe)"
                )
            }
            for name in golden { Message.line("\(name)  golden") }
        }
    }

    /// `smpo runs show`
    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show a run's steps: loss, and the head after each.",
            discussion: ExitStatus.help([.success, .trouble, .tampered, .usage]))

        @Argument(help: "Name of the run.")
        var name: String

        @Flag(help: "Print the steps as JSON.")
        var json = false

        func run() throws {
            let workspace = Workspace()
            guard let ledger = try workspace.existingLedger() else {
                throw LedgerError.unknownRun(name: name, known: [])
            }
            if json { return print(try value(ledger, workspace).pretty) }
            let verified = try ledger.verify(name, objects: workspace.objects) { step in
                let text = StepFigures(step.record).loss.map { "\($0)  \(HexFloat.string($0))" } ?? ""
                Message.line("step \(step.record.step)  loss \(text)  head \(step.head.short)")
            }
            Message.line("inputs      \(verified.manifest.inputs.digest)")
            Message.line("chain head  \(verified.chain.head)")
        }

        /// The run and its steps; numbers that are infinite or NaN are told by their bits alone.
        private func value(_ ledger: LedgerStore, _ workspace: Workspace) throws -> JSONValue {
            let run = try ledger.run(name)
            var steps: [JSONValue] = []
            let verified = try ledger.verify(name, objects: workspace.objects) { step in
                let figures = StepFigures(step.record)
                var object: JSONObject = [
                    "step": .integer(step.record.step), "record_digest": .digest(step.digest),
                    "head": .digest(step.head),
                ]
                for (name, value) in figures.named where value.isFinite { object[name] = .decimal(value) }
                object["loss_bits"] = figures.loss.map { .bits($0) }
                steps.append(.object(object))
            }
            return [
                "schema": 1, "run": .string(name), "recipe": .string(run.recipe), "state": .string(run.state.rawValue),
                "inputs_digest": .digest(verified.manifest.inputs.digest),
                "chain_head": .digest(verified.chain.head), "steps": .array(steps),
            ]
        }
    }
}
