import Core

/// Which share of every part of something differs at every step.
package struct HeatMap: Sendable, Equatable {
    /// A part.
    package struct Row: Sendable, Equatable {
        /// Its name.
        package let name: String
        /// What was compared of it at every step.
        package let total: [Int]
        /// What of that differs.
        package let differing: [Int]

        /// A part.
        package init(name: String, total: [Int], differing: [Int]) {
            (self.name, self.total, self.differing) = (name, total, differing)
        }

        /// The share that differs at a place, in 0...1.
        package func share(_ place: Int) -> Double {
            total[place] == 0 ? 0 : Double(differing[place]) / Double(total[place])
        }

        /// Whether anything of it differs at any step.
        package var differs: Bool { differing.contains { $0 > 0 } }
    }

    /// What is drawn, and what the largest share of every step is called; empty where that says nothing.
    package let title: String, label: String
    /// The steps in order.
    package let steps: [Int]
    /// The parts.
    package let rows: [Row]

    /// A map.
    package init(_ title: String, label: String = "", steps: [Int], rows: [Row]) {
        (self.title, self.label, self.steps, self.rows) = (title, label, steps, rows)
    }

    /// The largest share of every step.
    var shares: [Double?] { steps.indices.map { place in rows.map { $0.share(place) }.max() } }

    /// Of each row stretches of equal numbers, `[first step, last step, differing, total]`.
    package var stretches: JSONValue {
        [
            "columns": ["first_step", "last_step", "differing", "total"],
            "rows": .array(
                rows.map { row in ["name": .string(row.name), "stretches": .array(stretches(row))] }),
        ]
    }

    private func stretches(_ row: Row) -> [JSONValue] {
        var (result, start): ([JSONValue], Int) = ([], 0)
        for place in steps.indices {
            let next = place + 1
            if next < steps.count, row.total[next] == row.total[start], row.differing[next] == row.differing[start] {
                continue
            }
            result.append([
                .integer(steps[start]), .integer(steps[place]), .integer(row.differing[start]),
                .integer(row.total[start]),
            ])
            start = next
        }
        return result
    }

    var json: JSONValue {
        [
            "title": .string(title), "label": .string(label), "steps": .array(steps.map { .integer($0) }),
            "parts": stretches,
        ]
    }

    init(json cursor: JSONCursor) throws {
        let steps = try cursor["steps"].elements().map { try $0.count() }
        let rows = try cursor["parts"]["rows"].elements().map { row in
            var (total, differing): ([Int], [Int]) = ([], [])
            for stretch in try row["stretches"].elements() {
                let last = try stretch[1].int()
                while total.count < steps.count, steps[total.count] <= last {
                    total.append(try stretch[3].count())
                    differing.append(try stretch[2].count())
                }
            }
            guard total.count == steps.count else {
                throw try row["stretches"].error(expected: "\(steps.count) steps", found: "\(total.count)")
            }
            return Row(name: try row["name"].string(), total: total, differing: differing)
        }
        self.init(try cursor["title"].string(), label: try cursor["label"].string(), steps: steps, rows: rows)
    }
}
