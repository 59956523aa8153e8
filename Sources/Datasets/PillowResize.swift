/// Pillow's `Image.resize` for 8-bit RGB, bit for bit: antialiased, horizontal pass first, each pass rounded to 8 bits.
///
/// Source: `src/libImaging/Resample.c` of Pillow (`ImagingResampleHorizontal_8bpc`, `…Vertical_8bpc`), as it was up to
/// Pillow 12. From 13.0 on Pillow runs the vertical pass first for some pictures that lose much height (its pull request
/// 9549), which changes last bits because each pass rounds. Here the order never depends on the sizes.
package enum PillowResize {
    /// A picture of the given size, as `image.resize((width, height), filter)` gives.
    ///
    /// An axis that keeps its size is not filtered, as in Pillow.
    package static func resize(_ image: Image, width: Int, height: Int, filter: ResampleFilter = .bilinear) -> Image {
        precondition(width > 0 && height > 0, "an image has at least one pixel")
        var result = image
        if width != image.width { result = horizontal(result, width: width, filter: filter) }
        if height != image.height { result = vertical(result, height: height, filter: filter) }
        return result
    }

    private static func horizontal(_ image: Image, width: Int, filter: ResampleFilter) -> Image {
        let axis = ResampleWeights(inputSize: image.width, outputSize: width, filter: filter)
        let rgb = samples(width * image.height) { output in
            image.rgb.withUnsafeBufferPointer { input in
                axis.weights.withUnsafeBufferPointer { weights in
                    for y in 0..<image.height {
                        for x in 0..<width {
                            let base = 3 * (y * image.width + axis.first[x])
                            sum(
                                input, from: base, step: 3, weights, at: x * axis.stride, count: axis.count[x],
                                into: output, at: 3 * (y * width + x))
                        }
                    }
                }
            }
        }
        return Image(width: width, height: image.height, rgb: rgb)
    }

    private static func vertical(_ image: Image, height: Int, filter: ResampleFilter) -> Image {
        let axis = ResampleWeights(inputSize: image.height, outputSize: height, filter: filter)
        let step = 3 * image.width
        let rgb = samples(image.width * height) { output in
            image.rgb.withUnsafeBufferPointer { input in
                axis.weights.withUnsafeBufferPointer { weights in
                    for y in 0..<height {
                        for x in 0..<image.width {
                            let base = axis.first[y] * step + 3 * x
                            sum(
                                input, from: base, step: step, weights, at: y * axis.stride, count: axis.count[y],
                                into: output, at: y * step + 3 * x)
                        }
                    }
                }
            }
        }
        return Image(width: image.width, height: height, rgb: rgb)
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
        let half = Int32(1) << Int32(ResampleWeights.precisionBits - 1)
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
        UInt8(max(0, min(255, value >> Int32(ResampleWeights.precisionBits))))
    }
}
