import ArgumentParser
import Audit
import Core
import Foundation
import Ledger
import Training

extension AuditCommand {
    /// `smpo audit plan`
    struct Plan: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say what each way to audit a run costs and finds.",
            discussion: """
                The time of a step is that of the recording, as the ledger has it; a run that was taken up again seems
                slower than it was.

                EXAMPLES
                  smpo audit plan run-1

                \(ExitStatus.help([.success, .trouble, .tampered, .usage]))
                """)

        @Argument(help: "Name of the run.")
        var name: String

        @Flag(help: "Print the plan as JSON.")
        var json = false

        @OptionGroup var engineOptions: EngineOptions

        func run() throws {
            let run = try Run(name, in: Workspace())
            let plan = SegmentPlan(steps: run.stepCount, checkpoints: try run.checkpoints().map(\.step))
            let memory = try MemoryPlan(run.recipe, workers: engineOptions.workerCount).total
            let seconds = try run.stepSeconds()
            print(
                json
                    ? SegmentText.json(
                        run: name, steps: run.stepCount, plan: plan, seconds: seconds, memory: memory,
                        bytes: try run.objectBytes(of: plan.segments)
                    ).pretty
                    : SegmentText.describe(
                        run: name, steps: run.stepCount, plan: plan, seconds: seconds, memory: memory))
        }
    }
}
