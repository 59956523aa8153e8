import ArgumentParser
import Digests
import Foundation
import Ledger

/// `smpo runs`
struct RunsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "runs",
        abstract: "List recorded runs, or show one.",
        discussion: """
            EXAMPLES
              smpo runs list
              smpo runs show run-1

            \(ExitStatus.help([.reproduced, .trouble, .usage]))
            """,
        subcommands: [List.self, Show.self], defaultSubcommand: List.self)

    /// `smpo runs list`
    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the ledger's runs and the golden ones.",
            discussion: ExitStatus.help([.reproduced, .trouble, .usage]))

        @Flag(help: "Print the list as JSON.")
        var json = false

        func run() throws {
            let workspace = Workspace()
            let runs = try workspace.existingLedger()?.runs() ?? []
            let golden = KnownRuns.golden(workspace)
            if json {
                let list = runs.map { run -> JSONValue in
                    [
                        "run": .string(run.name), "state": .string(run.state.rawValue), "steps": .integer(run.steps),
                        "head": run.head.map { .digest($0) } ?? .null, "started": .string(run.startedAt),
                    ]
                }
                let value: JSONValue = [
                    "schema": 1, "runs": .array(list), "golden": .array(golden.map { .string($0) }),
                ]
                print(value.pretty)
                return
            }
            if runs.isEmpty && golden.isEmpty { print("no runs; `smpo train --record` makes one") }
            for run in runs {
                let head = run.head?.short ?? "-"
                print("\(run.name)  \(run.state.rawValue)  \(run.steps) steps  head \(head)  \(run.startedAt)")
            }
            for name in golden { print("\(name)  golden") }
        }
    }

    /// `smpo runs show`
    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show a run's steps: loss, and the head after each.",
            discussion: ExitStatus.help([.reproduced, .trouble, .tampered, .usage]))

        @Argument(help: "Name of the run.")
        var name: String

        func run() throws {
            let workspace = Workspace()
            guard let ledger = try workspace.existingLedger() else {
                throw LedgerError.unknownRun(name: name, known: [])
            }
            let verified = try ledger.verify(name, objects: workspace.objects) { step in
                let loss = step.record[.loss]?["loss"]
                var text = ""
                if case .float32(let bits)? = loss?.value, let first = bits.first {
                    text = "\(Float(bitPattern: first))  \(HexFloat.string(bits: first))"
                }
                print("step \(step.record.step)  loss \(text)  head \(step.head.short)")
            }
            print("inputs      \(verified.manifest.inputs.digest)")
            print("chain head  \(verified.chain.head)")
        }
    }
}
