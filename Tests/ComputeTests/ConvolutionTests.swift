import Compute
import Testing

/// Rule 3 against scalar loops: every padding, stride and size that the models use, and odd ones.
@Suite struct ConvolutionTests {
    struct Shape: Sendable, CustomTestStringConvertible {
        let samples, channels, out, height, width, kernel: Int
        let geometry: ConvolutionGeometry
        let (oh, ow): (Int, Int)

        init(_ samples: Int, _ channels: Int, _ out: Int, _ size: (Int, Int), kernel: Int, _ g: ConvolutionGeometry) {
            (self.samples, self.channels, self.out, self.kernel, geometry) = (samples, channels, out, kernel, g)
            (height, width) = size
            oh = (height + g.top + g.bottom - kernel) / g.stride + 1
            ow = (width + g.left + g.right - kernel) / g.stride + 1
        }

        var testDescription: String {
            "\(samples)×\(channels)×\(height)×\(width) → \(out), kernel \(kernel), \(geometry)"
        }
        var taps: Int { kernel * kernel }
        var input: [Int] { [samples, channels, height, width] }
        var output: [Int] { [samples, out, oh, ow] }
        var weight: [Int] { [out, channels, kernel, kernel] }

        /// x at a place that may lie in the padding.
        func pixel(_ x: [Float], _ sample: Int, _ channel: Int, _ row: Int, _ column: Int) -> Float {
            guard row >= 0, row < height, column >= 0, column < width else { return 0 }
            return x[((sample * channels + channel) * height + row) * width + column]
        }

        /// The input pixel that output (row, column) reads with tap `tap`.
        func read(_ x: [Float], _ sample: Int, _ channel: Int, _ tap: Int, _ row: Int, _ column: Int) -> Float {
            pixel(
                x, sample, channel, row * geometry.stride + tap / kernel - geometry.top,
                column * geometry.stride + tap % kernel - geometry.left)
        }
    }

    static let shapes = [
        Shape(2, 5, 3, (4, 6), kernel: 1, ConvolutionGeometry()),
        Shape(3, 35, 18, (5, 7), kernel: 3, ConvolutionGeometry(padding: 1)),
        Shape(2, 3, 17, (9, 5), kernel: 3, ConvolutionGeometry()),
        Shape(2, 4, 5, (9, 7), kernel: 3, ConvolutionGeometry(stride: 2, padding: 1)),
        Shape(2, 6, 5, (8, 6), kernel: 3, ConvolutionGeometry(stride: 2, padding: 1)),
        Shape(2, 3, 4, (7, 8), kernel: 3, ConvolutionGeometry(stride: 2, top: 0, bottom: 1, left: 0, right: 1)),
        Shape(2, 3, 4, (7, 8), kernel: 3, ConvolutionGeometry(stride: 2)),
        Shape(1, 7, 4, (6, 5), kernel: 1, ConvolutionGeometry(stride: 2)),
        Shape(2, 2, 3, (19, 23), kernel: 3, ConvolutionGeometry(padding: 1)),
        Shape(1, 2, 2, (11, 9), kernel: 5, ConvolutionGeometry(stride: 3, top: 2, bottom: 1, left: 0, right: 4)),
        Shape(2, 3, 31, (1, 1), kernel: 3, ConvolutionGeometry(padding: 1)),
    ]

    @Test(arguments: shapes) func forward(_ s: Shape) {
        let (x, w, bias) = (Samples.spread(s.input, 21), Samples.spread(s.weight, 22), Samples.spread([s.out], 23))
        let (xv, wv, bv) = (x.floats, w.floats, bias.floats)
        let inner = s.channels * s.taps
        let expected = (0..<s.samples * s.out * s.oh * s.ow).map { index in
            let (column, row) = (index % s.ow, index / s.ow % s.oh)
            let (oc, sample) = (index / s.ow / s.oh % s.out, index / s.ow / s.oh / s.out)
            return Reference.product(inner, bias: bv[oc]) {
                (wv[oc * inner + $1], s.read(xv, sample, $1 / s.taps, $1 % s.taps, row, column))
            }
        }
        for engine in engines() {
            let y = engine.convolution(x, weight: w, bias: bias, s.geometry)
            #expect(y.shape == s.output)
            expectBits(y, expected, "\(engine.isa)")
            // A row, or a few rows, at a time.
            for paddedBytes in [1, 600, 2_000] {
                engine.paddedBytes = paddedBytes
                expectBits(
                    engine.convolution(x, weight: w, bias: bias, s.geometry), expected,
                    "\(engine.isa), strips of \(paddedBytes) bytes")
            }
        }
    }

    @Test(arguments: shapes) func inputGradient(_ s: Shape) {
        let (dy, w) = (Samples.spread(s.output, 24), Samples.spread(s.weight, 25))
        let (dv, wv) = (dy.floats, w.floats)
        let expected = (0..<s.input.reduce(1, *)).map { index -> Float in
            let (column, row) = (index % s.width, index / s.width % s.height)
            let (ic, sample) = (index / s.width / s.height % s.channels, index / s.width / s.height / s.channels)
            // The taps that some output could have met this pixel with.
            let taps = (0..<s.taps).filter {
                (row + s.geometry.top - $0 / s.kernel) % s.geometry.stride == 0
                    && (column + s.geometry.left - $0 % s.kernel) % s.geometry.stride == 0
            }
            if taps.isEmpty { return 0 }
            return Reference.product(s.out * taps.count) {
                let (oc, tap) = ($1 / taps.count, taps[$1 % taps.count])
                let (down, across) = (row + s.geometry.top - tap / s.kernel, column + s.geometry.left - tap % s.kernel)
                let isInside =
                    down >= 0 && across >= 0 && down / s.geometry.stride < s.oh && across / s.geometry.stride < s.ow
                let at = ((sample * s.out + oc) * s.oh + down / s.geometry.stride) * s.ow + across / s.geometry.stride
                return (wv[(oc * s.channels + ic) * s.taps + tap], isInside ? dv[at] : 0)
            }
        }
        for engine in engines() {
            expectBits(
                engine.convolutionInputGradient(dy, weight: w, inputShape: s.input, s.geometry), expected,
                "\(engine.isa)")
        }
    }

    @Test(arguments: shapes) func weightGradient(_ s: Shape) {
        let (dy, x, before) = (Samples.spread(s.output, 26), Samples.spread(s.input, 27), Samples.spread(s.weight, 28))
        let (dv, xv, start) = (dy.floats, x.floats, before.floats)
        let expected = (0..<s.weight.reduce(1, *)).map { index in
            let (tap, ic, oc) = (index % s.taps, index / s.taps % s.channels, index / s.taps / s.channels)
            return Reference.product(s.oh * s.ow, segments: s.samples, start: start[index]) { sample, at in
                (
                    dv[(sample * s.out + oc) * s.oh * s.ow + at],
                    s.read(xv, sample, ic, tap, at / s.ow, at % s.ow)
                )
            }
        }
        for engine in engines() {
            let sum = before.copy()
            engine.accumulateConvolutionWeightGradient(dy, x, into: sum, s.geometry)
            expectBits(sum, expected, "\(engine.isa)")
        }
    }

    @Test(arguments: shapes) func biasGradient(_ s: Shape) {
        let (dy, before) = (Samples.spread(s.output, 29), Samples.spread([s.out], 30))
        let (dv, area) = (dy.floats, s.oh * s.ow)
        let expected = before.floats.enumerated().map { channel, start in
            (0..<s.samples).reduce(start) { result, sample in
                result + Reference.sum(area) { dv[(sample * s.out + channel) * area + $0] }
            }
        }
        for engine in engines() {
            let sum = before.copy()
            engine.accumulateChannelSums(dy, into: sum)
            expectBits(sum, expected, "\(engine.isa)")
        }
    }
}
