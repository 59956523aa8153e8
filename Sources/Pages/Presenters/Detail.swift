/// How much a page draws and lists, so that it stays small.
struct Detail: Sendable, Equatable {
    /// Points of a curve.
    var points = 600
    /// Columns and rows of a heat map.
    var columns = 120, rows = 48
    /// Rows of a table, and of one that should be whole.
    var tableRows = 120, manyRows = 4096
    /// Pictures of a gallery.
    var pictures = 64

    /// Half of everything; nil where there is nothing more to leave out.
    var reduced: Detail? {
        guard points > 40 else { return nil }
        var less = self
        (less.points, less.columns, less.rows) = (points / 2, max(20, columns / 2), max(8, rows / 2))
        (less.tableRows, less.pictures) = (max(8, tableRows / 2), pictures <= 4 ? 0 : pictures / 2)
        less.manyRows = max(8, manyRows / 4)
        return less
    }
}
