/// Pillow's `Image.resize` for 8-bit RGB, bit for bit: antialiased, in two passes, each rounded to 8 bits.
///
/// Source: `src/libImaging/Resample.c` of Pillow (`ImagingResampleHorizontal_8bpc`, `…Vertical_8bpc`).
package enum PillowResize {
    /// Which pass goes first; the last bits depend on it, because each pass rounds.
    package enum Order: String, Sendable, CaseIterable {
        /// Across, then down, whatever the sizes: Pillow up to 12.1.
        case across
        /// As Pillow decides from 13.0 on (its pull request 9549): down first where the rows lost are some, and more than
        /// twice the columns lost.
        case pillow13 = "pillow-13"

        func isAcrossFirst(from image: Image, width: Int, height: Int) -> Bool {
            let (rows, columns) = (image.height - height, image.width - width)
            return self == .across || !(rows > 0 && rows > 2 * columns)
        }
    }

    /// A picture of the given size, as `image.resize((width, height), filter)` gives, or of it the pixels of `region`
    /// alone, which is all that is computed then.
    ///
    /// An axis that keeps its size is not filtered, as in Pillow.
    package static func resize(
        _ image: Image, width: Int, height: Int, filter: ResampleFilter = .bilinear, order: Order = .across,
        region: PixelRegion? = nil
    ) -> Image {
        precondition(width > 0 && height > 0, "an image has at least one pixel")
        let region = region ?? PixelRegion(top: 0, left: 0, height: height, width: width)
        let across =
            width == image.width
            ? nil : ResampleWeights<Int32>(fixed: image.width, to: width, outputs: region.columns, filter: filter)
        let down =
            height == image.height
            ? nil : ResampleWeights<Int32>(fixed: image.height, to: height, outputs: region.rows, filter: filter)
        let rows = down?.inputs ?? region.rows
        let columns = across?.inputs ?? region.columns
        guard across != nil || down != nil else { return image.cropped(rows: rows, columns: columns) }
        if order.isAcrossFirst(from: image, width: width, height: height) {
            let wide =
                across.map { horizontal(image, rows: rows, $0, origin: 0) }
                ?? image.cropped(rows: rows, columns: columns)
            return down.map { vertical(wide, columns: 0..<wide.width, $0, origin: rows.lowerBound) } ?? wide
        }
        let high =
            down.map { vertical(image, columns: columns, $0, origin: 0) }
            ?? image.cropped(rows: rows, columns: columns)
        return across.map { horizontal(high, rows: 0..<high.height, $0, origin: columns.lowerBound) } ?? high
    }

    /// Filters the rows `rows` of a picture whose first column is column `origin` of the axis.
    private static func horizontal(
        _ image: Image, rows: Range<Int>, _ axis: ResampleWeights<Int32>, origin: Int
    ) -> Image {
        let width = axis.first.count
        let rgb = samples(width * rows.count) { output in
            image.rgb.withUnsafeBufferPointer { input in
                axis.weights.withUnsafeBufferPointer { weights in
                    for (place, y) in rows.enumerated() {
                        for x in 0..<width {
                            sum(
                                input, from: 3 * (y * image.width + axis.first[x] - origin), step: 3, weights,
                                at: x * axis.stride, count: axis.count[x], into: output, at: 3 * (place * width + x))
                        }
                    }
                }
            }
        }
        return Image(width: width, height: rows.count, rgb: rgb)
    }

    /// Filters the columns `columns` of a picture whose first row is row `origin` of the axis.
    private static func vertical(
        _ image: Image, columns: Range<Int>, _ axis: ResampleWeights<Int32>, origin: Int
    ) -> Image {
        let (height, width) = (axis.first.count, columns.count)
        let step = 3 * image.width
        let rgb = samples(width * height) { output in
            image.rgb.withUnsafeBufferPointer { input in
                axis.weights.withUnsafeBufferPointer { weights in
                    for y in 0..<height {
                        let start = (axis.first[y] - origin) * step + 3 * columns.lowerBound
                        for x in 0..<width {
                            sum(
                                input, from: start + 3 * x, step: step, weights, at: y * axis.stride,
                                count: axis.count[y], into: output, at: 3 * (y * width + x))
                        }
                    }
                }
            }
        }
        return Image(width: width, height: height, rgb: rgb)
    }

    private static func samples(_ pixels: Int, _ fill: (UnsafeMutableBufferPointer<UInt8>) -> Void) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 3 * pixels) { buffer, count in
            fill(buffer)
            count = 3 * pixels
        }
    }

    /// The three weighted sums of one output pixel: start at one half, shift, clip to 0...255.
    @inline(__always)
    private static func sum(
        _ input: UnsafeBufferPointer<UInt8>, from base: Int, step: Int, _ weights: UnsafeBufferPointer<Int32>,
        at offset: Int, count: Int, into output: UnsafeMutableBufferPointer<UInt8>, at target: Int
    ) {
        let half = Int32(1) << Int32(ResampleWeights<Int32>.precisionBits - 1)
        var (red, green, blue) = (half, half, half)
        for index in 0..<count {
            let weight = weights[offset + index]
            let place = base + index * step
            red &+= Int32(input[place]) &* weight
            green &+= Int32(input[place + 1]) &* weight
            blue &+= Int32(input[place + 2]) &* weight
        }
        output[target] = clip(red)
        output[target + 1] = clip(green)
        output[target + 2] = clip(blue)
    }

    @inline(__always)
    private static func clip(_ value: Int32) -> UInt8 {
        UInt8(max(0, min(255, value >> Int32(ResampleWeights<Int32>.precisionBits))))
    }
}
