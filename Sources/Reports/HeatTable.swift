import Core

/// A table of numbers with shaded cells: each column has its own scale, logarithmic from its smallest value to its
/// largest.
struct HeatTable {
    /// A number as it is shown, and as it is shaded; no shade without a value.
    struct Cell {
        let text: String, value: Double?
    }

    /// A row: its name, and how many of its tensors differ.
    struct Row {
        let name: String, tensors: String, cells: [Cell]
    }

    /// The heads of the shaded columns.
    let columns: [String]
    let rows: [Row]

    /// What has to be known to read it.
    static let caption = "Each column has its own scale, logarithmic from its smallest value to its largest."

    /// The table.
    var html: String {
        let scales = columns.indices.map { column in HeatScale(rows.compactMap { $0.cells[column].value }) }
        let head = columns.map { "<th class=n>\(VisibleText.html($0))</th>" }.joined()
        let body = rows.map { row in
            let cells = zip(row.cells, scales).map { cell, scale in
                "<td class=n style=\"\(scale.style(cell.value))\">\(VisibleText.html(cell.text))</td>"
            }
            return "<tr><th>\(VisibleText.html(row.name))</th><td class=n>\(VisibleText.html(row.tensors))</td>"
                + cells.joined() + "</tr>"
        }
        return
            "<table class=heat><tr><td></td><th class=n>tensors</th>\(head)</tr>\(body.joined(separator: "\n"))</table>"
    }
}
