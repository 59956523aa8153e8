import ArgumentParser
import Audit
import Core
import Ledger

extension GoldenCommand {
    /// `smpo golden review`
    struct Review: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say what moved in the golden runs, and keep what they would be now.",
            discussion: """
                Replays each golden run to its end as it would be recorded now: by
                the recipe that its policy names, from model and data as they are.
                Prints the first difference, what kind of change it speaks of, how
                much of each phase moved and how far, and both chain heads. What a
                run would be now is kept in .smpo/review/RUN/ until it is accepted
                or found equal. Golden/ stays as it is.

                The exit code says whether the work was done, not whether anything
                moved: that is `smpo gate`'s.

                EXAMPLES
                  smpo golden review
                  smpo golden review 'short-*' --json

                \(ExitStatus.help([.success, .trouble, .tampered, .usage, .interrupted]))
                """)

        @Argument(help: "Patterns of the names of golden runs (default: all).")
        var patterns: [String] = []

        @Flag(help: "Print the report as JSON.")
        var json = false

        /// Only looks: for the gate, which keeps nothing.
        @Flag(help: .hidden)
        var discard = false

        @OptionGroup var engineOptions: EngineOptions

        func run() throws {
            let workspace = Workspace()
            let selection = try GateSelection(workspace, patterns: patterns)
            let engine = try engineOptions.engine()
            defer { engine.stop() }
            Interrupt.listen()
            let review = GoldenReview(
                workspace: workspace, engine: engine, circumstances: Circumstances.of(engine))
            var (reports, worst): ([JSONValue], ExitStatus) = ([], .success)
            for name in selection.evaluations {
                Message.note(
                    "\(name) is an evaluation, and not reviewed: smpo eval --check \(workspace.goldenEvaluation(name)) says what moved"
                )
            }
            for run in selection.runs {
                do {
                    let finding = try look(at: run, review)
                    reports.append(finding.json)
                    if !json { print(GoldenReviewText.describe(finding)) }
                } catch let error where !(error is ExitCode) {
                    let status = Failure.status(of: error)
                    if worst != .tampered { worst = status }
                    reports.append(["run": .string(run), "error": .string("\(error)")])
                    if !json { Message.line("\(run): \(status): \(error)") }
                }
            }
            if json { print(JSONValue.object(["schema": 1, "reviews": .array(reports)]).pretty) }
            if worst != .success { throw worst.code }
        }

        private func look(at run: String, _ review: GoldenReview) throws -> GoldenReview.Outcome {
            let progress = StepProgress("\(run): replayed step")
            defer { progress.finish() }
            return try review.review(run, keeps: !discard, progress: progress.update)
        }
    }
}
