/// Between 8-bit pictures (HWC) and what models take: Float planes in [-1, 1] (CHW).
package enum PixelPlanes {
    /// `x / 255`, then minus 0.5, then over 0.5, each step rounded to Float, for every possible sample.
    private static let table: [Float] = (0...255).map { (Float($0) / 255 - 0.5) / 0.5 }

    /// Planes in the order R, G, B, rows from the top: `3 * height * width` values in [-1, 1].
    ///
    /// The arithmetic is that of torchvision's `ToTensor` followed by `Normalize([0.5], [0.5])`.
    /// - Parameter flipped: whether every row is read from right to left.
    package static func planar(_ image: Image, flipped: Bool = false) -> [Float] {
        let table = Self.table
        var planes: [Float] = []
        planes.reserveCapacity(image.rgb.count)
        for channel in 0..<3 {
            for y in 0..<image.height {
                for x in 0..<image.width {
                    let column = flipped ? image.width - 1 - x : x
                    planes.append(table[Int(image.rgb[3 * (y * image.width + column) + channel])])
                }
            }
        }
        return planes
    }

    /// The same planes with every row reversed. `planes.count` is a multiple of `width`.
    package static func flipped(_ planes: [Float], width: Int) -> [Float] {
        precondition(width > 0 && planes.count.isMultiple(of: width), "planes hold whole rows")
        var result: [Float] = []
        result.reserveCapacity(planes.count)
        for start in stride(from: 0, to: planes.count, by: width) {
            result.append(contentsOf: planes[start..<start + width].reversed())
        }
        return result
    }

    /// Back to 8 bits: `round(clamp(x / 2 + 0.5, 0, 1) * 255)`, halves to even, as diffusers' `VaeImageProcessor` does.
    ///
    /// A value that is not a number becomes 0.
    package static func image(_ planes: [Float], width: Int, height: Int) -> Image {
        precondition(planes.count == 3 * width * height, "\(planes.count) values for \(width) x \(height) pixels")
        let area = width * height
        var rgb: [UInt8] = []
        rgb.reserveCapacity(planes.count)
        for pixel in 0..<area {
            for channel in 0..<3 { rgb.append(sample(planes[channel * area + pixel])) }
        }
        return Image(width: width, height: height, rgb: rgb)
    }

    private static func sample(_ value: Float) -> UInt8 {
        let unit = value / 2 + 0.5
        guard unit > 0 else { return 0 }
        return UInt8((min(unit, 1) * 255).rounded(.toNearestOrEven))
    }
}
