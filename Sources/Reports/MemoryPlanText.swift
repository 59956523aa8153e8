import Core
import Pages
import Training

/// A memory plan for people and as JSON.
package enum MemoryPlanText {
    /// A table of the rows and moments, and what the machine has.
    package static func describe(_ plan: MemoryPlan, machine: MachineMemory?) -> String {
        func moments<Cell>(
            _ scores: Cell, _ latents: Cell, _ first: Cell, _ update: Cell, _ later: Cell
        ) -> [Cell] {
            (plan.makesScores ? [scores] : []) + (plan.makesLatents ? [latents] : []) + [first, update]
                + (plan.hasLaterSteps ? [later] : [])
        }
        var lines = [["memory"] + moments("scores", "latents", "first step", "its update", "later steps")]
        for row in plan.rows {
            lines.append([row.name] + moments(row.scores, row.latents, row.first, row.update, row.later).map(size))
        }
        let totals = plan.totals
        lines.append(
            ["together"] + moments(totals.scores, totals.latents, totals.first, totals.update, totals.later).map(size))
        let widths = (0..<lines[0].count).map { column in lines.map { $0[column].count }.max() ?? 0 }
        let table = lines.map { cells in
            zip(cells, widths).enumerated().map { column, cell in
                let space = String(repeating: " ", count: cell.1 - cell.0.count)
                return column == 0 ? cell.0 + space : space + cell.0
            }.joined(separator: "  ")
        }
        let parameters = plan.parameters.map { "\($0.count) (\($0.title))" }.joined(separator: ", ")
        let available = machine.map { "\(size($0.available)) by \($0.limit)" } ?? "unknown"
        let file = plan.keepsLanesInFile ? "sums of lanes  \(size(plan.laneSums)) in a file below .smpo\n" : ""
        return table.joined(separator: "\n") + "\n\nmost at once  \(size(plan.total))\navailable     \(available)\n"
            + file + (plan.ranks == 1 ? "" : "ranks         \(plan.ranks); this is the one that takes most\n")
            + "parameters    \(parameters)"
    }

    /// The same numbers in bytes.
    package static func json(_ plan: MemoryPlan, machine: MachineMemory?) -> JSONValue {
        let rows = plan.rows.map { row -> JSONValue in
            [
                "name": .string(row.name), "scores": .integer(row.scores), "latents": .integer(row.latents),
                "first_step": .integer(row.first), "update": .integer(row.update), "later_steps": .integer(row.later),
            ]
        }
        return [
            "schema": 1, "rows": .array(rows), "has_later_steps": .bool(plan.hasLaterSteps),
            "makes_scores": .bool(plan.makesScores), "makes_latents": .bool(plan.makesLatents),
            "total": .integer(plan.total), "available": machine.map { .integer($0.available) } ?? .null,
            "lanes_in_file": .integer(plan.keepsLanesInFile ? plan.laneSums : 0),
            "ranks": .integer(plan.ranks), "limit": machine.map { .string($0.limit) } ?? .null,
            "parameters": .object(JSONObject(plan.parameters.map { ($0.name, .integer($0.count)) })),
        ]
    }

    /// A number of bytes as people read it.
    package static func size(_ bytes: Int) -> String { MemorySize(bytes).description }
}
