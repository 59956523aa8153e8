/// How much memory the passes of a UNet take beside its parameters, from its configuration alone.
///
/// A pass is a row of operations, as `UNet2DConditionModel.forward` runs them. For each, this counts the numbers that its
/// gradient needs later (what its closure in `Autodiff/Ops` holds) and those that it takes while it works: results,
/// padded copies, gradients. Adding them up along the row, forwards and backwards, gives the fullest moment. Left out
/// are the time embedding, statistics and workspaces of kernels, which are small or counted elsewhere.
public struct UNetActivations: Sendable, Equatable {
    /// Bytes of a pass without gradients: the skips so far and what the operation at work takes.
    public let forward: Int
    /// Bytes of a recorded pass and its way back, at the fullest moment.
    public let training: Int
    /// Bytes of `training` that the tape keeps: all that has been recorded, or the inputs of blocks that run again.
    public let kept: Int

    /// Bytes of the largest matrix of patches that a 3×3 convolution of one sample reads or is read back as; only OpenBLAS
    /// has it laid out.
    public let patches: Int

    /// Counts for `samples` pictures or latents of edge `size` and `tokens` of text.
    public init(_ config: UNetConfig, size: Int, samples: Int, tokens: Int, recomputes: Bool) {
        let row = Operation.row(of: config, size: size, tokens: tokens)
        /// A recipe may ask for more samples than can be counted: then it is far too much in any case.
        func bytes(_ elements: Int) -> Int {
            let (product, overflow) = (4 * elements).multipliedReportingOverflow(by: samples)
            return overflow ? Int.max >> 6 : min(product, Int.max >> 6)
        }
        forward = bytes(UNetActivations.forward(row))
        let training = UNetActivations.training(row, recomputes: recomputes)
        (self.training, kept) = (bytes(training.most), bytes(training.kept))
        patches = 4 * 9 * (row.map(\.convolved).max() ?? 0)
    }

    private static func forward(_ row: [Operation]) -> Int {
        var (most, skips) = (0, 0)
        for operation in row {
            most = max(most, skips + operation.input + operation.forward)
            skips += operation.skip
        }
        return most
    }

    private static func training(_ row: [Operation], recomputes: Bool) -> (most: Int, kept: Int) {
        /// What the tape holds because of `operation`: what it alone needs, and its input unless that is held already.
        func keeps(_ index: Int) -> Int {
            let operation = row[index]
            let isHeld = index > 0 && row[index - 1].isBlock && !recomputes
            let input = operation.keepsInput && !isHeld ? operation.input : 0
            return input + (operation.isBlock && !recomputes ? operation.inside + operation.output : 0)
        }
        var (most, kept, tape) = (0, 0, 0)
        for (index, operation) in row.enumerated() {
            most = max(most, tape + operation.input + operation.forward + (recomputes ? 0 : operation.inside))
            tape += keeps(index)
        }
        kept = tape
        // Gradients of the skips wait from the operation that took the skip until the one that made it.
        var waiting = 0
        for (index, operation) in row.enumerated().reversed() {
            if operation.skip > 0 {
                most = max(most, tape + waiting + 2 * operation.output)
                waiting -= operation.skip
            }
            let work = operation.backward + (operation.isBlock && recomputes ? operation.inside : 0)
            most = max(most, tape + waiting + operation.output + work)
            if operation.skip < 0 { waiting -= operation.skip }
            tape -= keeps(index)
        }
        return (most, kept)
    }
}

/// One operation of a pass; all sizes are numbers of one sample.
private struct Operation {
    /// Its input.
    var input: Int
    /// Its result.
    var output: Int
    /// The most it takes beside its input when nothing is recorded, its result included.
    var forward: Int
    /// The most its way back takes beside what is kept and its result's gradient, its input's gradient included.
    var backward: Int
    /// Whether its gradient needs its input.
    var keepsInput = true
    /// Whether it is a block: recorded by itself, or run again.
    var isBlock = false
    /// What a block's gradient needs beside input and result.
    var inside = 0
    /// The larger side of a 3×3 convolution.
    var convolved = 0
    /// Positive when its result is a skip, negative when it takes one.
    var skip = 0
}

extension Operation {
    static func row(of config: UNetConfig, size: Int, tokens: Int) -> [Operation] {
        let channels = config.blockOutChannels
        let levels = channels.count
        var planes = [Plane(size)]
        for _ in 1..<levels { planes.append(planes[planes.count - 1].halved(padding: config.downsamplePadding)) }
        func resnet(_ input: Int, _ output: Int, _ level: Int) -> Operation {
            .resnet(input, output, planes[level])
        }
        func transformer(_ level: Int) -> Operation {
            .transformer(
                channels[level], planes[level], layers: config.transformerLayersPerBlock[level], tokens: tokens)
        }
        var row = [convolution(config.inChannels, channels[0], from: planes[0], to: planes[0])]
        row[0].skip = row[0].output
        // The caption's and the sample's gradients are not asked for.
        row[0].backward = config.inChannels * planes[0].padded
        for level in 0..<levels {
            let input = channels[max(0, level - 1)]
            for layer in 0..<config.layersPerBlock[level] {
                row.append(resnet(layer == 0 ? input : channels[level], channels[level], level))
                if config.downBlockTypes[level] == .crossAttention { row.append(transformer(level)) }
                row[row.count - 1].skip = row[row.count - 1].output
            }
            guard level < levels - 1 else { continue }
            row.append(convolution(channels[level], channels[level], from: planes[level], to: planes[level + 1]))
            row[row.count - 1].skip = row[row.count - 1].output
        }
        let deepest = levels - 1
        row += [
            resnet(channels[deepest], channels[deepest], deepest), transformer(deepest),
            resnet(channels[deepest], channels[deepest], deepest),
        ]
        for index in 0..<levels {
            let level = levels - 1 - index
            let layers = config.layersPerBlock[level] + 1
            for layer in 0..<layers {
                let hidden = layer == 0 ? channels[min(levels - 1, level + 1)] : channels[level]
                let skip = layer == layers - 1 ? channels[max(0, level - 1)] : channels[level]
                row.append(.concatenation(hidden, skip, planes[level]))
                row.append(resnet(hidden + skip, channels[level], level))
                if config.upBlockTypes[index] == .crossAttention { row.append(transformer(level)) }
            }
            guard level > 0 else { continue }
            row.append(.upsampling(channels[level], from: planes[level], to: planes[level - 1]))
            row.append(convolution(channels[level], channels[level], from: planes[level - 1], to: planes[level - 1]))
        }
        let last = channels[0] * planes[0].area
        row += [.elementwise(last), .elementwise(last)]
        row.append(convolution(channels[0], config.outChannels, from: planes[0], to: planes[0]))
        return row
    }

    /// A 3×3 convolution: the padded input, then the padded gradient beside the input's.
    private static func convolution(_ input: Int, _ output: Int, from: Plane, to: Plane) -> Operation {
        Operation(
            input: input * from.area, output: output * to.area, forward: input * from.padded + output * to.area,
            backward: max(input * from.padded, output * from.padded + input * from.area),
            convolved: max(input * to.area, output * from.area))
    }

    /// GroupNorm, SiLU.
    private static func elementwise(_ count: Int) -> Operation {
        Operation(input: count, output: count, forward: count, backward: count)
    }

    private static func concatenation(_ hidden: Int, _ skip: Int, _ plane: Plane) -> Operation {
        let all = (hidden + skip) * plane.area
        return Operation(
            input: hidden * plane.area, output: all, forward: all, backward: all, keepsInput: false,
            skip: -skip * plane.area)
    }

    private static func upsampling(_ channels: Int, from: Plane, to: Plane) -> Operation {
        Operation(
            input: channels * from.area, output: channels * to.area, forward: channels * to.area,
            backward: channels * from.area, keepsInput: false)
    }

    /// Kept: the normalised inputs of both convolutions, and the sum with the time embedding between them. The second
    /// convolution is the fullest place of the way forward and mostly of the way back.
    private static func resnet(_ input: Int, _ output: Int, _ plane: Plane) -> Operation {
        let (i, o) = (input * plane.area, output * plane.area)
        let (paddedInput, paddedOutput) = (input * plane.padded, output * plane.padded)
        let inside = i + 2 * o
        let shortcut = input == output ? 0 : i
        let conv2 = inside + shortcut + paddedOutput + o
        let conv1 = i + shortcut + o + max(paddedInput, paddedOutput + i)
        let again = inside + max(paddedOutput + o, 3 * o)
        return Operation(
            input: i, output: o, forward: max(i + paddedInput + o, 3 * o + paddedOutput),
            backward: max(conv2, conv1, again) - inside, isBlock: true, inside: inside, convolved: max(i, o))
    }

    /// Kept, in units of one hidden state: norm and projection at both ends (2), and a layer's own normalised input,
    /// queries, keys, values, attended values, sum, and the same for the text (its keys and values apart), third norm,
    /// 8 of the wide projection and 4 of its gated half, and the sum that leaves it (24). Forwards the wide projection
    /// with its half and two hidden states are most; on the way back its gradient, 8 more than what is kept.
    private static func transformer(_ channels: Int, _ plane: Plane, layers: Int, tokens: Int) -> Operation {
        let state = channels * plane.area
        return Operation(
            input: state, output: state, forward: 14 * state, backward: 8 * state, isBlock: true,
            inside: (2 + 24 * layers) * state + 2 * layers * tokens * channels)
    }
}

/// A square of positions.
private struct Plane {
    let edge: Int

    init(_ edge: Int) { self.edge = edge }

    var area: Int { edge * edge }
    /// With a border of one position.
    var padded: Int { (edge + 2) * (edge + 2) }

    /// After a convolution of stride 2.
    func halved(padding: Int) -> Plane { Plane(padding == 1 ? (edge + 1) / 2 : edge / 2) }
}
