/// A rectangle of pixels inside a picture.
package struct PixelRegion: Sendable, Hashable {
    /// Its first row, from the top.
    package let top: Int
    /// Its first column, from the left.
    package let left: Int
    /// Its rows.
    package let height: Int
    /// Its columns.
    package let width: Int

    /// A rectangle with its corner at (`top`, `left`).
    package init(top: Int, left: Int, height: Int, width: Int) {
        precondition(top >= 0 && left >= 0 && height > 0 && width > 0, "a region lies inside its picture")
        (self.top, self.left, self.height, self.width) = (top, left, height, width)
    }

    /// The rows that it covers.
    var rows: Range<Int> { top..<top + height }
    /// The columns that it covers.
    var columns: Range<Int> { left..<left + width }
}

extension Image {
    /// The pixels of some rows and columns.
    func cropped(rows: Range<Int>, columns: Range<Int>) -> Image {
        if rows == 0..<height && columns == 0..<width { return self }
        var rgb: [UInt8] = []
        rgb.reserveCapacity(3 * rows.count * columns.count)
        for y in rows {
            let start = 3 * y * width
            rgb.append(contentsOf: self.rgb[start + 3 * columns.lowerBound..<start + 3 * columns.upperBound])
        }
        return Image(width: columns.count, height: rows.count, rgb: rgb)
    }
}
