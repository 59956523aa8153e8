/// A figure on the canvas, which is 256 units wide and high whatever the picture's size in pixels.
struct ShapesFigure {
    var shape: ShapesShape
    var centreX: Int
    var centreY: Int
    var radius: Int

    /// The canvas's width and height in units.
    static let canvas = 256
    /// The coverage of a pixel that lies wholly inside.
    static let fullCoverage = 64

    init(shape: ShapesShape, centreX: Int, centreY: Int, radius: Int) {
        self.shape = shape
        self.centreX = centreX
        self.centreY = centreY
        self.radius = radius
    }

    /// The figure that the caption asks for, before any jitter.
    init(_ caption: ShapesCaption) {
        let point = caption.place.point
        self.init(shape: caption.shape, centreX: point.x, centreY: point.y, radius: caption.size.radius)
    }

    /// How much of each pixel the figure covers, 0…`fullCoverage`, rows from the top.
    ///
    /// Samples lie at the odd canvas units: 8 × 8 a pixel in a picture of 16 × 16, 4 × 4 in one of 32 × 32.
    func coverage(side: Int) -> [Int] {
        let pitch = Self.canvas / side
        let share = Self.fullCoverage / ((pitch / 2) * (pitch / 2))
        var coverage = [Int](repeating: 0, count: side * side)
        // No figure reaches farther than 9/8 of its radius.
        let reach = 9 * radius / 8 + 1
        func samples(around centre: Int) -> StrideTo<Int> {
            stride(from: max(0, centre - reach) | 1, to: min(Self.canvas, centre + reach + 1), by: 2)
        }
        for y in samples(around: centreY) {
            for x in samples(around: centreX) where contains(x - centreX, y - centreY) {
                coverage[y / pitch * side + x / pitch] += share
            }
        }
        return coverage
    }

    /// Whether the point (dx, dy), relative to the centre, lies inside. Integer inequalities only.
    private func contains(_ dx: Int, _ dy: Int) -> Bool {
        let (ax, ay, r) = (abs(dx), abs(dy), radius)
        switch shape {
        case .circle: return ax * ax + ay * ay <= r * r
        case .square: return 8 * max(ax, ay) <= 7 * r
        case .triangle: return 4 * dy <= 3 * r && 7 * ax <= 4 * (dy + r)
        case .diamond: return 8 * (ax + ay) <= 9 * r
        case .cross: return max(ax, ay) <= r && 3 * min(ax, ay) <= r
        case .ring:
            let square = ax * ax + ay * ay
            return square <= r * r && 4 * square >= r * r
        }
    }
}
