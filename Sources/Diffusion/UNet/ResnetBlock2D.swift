import Compute

/// GN → SiLU → conv3, + Linear(SiLU(time embedding)), GN → SiLU → conv3, + shortcut (a 1×1 convolution iff the channel
/// counts differ).
package struct ResnetBlock2D: Sendable {
    let norm1: GroupNorm
    let conv1: Convolution2D
    let timeProjection: Linear?
    let norm2: GroupNorm
    let conv2: Convolution2D
    let shortcut: Convolution2D?

    init(
        _ loader: ParameterLoader, _ name: String, _ input: Int, _ output: Int, timeWidth: Int?, groups: Int,
        eps: Double
    ) throws {
        let same = ConvolutionGeometry(padding: 1)
        norm1 = try GroupNorm(loader, "\(name).norm1", input, groups: groups, eps: eps)
        conv1 = try Convolution2D(loader, "\(name).conv1", input, output, kernel: 3, same)
        timeProjection = try timeWidth.map { try Linear(loader, "\(name).time_emb_proj", $0, output) }
        norm2 = try GroupNorm(loader, "\(name).norm2", output, groups: groups, eps: eps)
        conv2 = try Convolution2D(loader, "\(name).conv2", output, output, kernel: 3, same)
        shortcut =
            input == output
            ? nil : try Convolution2D(loader, "\(name).conv_shortcut", input, output, kernel: 1, ConvolutionGeometry())
    }

    /// x [n, in, h, w], `time` [n, timeWidth] after SiLU. Result [n, out, h, w].
    func callAsFunction(_ tape: Tape, _ x: Variable, time: Variable?) -> Variable {
        tape.block([x] + (time.map { [$0] } ?? [])) { tape, inputs in
            let x = inputs[0]
            var h = conv1(tape, norm1(tape, x, silu: true))
            if let timeProjection { h = tape.addPerChannel(h, timeProjection(tape, inputs[1])) }
            h = conv2(tape, norm2(tape, h, silu: true))
            return tape.add(shortcut.map { $0(tape, x) } ?? x, h)
        }
    }

    /// x [1, in, h, w] becomes the block's result [1, out, h, w], without a tape: the same bits with at most three
    /// activations of the result's size, or one of the input's and two of the result's. The caller holds the only tensor
    /// on x, whose numbers are overwritten.
    func apply(_ engine: Engine, to x: inout Tensor) {
        precondition(timeProjection == nil)
        let kept = shortcut?.apply(engine, x) ?? x
        if shortcut == nil {
            x = norm1.apply(engine, x, silu: true)
        } else {
            norm1.applyInPlace(engine, x, silu: true)
        }
        x = conv1.apply(engine, x)
        norm2.applyInPlace(engine, x, silu: true)
        x = conv2.apply(engine, x)
        engine.addInPlace(kept, to: x)
    }
}
