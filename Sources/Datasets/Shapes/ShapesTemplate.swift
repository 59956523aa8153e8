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

/// A picture's levels, 0…255, ready for comparison with templates.
struct ShapesLevels {
    private let channels: [[Double]]
    private let means: [Double]
    /// The sum of squared deviations from the channel means, over all three channels.
    let variance: Double

    /// Takes [3, side, side] in [-1, 1] and clips what lies outside.
    init(_ pixels: [Float], side: Int) {
        let area = side * side
        precondition(pixels.count == 3 * area, "pixels of [3, \(side), \(side)]")
        channels = (0..<3).map { channel in
            pixels[channel * area..<(channel + 1) * area].map { (Double(min(1, max(-1, $0))) + 1) * 127.5 }
        }
        means = channels.map { $0.reduce(0, +) / Double(area) }
        var sum = 0.0
        for (channel, mean) in zip(channels, means) {
            for level in channel { sum += (level - mean) * (level - mean) }
        }
        variance = sum
    }

    /// The part of the variance that the template's best fit explains.
    func explained(by template: ShapesTemplate) -> Double {
        var sum = 0.0
        for channel in channels {
            let covariance = Self.dot(channel, template.centred)
            sum += covariance * covariance / template.energy
        }
        return sum
    }

    /// The colours of figure and ground that fit best, as red, green, blue.
    func fit(_ template: ShapesTemplate) -> (ink: [Double], ground: [Double]) {
        var ink: [Double] = []
        var ground: [Double] = []
        for (channel, mean) in zip(channels, means) {
            let slope = Self.dot(channel, template.centred) / template.energy
            ground.append(mean - slope * template.mean)
            ink.append(mean + slope * (1 - template.mean))
        }
        return (ink, ground)
    }

    private static func dot(_ a: [Double], _ b: [Double]) -> Double {
        var sum = 0.0
        for index in a.indices { sum += a[index] * b[index] }
        return sum
    }
}
