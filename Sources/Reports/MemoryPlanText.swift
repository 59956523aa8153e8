import Core
import Pages
import Training

/// A memory plan for people and as JSON.
package enum MemoryPlanText {
    /// A table of the rows and moments, and what the machine has.
    package static func describe(_ plan: MemoryPlan, machine: MachineMemory?) -> String {
        var lines = [["memory", "first step", "its update"] + (plan.hasLaterSteps ? ["later steps"] : [])]
        func line(_ name: String, _ first: Int, _ update: Int, _ later: Int) {
            let sizes = [first, update] + (plan.hasLaterSteps ? [later] : [])
            lines.append([name] + sizes.map(size))
        }
        for row in plan.rows { line(row.name, row.first, row.update, row.later) }
        line("together", plan.totals.first, plan.totals.update, plan.totals.later)
        let widths = (0..<lines[0].count).map { column in lines.map { $0[column].count }.max() ?? 0 }
        let table = lines.map { cells in
            zip(cells, widths).enumerated().map { column, cell in
                let space = String(repeating: " ", count: cell.1 - cell.0.count)
                return column == 0 ? cell.0 + space : space + cell.0
            }.joined(separator: "  ")
        }
        let parameters = plan.parameters.map { "\($0.count) (\($0.title))" }.joined(separator: ", ")
        let available = machine.map { "\(size($0.available)) by \($0.limit)" } ?? "unknown"
        return table.joined(separator: "\n") + "\n\nmost at once  \(size(plan.total))\navailable     \(available)\n"
            + "parameters    \(parameters)"
    }

    /// The same numbers in bytes.
    package static func json(_ plan: MemoryPlan, machine: MachineMemory?) -> JSONValue {
        let rows = plan.rows.map { row -> JSONValue in
            [
                "name": .string(row.name), "first_step": .integer(row.first), "update": .integer(row.update),
                "later_steps": .integer(row.later),
            ]
        }
        return [
            "schema": 1, "rows": .array(rows), "has_later_steps": .bool(plan.hasLaterSteps),
            "total": .integer(plan.total), "available": machine.map { .integer($0.available) } ?? .null,
            "limit": machine.map { .string($0.limit) } ?? .null,
            "parameters": .object(JSONObject(plan.parameters.map { ($0.name, .integer($0.count)) })),
        ]
    }

    /// A number of bytes as people read it.
    package static func size(_ bytes: Int) -> String { MemorySize(bytes).description }
}
