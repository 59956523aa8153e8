import ArgumentParser
import Audit
import Digests
import Ledger
import Reports

/// `smpo diff`
struct DiffCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Say how two recorded runs differ: where first, from what cause.",
        discussion: """
            Verifies both runs, compares their manifests and then, step by step
            and phase by phase, what both have: runs of different lengths or with
            different phases are compared as far as both go, and the rest is
            named. At the first difference the operators of that step are
            compared, forward and backward: the recorded ones, where both runs
            were recorded with --record operators; else both manifests are run
            again here, side by side, from the checkpoints before the step.

            EXAMPLES
              smpo diff run-42 run-43
              smpo diff run-42 run-43 --no-rerun --json

            \(ExitStatus.help([.reproduced, .diverged, .trouble, .tampered, .usage]))
            """)

    @Argument(help: "Name of a run.")
    var left: String

    @Argument(help: "Name of another.")
    var right: String

    @Flag(inversion: .prefixedNo, help: "Run the step at which they part again, by both manifests.")
    var rerun = true

    @Flag(help: "Print the result as JSON.")
    var json = false

    @OptionGroup var engineOptions: EngineOptions

    func run() throws {
        let engine = try engineOptions.engine()
        defer { engine.stop() }
        let report = try RunComparison(workspace: Workspace(), engine: engine, reruns: rerun).compare(left, right)
        print(json ? report.json.pretty : RunDifferenceText.describe(report))
        if report.tampering != nil { throw ExitStatus.tampered.code }
        if !report.isSame { throw ExitStatus.diverged.code }
    }
}
