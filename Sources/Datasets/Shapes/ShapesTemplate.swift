/// A figure that the judge compares pictures with.
struct ShapesTemplate: Sendable {
    let shape: ShapesShape
    let size: ShapesSize
    let place: ShapesPlace
    /// Coverage less its mean, rows from the top.
    let centred: [Double]
    /// The mean of the coverage, 0…1.
    let mean: Double
    /// The sum of squares of `centred`.
    let energy: Double

    /// All figures, each at its place and at the eight positions half a pixel of 16 around it.
    static func all(side: Int) -> [ShapesTemplate] {
        var templates: [ShapesTemplate] = []
        for shape in ShapesShape.allCases {
            for size in ShapesSize.allCases {
                for place in ShapesPlace.allCases {
                    for (dx, dy) in [
                        (0, 0), (-8, 0), (8, 0), (0, -8), (0, 8), (-8, -8), (8, -8), (-8, 8), (8, 8),
                    ] {
                        templates.append(ShapesTemplate(shape, size, place, dx: dx, dy: dy, side: side))
                    }
                }
            }
        }
        return templates
    }

    private init(_ shape: ShapesShape, _ size: ShapesSize, _ place: ShapesPlace, dx: Int, dy: Int, side: Int) {
        (self.shape, self.size, self.place) = (shape, size, place)
        let figure = ShapesFigure(
            shape: shape, centreX: place.point.x + dx, centreY: place.point.y + dy, radius: size.radius)
        let coverage = figure.coverage(side: side).map { Double($0) / Double(ShapesFigure.fullCoverage) }
        let mean = coverage.reduce(0, +) / Double(coverage.count)
        centred = coverage.map { $0 - mean }
        energy = centred.reduce(0) { $0 + $1 * $1 }
        self.mean = mean
    }

    func shows(_ caption: ShapesCaption) -> Bool {
        shape == caption.shape && size == caption.size && place == caption.place
    }
}
