/// torch's `interpolate` on a picture of floats, as torchvision's `Resize` has it for tensors: no rounding to 8 bits, and a
/// cubic is not clamped.
///
/// Each pass adds its products in ascending order in `Double` and rounds once to `Float`; across goes before down.
package enum TensorResize {
    /// What decides a pixel's weights.
    package enum Kind: Sendable, Hashable {
        /// `mode="bilinear", antialias=True`: a triangle that widens when shrinking. Weights are those of torch in `Double`,
        /// which torch itself computes in `Float` for a tensor of floats.
        case bilinear
        /// `mode="bicubic"`, its weights in `Float` as torch computes them: with `antialias` a cubic of a = −½ that widens
        /// when shrinking (torchvision from 0.17 on), without it one of a = −¾ over four pixels (torchvision before).
        case bicubic(antialias: Bool)
    }

    /// The pixels of `region` of the picture at the size (`width`, `height`): planes R, G, B, rows from the top; of
    /// `bilinear` in [0, 1].
    package static func planes(
        _ image: Image, width: Int, height: Int, region: PixelRegion, kind: Kind = .bilinear
    ) -> [Float] {
        let unit = (0...255).map { Float($0) / 255 }
        if (width, height) == (image.width, image.height) {
            let part = image.cropped(rows: region.rows, columns: region.columns)
            return (0..<3).flatMap { channel in
                (0..<region.height * region.width).map { unit[Int(part.rgb[3 * $0 + channel])] }
            }
        }
        let across = weights(image.width, to: width, region.columns, kind)
        let down = weights(image.height, to: height, region.rows, kind)
        var planes: [Float] = []
        planes.reserveCapacity(3 * region.height * region.width)
        for channel in 0..<3 {
            let wide = horizontal(image, channel, rows: down.inputs, across, unit)
            for y in 0..<region.height {
                let (first, offset) = (down.first[y] - down.inputs.lowerBound, y * down.stride)
                for x in 0..<region.width {
                    var sum = 0.0
                    for index in 0..<down.count[y] {
                        sum += Double(wide[(first + index) * region.width + x]) * down.weights[offset + index]
                    }
                    planes.append(Float(sum))
                }
            }
        }
        return planes
    }

    private static func weights(_ input: Int, to output: Int, _ outputs: Range<Int>, _ kind: Kind) -> ResampleWeights<
        Double
    > {
        switch kind {
        case .bilinear: ResampleWeights(exact: input, to: output, outputs: outputs, filter: .bilinear)
        case .bicubic(true): ResampleWeights(widenedCubic: input, to: output, outputs: outputs)
        case .bicubic(false): ResampleWeights(cubic: input, to: output, outputs: outputs)
        }
    }

    private static func horizontal(
        _ image: Image, _ channel: Int, rows: Range<Int>, _ axis: ResampleWeights<Double>, _ unit: [Float]
    ) -> [Float] {
        var result: [Float] = []
        result.reserveCapacity(rows.count * axis.first.count)
        for y in rows {
            for x in axis.first.indices {
                var sum = 0.0
                let base = 3 * (y * image.width + axis.first[x]) + channel
                for index in 0..<axis.count[x] {
                    sum += Double(unit[Int(image.rgb[base + 3 * index])]) * axis.weights[x * axis.stride + index]
                }
                result.append(Float(sum))
            }
        }
        return result
    }
}
