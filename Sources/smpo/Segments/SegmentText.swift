import Audit
import Core
import Foundation
import Reports

/// Reports on segments for people.
enum SegmentText {
    /// The verdict, a line for each segment, and what the draw can promise.
    static func describe(_ report: SampleReport) -> String {
        let count = report.plan.segments.count
        var lines = [
            "\(report.run): \(report.verdict.rawValue), in \(report.results.count) of \(count) segments "
                + (report.seed.map { "(seed \($0))" } ?? "(all that there are)")
        ]
        for result in report.results {
            let steps = "steps \(result.steps.lowerBound)..\(result.steps.upperBound)"
            lines.append(
                "  \(steps.padding(toLength: max(steps.count, 18), withPad: " ", startingAt: 0))"
                    + "\(result.verdict.rawValue)\(result.summary.map { ": \($0)" } ?? "")")
        }
        if report.verdict.isPass {
            if report.results.count == count {
                lines.append("  every segment was replayed: all \(report.steps) steps are \(report.verdict.rawValue)")
            } else {
                lines.append("  the other segments were not replayed; this draw finds a run in which")
                for (_, wrong, chance) in unique(report.chances) {
                    lines.append(
                        String(format: "    %d of %d segments are wrong with %.1f %%", wrong, count, 100 * chance))
                }
            }
        }
        if let trained = report.trained { lines.append("  trained model     \(trained)") }
        for what in report.unchecked { lines.append("  not checked       \(what)") }
        return VisibleText.lines(lines)
    }

    /// Both replays, one below the other, and what it means where they do not agree.
    static func describe(_ report: MixedReport) -> String {
        var lines = [AuditText.describe(report.whole), "on the CPU:", describe(report.sample)]
        if let disagreement = report.disagreement { lines.append("  \(disagreement)") }
        return lines.joined(separator: "\n")
    }

    /// Of few segments several shares mean the same number.
    private static func unique(
        _ chances: [(share: Double, wrong: Int, chance: Double)]
    ) -> [(share: Double, wrong: Int, chance: Double)] {
        chances.enumerated().filter { index, one in index == 0 || chances[index - 1].wrong != one.wrong }.map(\.element)
    }

    /// Numbers of wrong segments that a draw is told for. Of few segments several shares mean the same number.
    private static func wrongCounts(of count: Int) -> [Int] {
        Set([0.05, 0.2, 0.5].map { SegmentPlan.wrong(share: $0, of: count) }).sorted()
    }

    /// The plan for programs: the segments, the seconds of a step where they are known, and how many segments to draw
    /// so that a run with so many wrong ones is found with 95 %.
    /// - Parameter bytes: what the audit of each segment reads of the object store; nil where there is no ledger.
    static func json(
        run: String, steps: Int, plan: SegmentPlan, seconds: Double?, memory: Int, bytes: [Int]?
    ) -> JSONValue {
        let count = plan.segments.count
        let wrong = wrongCounts(of: count)
        return [
            "schema": 1, "run": .string(run), "steps": .integer(steps), "memory_bytes": .integer(memory),
            "step_seconds": seconds.map { .decimal(($0 * 1000).rounded() / 1000) } ?? .null,
            "segments": .array(
                plan.segments.enumerated().map { index, steps in
                    [
                        "first": .integer(steps.lowerBound), "last": .integer(steps.upperBound),
                        "seconds": seconds.map { .decimal(($0 * Double(steps.count) * 1000).rounded() / 1000) }
                            ?? .null,
                        "object_bytes": bytes.map { .integer($0[index]) } ?? .null,
                    ]
                }),
            "draws": .array(
                count < 2
                    ? []
                    : wrong.map {
                        [
                            "wrong": .integer($0), "chance": .decimal(0.95),
                            "sample": .integer(SegmentPlan.draws(for: 0.95, of: count, wrong: $0)),
                        ]
                    }),
        ]
    }

    /// What each way to audit a run costs and finds.
    /// - Parameters:
    ///   - seconds: of a step, where known.
    ///   - memory: bytes of a process.
    static func describe(
        run: String, steps: Int, plan: SegmentPlan, seconds: Double?, memory: Int
    ) -> String {
        let count = plan.segments.count
        func cost(_ steps: Int) -> String {
            seconds.map { String(format: "about %.0f s", max(1, $0 * Double(steps))) } ?? "time not known"
        }
        let longest = plan.segments.map(\.count).max() ?? 0
        var lines = ["\(run): \(steps) steps, \(count) segment\(count == 1 ? "" : "s") of up to \(longest)"]
        lines.append(
            "  memory           \(memory >> 20) MiB a process, planned"
                + (seconds == nil ? "; the ledger does not say how long a step takes" : ""))
        lines.append("  the whole run    \(cost(steps)): finds any wrong step")
        guard count > 1 else {
            lines.append("  there are no checkpoints on the way: a part of the run begins at step 1")
            return VisibleText.lines(lines)
        }
        let ends = plan.segments.map { "\($0.lowerBound)..\($0.upperBound)" }
        lines.append("  --segment A..B   \(cost(longest)) each: \(ends.joined(separator: ", "))")
        for wrong in wrongCounts(of: count) {
            let draws = SegmentPlan.draws(for: 0.95, of: count, wrong: wrong)
            lines.append(
                "  --sample \(String(draws).padding(toLength: 7, withPad: " ", startingAt: 0)) \(cost(draws * longest)): "
                    + "finds a run with \(wrong) wrong segment\(wrong == 1 ? "" : "s") with 95 %")
        }
        return VisibleText.lines(lines)
    }
}
