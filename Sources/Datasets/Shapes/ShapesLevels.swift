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

    /// `explained` as a part of the variance, 0…1; 0 for a picture of one colour.
    func part(_ explained: Double) -> Double { variance > 0 ? explained / variance : 0 }

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
        a.withUnsafeBufferPointer { a in
            b.withUnsafeBufferPointer { b in
                for index in 0..<a.count { sum += a[index] * b[index] }
            }
        }
        return sum
    }
}
