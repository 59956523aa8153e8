import Core
import Foundation
import Ledger
import Pages

/// The lines of `smpo watch`.
enum WatchText {
    /// Some lines: progress, then each series with its course and its last value.
    static func lines(_ run: RunFollower, width: Int) -> [String] {
        let done = run.figures.count
        var first = "\(run.name)  \(run.state.rawValue)  step \(done)"
        if let total = run.plannedSteps {
            let filled = min(24, 24 * done / max(1, total))
            first += "/\(total) " + String(repeating: "█", count: filled) + String(repeating: "·", count: 24 - filled)
        }
        if run.state == .running, let pace = run.pace {
            first += pace >= 1 ? String(format: "  %.1f steps/s", pace) : String(format: "  %.1f s/step", 1 / pace)
        }
        if run.state == .running, let rest = run.rest { first += "  ETA \(ProgressBar.clock(rest))" }
        return [first] + series(run, width: width)
    }

    private static func series(_ run: RunFollower, width: Int) -> [String] {
        let all: [(title: String, format: String, value: (StepFigures) -> Double?)] = [
            ("loss", "%.4f", { $0.loss.map(Double.init) }), ("margin", "%+.4f", \.logits.margin),
            ("accuracy", "%.3f", \.logits.accuracy), ("gradient", "%.3g", { $0.gradientNorm.map(Double.init) }),
        ]
        return all.compactMap { title, format, value in
            let values = run.figures.map(value)
            guard let last = values.last ?? nil, last.isFinite else { return nil }
            let label = title.padding(toLength: 10, withPad: " ", startingAt: 0)
            return label + Sparkline.text(values, width: max(10, width - 24)) + "  " + String(format: format, last)
        }
    }

    /// One line, for where lines are kept: a log, a pipe.
    static func line(_ run: RunFollower) -> String {
        var text =
            "\(run.name)  \(run.state.rawValue)  step \(run.figures.count)" + (run.plannedSteps.map { "/\($0)" } ?? "")
        if let last = run.figures.last {
            if let loss = last.loss { text += String(format: "  loss %.4f", loss) }
            if let accuracy = last.logits.accuracy, let margin = last.logits.margin {
                text += String(format: "  acc %.2f  margin %+.3f", accuracy, margin)
            }
        }
        if run.state == .running, let rest = run.rest { text += "  ETA \(ProgressBar.clock(rest))" }
        return text
    }

    /// One look as JSON on a line.
    static func json(_ run: RunFollower) -> JSONValue {
        var object: JSONObject = [
            "schema": 1, "run": .string(run.name), "state": .string(run.state.rawValue),
            "step": .integer(run.figures.count),
        ]
        object["steps"] = run.plannedSteps.map { .integer($0) }
        object["chain_head"] = run.head.map { .digest($0) }
        for (name, value) in run.figures.last?.named ?? [] where value.isFinite { object[name] = .decimal(value) }
        object["seconds_left"] = run.rest.map { .decimal($0.rounded()) }
        return .object(object)
    }
}
