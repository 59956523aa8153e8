/// A square RGB picture, 8 bits a channel.
package struct ShapesPicture: Equatable, Sendable {
    /// Width and height in pixels.
    package let side: Int
    /// The levels, [side, side, 3]: rows from the top, then columns, then red, green, blue.
    package internal(set) var bytes: [UInt8]

    /// A picture of given levels, [side, side, 3].
    package init(side: Int, bytes: [UInt8]) {
        precondition(bytes.count == side * side * 3, "three bytes a pixel")
        self.side = side
        self.bytes = bytes
    }

    /// The picture as a model sees it, [3, side, side] in [-1, 1]: `(level / 255 - 0.5) / 0.5`, each step in Float32, as
    /// for picture files.
    package var pixels: [Float] {
        let area = side * side
        return (0..<3 * area).map { (Float(bytes[$0 % area * 3 + $0 / area]) / 255 - 0.5) / 0.5 }
    }

    /// The sum of all levels over their number: the mean brightness in levels.
    package var meanLevel: Double {
        Double(bytes.reduce(0) { $0 + Int($1) }) / Double(bytes.count)
    }
}
