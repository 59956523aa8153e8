/// A picture with the samples that its file has, where that is something else than RGB in the end: what programs see that
/// resize before they convert.
package struct StoredPicture: Sendable {
    /// Pillow's mode of the file, as far as it matters.
    package enum Mode: Sendable, Hashable {
        /// `RGB`, or `L`, whose channels are equal.
        case rgb
        /// `P` or `1`, as RGB: Pillow takes the nearest pixel when it resizes such a picture.
        case indexed
        /// `RGBA`, or `LA`: Pillow resizes the colours multiplied by alpha.
        case rgba
        /// `CMYK`: amounts of ink.
        case cmyk
        /// `I;16`, cut off at 255.
        case wideGrey
    }

    /// Pixels in a row; at least 1.
    package let width: Int
    /// Rows; at least 1.
    package let height: Int
    /// What the samples are.
    package let mode: Mode
    /// Rows from the top, pixels from the left: three samples a pixel, of `rgba` and `cmyk` four.
    package let samples: [UInt8]
    /// The file, for errors.
    package let file: String

    /// Takes samples as they are.
    package init(width: Int, height: Int, mode: Mode, samples: [UInt8], file: String) {
        precondition(width > 0 && height > 0 && samples.count == width * height * mode.channels)
        (self.width, self.height, self.mode) = (width, height, mode)
        (self.samples, self.file) = (samples, file)
    }

    /// A picture that is RGB in its file, or in none.
    package init(_ image: Image, file: String = "the picture") {
        self.init(width: image.width, height: image.height, mode: .rgb, samples: image.rgb, file: file)
    }

    /// As Pillow's `convert("RGB")` gives it: alpha is dropped, inks are multiplied out.
    package var image: Image {
        switch mode {
        case .rgb, .indexed, .wideGrey: return Image(width: width, height: height, rgb: samples)
        case .rgba, .cmyk: break
        }
        var rgb: [UInt8] = []
        rgb.reserveCapacity(3 * width * height)
        for pixel in stride(from: 0, to: samples.count, by: 4) {
            if mode == .rgba {
                rgb += samples[pixel..<pixel + 3]
            } else {
                let light = 255 - Int(samples[pixel + 3])
                for channel in 0..<3 {
                    rgb.append(UInt8(light - StoredPicture.product(Int(samples[pixel + channel]), light)))
                }
            }
        }
        return Image(width: width, height: height, rgb: rgb)
    }

    /// a · b / 255, rounded, for a and b in 0...255. Source: `MULDIV255` of Pillow.
    private static func product(_ a: Int, _ b: Int) -> Int {
        let t = a * b + 128
        return ((t >> 8) + t) >> 8
    }
}

extension StoredPicture.Mode {
    /// Samples of a pixel.
    package var channels: Int { self == .rgba || self == .cmyk ? 4 : 3 }
}

extension StoredPicture {
    /// Resized in its own mode and then made RGB, as `image.resize((width, height), filter).convert("RGB")` of Pillow: a
    /// picture with alpha multiplied by it meanwhile, one of a palette by its nearest pixels.
    ///
    /// - Throws: `ImageError` for 16-bit greyscale.
    package func resized(
        width: Int, height: Int, filter: ResampleFilter, order: PillowResize.Order = .across
    ) throws -> Image {
        if (width, height) == (self.width, self.height) { return image }
        switch mode {
        case .rgb: return PillowResize.resize(image, width: width, height: height, filter: filter, order: order)
        case .indexed: return nearest(width: width, height: height)
        case .wideGrey:
            throw ImageError(
                file: file, format: .png, kind: .unsupported,
                what: "16-bit greyscale, which this model's resize of such files is not known for",
                hint: "save it with 8 bits a sample")
        case .rgba, .cmyk: break
        }
        // Four planes as two pictures of three: no sample of one channel touches another.
        let source = mode == .rgba ? multiplied : samples
        func planes(_ channels: [Int]) -> Image {
            let rgb = stride(from: 0, to: source.count, by: 4).flatMap { pixel in channels.map { source[pixel + $0] } }
            return PillowResize.resize(
                Image(width: self.width, height: self.height, rgb: rgb), width: width, height: height, filter: filter,
                order: order)
        }
        let (colours, fourth) = (planes([0, 1, 2]), planes([3, 3, 3]))
        var result: [UInt8] = []
        result.reserveCapacity(4 * width * height)
        for pixel in stride(from: 0, to: colours.rgb.count, by: 3) {
            let alpha = fourth.rgb[pixel]
            for channel in 0..<3 {
                let value = colours.rgb[pixel + channel]
                // Source: `rgbA2rgba` of Pillow.
                result.append(
                    mode == .cmyk || alpha == 0 || alpha == 255
                        ? value : UInt8(min(255, 255 * Int(value) / Int(alpha))))
            }
            result.append(alpha)
        }
        return StoredPicture(width: width, height: height, mode: mode, samples: result, file: file).image
    }

    /// The colours of `rgba` multiplied by alpha. Source: `rgba2rgbA` of Pillow.
    private var multiplied: [UInt8] {
        var result = samples
        for pixel in stride(from: 0, to: samples.count, by: 4) {
            let alpha = Int(samples[pixel + 3])
            for channel in 0..<3 {
                result[pixel + channel] = UInt8(StoredPicture.product(Int(samples[pixel + channel]), alpha))
            }
        }
        return result
    }

    /// The pixel under the middle of each. Source: `ImagingScaleAffine` of Pillow, which adds steps up in `Double`.
    private func nearest(width: Int, height: Int) -> Image {
        func places(_ input: Int, _ output: Int) -> [Int] {
            let step = Double(input) / Double(output)
            var place = step * 0.5
            return (0..<output).map { _ in
                defer { place += step }
                return min(Int(place), input - 1)
            }
        }
        let columns = places(self.width, width)
        var rgb: [UInt8] = []
        rgb.reserveCapacity(3 * width * height)
        for y in places(self.height, height) {
            for x in columns {
                let start = 3 * (y * self.width + x)
                rgb += samples[start..<start + 3]
            }
        }
        return Image(width: width, height: height, rgb: rgb)
    }
}
