import Core

/// A table of numbers with shaded cells: each column has its own scale, logarithmic from its smallest value to its
/// largest.
package struct ShadedTable: Sendable, Equatable {
    /// A number as it is shown, and as it is shaded; no shade without a value.
    package struct Cell: Sendable, Equatable {
        /// Both.
        package let text: String, value: Double?

        /// A number.
        package init(_ text: String, _ value: Double?) { (self.text, self.value) = (text, value) }
    }

    /// A row: its name, and how many of its tensors differ.
    package struct Row: Sendable, Equatable {
        /// What it is, how many of how many, and the shaded cells.
        package let name: String, count: String, cells: [Cell]

        /// A row.
        package init(name: String, count: String, cells: [Cell]) {
            (self.name, self.count, self.cells) = (name, count, cells)
        }
    }

    /// What it is of, and what is counted.
    package let title: String, counted: String
    /// The heads of the shaded columns.
    package let columns: [String]
    /// The rows.
    package let rows: [Row]

    /// A table.
    package init(_ title: String, counted: String, columns: [String], rows: [Row]) {
        (self.title, self.counted, self.columns, self.rows) = (title, counted, columns, rows)
    }

    /// What has to be known to read it.
    static let caption = "Each column has its own scale, logarithmic from its smallest value to its largest."

    /// The table with as many rows as `detail` has room for.
    func html(_ detail: Detail) -> String {
        let rows = self.rows.prefix(detail.manyRows)
        let scales = columns.indices.map { column in HeatScale(rows.compactMap { $0.cells[column].value }) }
        let head = columns.map { "<th scope=\"col\" class=\"n\">\(VisibleText.html($0))</th>" }.joined()
        let body = rows.map { row in
            let cells = zip(row.cells, scales).map { cell, scale in
                "<td class=\"n\" style=\"\(scale.style(cell.value))\">\(VisibleText.html(cell.text))</td>"
            }
            return
                "<tr><th scope=\"row\">\(VisibleText.html(row.name, most: 200))</th><td class=\"n\">\(VisibleText.html(row.count))</td>"
                + cells.joined() + "</tr>"
        }
        let label = VisibleText.html(title, most: 120)
        let rest = self.rows.count - rows.count
        return "<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"\(label), shaded\">"
            + "<table class=\"heat\"><thead><tr><td></td><th scope=\"col\" class=\"n\">\(VisibleText.html(counted))</th>\(head)"
            + "</tr></thead><tbody>\(body.joined(separator: "\n"))</tbody></table></div>"
            + "<p class=\"note\">\(label). \(Self.caption)\(rest > 0 ? " \(rest) more are not shown." : "")</p>"
    }

    var json: JSONValue {
        [
            "title": .string(title), "counted": .string(counted),
            "columns": .array(columns.map(JSONValue.string)),
            "rows": .array(
                rows.map { row in
                    [
                        "name": .string(row.name), "count": .string(row.count),
                        "cells": .array(
                            row.cells.map { [.string($0.text), $0.value.map { .decimal($0) } ?? .null] }),
                    ]
                }),
        ]
    }

    init(json cursor: JSONCursor) throws {
        let columns = try cursor["columns"].elements().map { try $0.string() }
        let rows = try cursor["rows"].elements().map { row in
            let cells = try row["cells"].elements().map { cell in
                Cell(try cell[0].string(), try cell[1].present?.decimal())
            }
            guard cells.count == columns.count else {
                throw row.error(expected: "\(columns.count) cells", found: "\(cells.count)")
            }
            return Row(name: try row["name"].string(), count: try row["count"].string(), cells: cells)
        }
        self.init(
            try cursor["title"].string(), counted: try cursor["counted"].string(), columns: columns, rows: rows)
    }
}
