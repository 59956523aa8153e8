/// What the shapes world refuses.
package enum ShapesError: Error, Equatable, CustomStringConvertible {
    /// A picture size that the generator does not draw.
    case unsupportedSide(Int)
    /// A picture asked for at a size that this data set was not made with.
    case otherSize(asked: Int, drawn: Int)

    /// The message for people.
    package var description: String {
        switch self {
        case .unsupportedSide(let side):
            "shapes: no pictures of \(side) × \(side) pixels; expected one of \(ShapesWorld.sides)"
        case .otherSize(let asked, let drawn):
            "shapes: asked for pictures of \(asked) × \(asked) pixels, but this data set draws \(drawn) × \(drawn); "
                + "set both sizes alike"
        }
    }
}
