import Core
import Ledger
import Pages

/// Whether the policy prefers the winners: the mean logit of every step, and the share of its items whose logit is above
/// 0.
package struct MarginCurve: Sendable {
    /// One step.
    package struct Point: Sendable, Equatable {
        /// The step, from 1.
        package let step: Int
        /// The mean logit, and the share of logits above 0.
        package let margin: Double, accuracy: Double
    }

    /// What a logit above 0 says.
    package enum Meaning: String, Sendable {
        /// The policy leans to the winner of a pair more than its reference does.
        case againstReference
        /// The model prefers the winner of a pair; there is no reference.
        case pairs
        /// The policy rates a single picture as people did.
        case pictures

        var sentence: String {
            switch self {
            case .againstReference: "the policy leans to the winner more than its reference does"
            case .pairs: "the model prefers the winner"
            case .pictures: "the policy rates a picture as people did"
            }
        }
    }

    /// What a logit above 0 says.
    package let meaning: Meaning
    /// The steps in order.
    package let points: [Point]
    /// Items with a negative weight, of all.
    package let negative: Int, items: Int

    private static let (key, title) = ("margin", "Margin and implicit accuracy")

    /// The margins that the records of steps hold; nil where the objective compares nothing.
    package init?(_ records: [StepRecord], meaning: Meaning = .againstReference) {
        var (points, negative, items): ([Point], Int, Int) = ([], 0, 0)
        for record in records {
            let logits = StepFigures(record).logits
            guard let margin = logits.margin, let accuracy = logits.accuracy else { continue }
            points.append(Point(step: record.step, margin: margin, accuracy: accuracy))
            items += logits.values.count
            negative += (record[Entries.Batch.weights] ?? []).count { $0 < 0 }
        }
        guard !points.isEmpty else { return nil }
        (self.points, self.negative, self.items, self.meaning) = (points, negative, items, meaning)
    }

    /// That there is none, for a reason.
    package static func missing(_ why: String) -> Finding { .missing(key, title, why) }

    private var says: [String] {
        guard let last = points.last else { return [] }
        let tail = points.suffix(max(1, points.count / 10))
        let mean = tail.reduce(0) { $0 + $1.accuracy } / Double(tail.count)
        var lines = [
            "The margin is the mean of the logits of a step's items; where one is above 0, \(meaning.sentence). It ends at "
                + "\(Figures.short(last.margin)).",
            "The implicit accuracy is the share of logits above 0; over the last \(tail.count) "
                + "step\(tail.count == 1 ? "" : "s") it is \(Figures.short(100 * mean)) %.",
        ]
        if negative > 0, meaning != .pictures {
            lines.append(
                "\(Figures.grouped(negative)) of \(Figures.grouped(items)) items have a negative weight, which is part of "
                    + "the logit: there a positive one means that the policy leans away from the labelled winner.")
        }
        return lines
    }

    /// Two charts, and the numbers of the steps.
    package var finding: Finding {
        let says = says
        func chart(_ title: String, _ heading: String, _ description: String, _ values: [Double]) -> StepChart {
            var chart = StepChart(title, heading: heading, steps: points.map(\.step))
            chart.description = description
            chart.series = [.init(title, label: title, values.map { $0.isFinite ? $0 : nil })]
            return chart
        }
        var margin = chart("margin", "Margin", says[0], points.map(\.margin))
        (margin.base, margin.range) = (.init(0, "0: no preference"), 0...0)
        var accuracy = chart("implicit accuracy", "Implicit accuracy", says[1], points.map(\.accuracy))
        (accuracy.base, accuracy.range) = (.init(0.5, "½: chance"), 0...1)
        var finding = Finding(Self.key, Self.title, says: says, data: data)
        finding.contents = [
            .chart(margin), .chart(accuracy),
            .table(
                Table(
                    ["step", "margin", "implicit accuracy"],
                    points.map { ["\($0.step)", Figures.short($0.margin), Figures.short($0.accuracy)] },
                    numbers: [0, 1, 2], room: .spread)),
        ]
        return finding
    }

    private var data: JSONValue {
        [
            "columns": ["step", "margin", "implicit_accuracy"], "negative_weights": .integer(negative),
            "meaning": .string(meaning.sentence), "items": .integer(items),
            "rows": .array(points.map { [.integer($0.step), .decimal($0.margin), .decimal($0.accuracy)] }),
        ]
    }
}
