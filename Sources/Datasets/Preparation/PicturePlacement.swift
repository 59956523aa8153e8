/// Where a picture of a pair comes to lie in a square: its size when resized, the corner of the crop, and whether it is
/// mirrored.
package struct PicturePlacement: Sendable, Hashable {
    /// Rows of the resized picture.
    package let height: Int
    /// Columns of the resized picture.
    package let width: Int
    /// Rows above the crop.
    package let top: Int
    /// Columns left of the crop.
    package let left: Int
    /// Edge of the crop.
    package let edge: Int
    /// Whether it is mirrored.
    package let isMirrored: Bool

    /// The placement of a picture of this size whose shorter side becomes `edge`; `corner` is given how many places there
    /// are for the crop's first row and column, and is asked for the middle where it is nil.
    package init(
        height: Int, width: Int, edge: Int, isMirrored: Bool = false,
        corner: ((_ rows: Int, _ columns: Int) -> (top: Int, left: Int))? = nil
    ) {
        let size = PillowResize.shortestSideSize(width: width, height: height, edge: edge)
        (self.height, self.width, self.edge, self.isMirrored) = (size.height, size.width, edge, isMirrored)
        (top, left) =
            corner?(size.height - edge + 1, size.width - edge + 1)
            ?? (
                PillowResize.centerOffset(of: size.height, edge: edge),
                PillowResize.centerOffset(of: size.width, edge: edge)
            )
    }

    /// The crop, in the resized picture as it is before it is mirrored.
    var region: PixelRegion { PixelRegion(top: top, left: left, height: edge, width: edge) }

    /// The crop of a picture that was mirrored before, in the picture as it was.
    var mirroredRegion: PixelRegion {
        PixelRegion(top: top, left: isMirrored ? width - left - edge : left, height: edge, width: edge)
    }
}
