import Core

/// A picture of 8-bit RGB samples, held in memory.
package struct Image: Sendable, Hashable {
    /// Pixels in a row; at least 1.
    package let width: Int
    /// Rows; at least 1.
    package let height: Int
    /// `3 * width * height` samples: rows from the top, pixels from the left, R, G, B (HWC).
    package let rgb: [UInt8]

    /// Takes samples as they are; their number must be `3 * width * height`.
    package init(width: Int, height: Int, rgb: [UInt8]) {
        precondition(width > 0 && height > 0, "an image has at least one pixel")
        precondition(rgb.count == 3 * width * height, "\(rgb.count) samples for \(width) x \(height) pixels")
        self.width = width
        self.height = height
        self.rgb = rgb
    }

    /// A picture of one colour.
    package init(width: Int, height: Int, filledWith colour: Colour) {
        var rgb: [UInt8] = []
        rgb.reserveCapacity(3 * width * height)
        for _ in 0..<width * height { rgb.append(contentsOf: [colour.red, colour.green, colour.blue]) }
        self.init(width: width, height: height, rgb: rgb)
    }

    /// One 8-bit RGB colour.
    package struct Colour: Sendable, Hashable {
        /// Red, 0...255.
        package let red: UInt8
        /// Green, 0...255.
        package let green: UInt8
        /// Blue, 0...255.
        package let blue: UInt8

        /// A colour from its three samples.
        package init(_ red: UInt8, _ green: UInt8, _ blue: UInt8) {
            self.red = red
            self.green = green
            self.blue = blue
        }

        /// 255, 255, 255.
        package static let white = Colour(255, 255, 255)
        /// 0, 0, 0.
        package static let black = Colour(0, 0, 0)
    }

    /// The colour of one pixel, `x` from the left and `y` from the top.
    package subscript(x: Int, y: Int) -> Colour {
        precondition(x >= 0 && x < width && y >= 0 && y < height, "(\(x), \(y)) in \(width) x \(height) pixels")
        let base = 3 * (y * width + x)
        return Colour(rgb[base], rgb[base + 1], rgb[base + 2])
    }
}

extension Image {
    /// Stands for the pixels: of the text `WIDTHxHEIGHT`, a line feed and the samples.
    package var digest: Digest {
        var stream = SHA256Stream(domain: .picture)
        stream.update("\(width)x\(height)\n")
        stream.update(rgb)
        return stream.finalize()
    }
}
