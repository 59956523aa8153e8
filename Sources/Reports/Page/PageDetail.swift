/// How much of the evidence a page draws and lists, so that it stays small.
package struct PageDetail: Sendable, Equatable {
    /// Points of a curve.
    package var points = 600
    /// Columns and rows of a heat map.
    package var columns = 120, rows = 48
    /// Rows of a table.
    package var tableRows = 120
    /// Pictures of a gallery.
    package var pictures = 64

    /// As much as pages usually hold.
    package init() {}

    /// Half of everything; nil where there is nothing more to leave out.
    package var reduced: PageDetail? {
        guard points > 40 else { return nil }
        var less = self
        (less.points, less.columns, less.rows) = (points / 2, max(20, columns / 2), max(8, rows / 2))
        (less.tableRows, less.pictures) = (max(8, tableRows / 2), pictures <= 4 ? 0 : pictures / 2)
        return less
    }
}
