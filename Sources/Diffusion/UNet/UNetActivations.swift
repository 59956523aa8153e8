/// How much memory the passes of a UNet take beside its parameters, from its configuration alone.
///
/// A pass is a row of operations, as `UNet2DConditionModel.forward` runs them. For each, this counts the numbers that its
/// gradient needs later (what its closure in `Autodiff/Ops` holds) and those that it takes while it works: results,
/// padded copies, gradients. Adding them up along the row, forwards and backwards, gives the fullest moment. Left out
/// are the time embedding, statistics and workspaces of kernels, which are small or counted elsewhere. Where adapters
/// are all that is trained, a layer without one keeps no input, and what comes before the first one keeps nothing.
package struct UNetActivations: Sendable, Equatable {
    /// Bytes of a pass without gradients: the skips so far and what the operation at work takes.
    package let forward: Int
    /// Bytes of a recorded pass and its way back, at the fullest moment.
    package let training: Int
    /// Bytes of `training` that the tape keeps: all that has been recorded, or the inputs of blocks that run again.
    package let kept: Int

    /// Bytes of the largest matrix of patches that a 3×3 convolution of one sample reads or is read back as; only OpenBLAS
    /// has it laid out.
    package let patches: Int

    /// Counts for `samples` pictures or latents of edge `size` and `tokens` of text; with `adapters`, these are trained
    /// and nothing else.
    package init(
        _ config: UNetConfig, size: Int, samples: Int, tokens: Int, recomputes: Bool, adapters: AdapterRecipe? = nil
    ) {
        let row = Operation.row(of: config, size: size, tokens: tokens, TrainedLayers(adapters: adapters))
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
            guard operation.isReached else { return 0 }
            let isHeld = index > 0 && row[index - 1].isBlock && row[index - 1].isReached && !recomputes
            let input = operation.keepsInput && !isHeld ? operation.input : 0
            guard operation.isBlock else { return input + operation.inside }
            return input + (recomputes ? 0 : operation.inside + operation.output)
        }
        var (most, kept, tape) = (0, 0, 0)
        for (index, operation) in row.enumerated() {
            let inside = operation.isReached && !recomputes ? operation.inside : 0
            most = max(most, tape + operation.input + operation.forward + inside)
            tape += keeps(index)
        }
        kept = tape
        // Gradients of the skips wait from the operation that took the skip until the one that made it.
        var waiting = 0
        for (index, operation) in row.enumerated().reversed() where operation.isReached {
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

/// Which layers are trained: all, or those with an adapter.
private struct TrainedLayers {
    let adapters: AdapterRecipe?

    /// Whether the gradient of the layer `module` needs its input.
    func needsInput(_ module: String) -> Bool { adapters?.adapts(module) ?? true }

    /// Numbers that the adapter of the layer keeps between A and B for each position; 0 without an adapter.
    func rank(_ module: String) -> Int { adapters.map { $0.adapts(module) ? $0.rank : 0 } ?? 0 }

    /// Whether one of the layers has an adapter, whose result stands beside the layer's own before they are added.
    func areAdapted(_ modules: [String]) -> Bool { modules.contains { rank($0) > 0 } }
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
    /// What its gradient needs beside input and, of a block, result.
    var inside = 0
    /// Whether a layer in it is trained.
    var isTrained = true
    /// Whether the backward pass comes to it.
    var isReached = true
    /// The larger side of a 3×3 convolution.
    var convolved = 0
    /// Positive when its result is a skip, negative when it takes one.
    var skip = 0
}

extension Operation {
    static func row(of config: UNetConfig, size: Int, tokens: Int, _ trained: TrainedLayers) -> [Operation] {
        let channels = config.blockOutChannels
        let levels = channels.count
        var planes = [Plane(size)]
        for _ in 1..<levels { planes.append(planes[planes.count - 1].halved(padding: config.downsamplePadding)) }
        func resnet(_ name: String, _ input: Int, _ output: Int, _ level: Int) -> Operation {
            .resnet(name, input, output, planes[level], trained)
        }
        func transformer(_ name: String, _ level: Int) -> Operation {
            .transformer(
                name, channels[level], planes[level], layers: config.transformerLayersPerBlock[level], tokens: tokens,
                trained)
        }
        func convolution(_ name: String, _ input: Int, _ output: Int, from: Int, to: Int) -> Operation {
            .convolution(name, input, output, from: planes[from], to: planes[to], trained)
        }
        var row = [convolution("conv_in", config.inChannels, channels[0], from: 0, to: 0)]
        row[0].skip = row[0].output
        // The caption's and the sample's gradients are not asked for.
        row[0].backward = config.inChannels * planes[0].padded
        for level in 0..<levels {
            let (name, input) = ("down_blocks.\(level)", channels[max(0, level - 1)])
            for layer in 0..<config.layersPerBlock[level] {
                let hidden = layer == 0 ? input : channels[level]
                row.append(resnet("\(name).resnets.\(layer)", hidden, channels[level], level))
                if config.downBlockTypes[level] == .crossAttention {
                    row.append(transformer("\(name).attentions.\(layer)", level))
                }
                row[row.count - 1].skip = row[row.count - 1].output
            }
            guard level < levels - 1 else { continue }
            row.append(
                convolution(
                    "\(name).downsamplers.0.conv", channels[level], channels[level], from: level, to: level + 1))
            row[row.count - 1].skip = row[row.count - 1].output
        }
        let deepest = levels - 1
        row += [
            resnet("mid_block.resnets.0", channels[deepest], channels[deepest], deepest),
            transformer("mid_block.attentions.0", deepest),
            resnet("mid_block.resnets.1", channels[deepest], channels[deepest], deepest),
        ]
        for index in 0..<levels {
            let (name, level) = ("up_blocks.\(index)", levels - 1 - index)
            let layers = config.layersPerBlock[level] + 1
            for layer in 0..<layers {
                let hidden = layer == 0 ? channels[min(levels - 1, level + 1)] : channels[level]
                let skip = layer == layers - 1 ? channels[max(0, level - 1)] : channels[level]
                row.append(.concatenation(hidden, skip, planes[level]))
                row.append(resnet("\(name).resnets.\(layer)", hidden + skip, channels[level], level))
                if config.upBlockTypes[index] == .crossAttention {
                    row.append(transformer("\(name).attentions.\(layer)", level))
                }
            }
            guard level > 0 else { continue }
            row.append(.upsampling(channels[level], from: planes[level], to: planes[level - 1]))
            row.append(
                convolution(
                    "\(name).upsamplers.0.conv", channels[level], channels[level], from: level - 1, to: level - 1))
        }
        let last = channels[0] * planes[0].area
        row += [.elementwise(last), .elementwise(last)]
        row.append(convolution("conv_out", channels[0], config.outChannels, from: 0, to: 0))
        // An adapter of the time embedding reaches every resnet.
        guard trained.adapters != nil, !trained.areAdapted(["time_embedding.linear_1", "time_embedding.linear_2"])
        else { return row }
        for index in row.indices.prefix(while: { !row[$0].isTrained }) { row[index].isReached = false }
        return row
    }

    /// A 3×3 convolution: the padded input, then the padded gradient beside the input's.
    private static func convolution(
        _ name: String, _ input: Int, _ output: Int, from: Plane, to: Plane, _ trained: TrainedLayers
    ) -> Operation {
        let rank = trained.rank(name)
        let update = rank > 0 ? 2 * output * to.area : 0
        return Operation(
            input: input * from.area, output: output * to.area,
            forward: input * from.padded + output * to.area + update,
            backward: max(input * from.padded, output * from.padded + input * from.area)
                + (rank > 0 ? 2 * input * from.area : 0),
            keepsInput: trained.needsInput(name), inside: rank * to.area,
            isTrained: trained.needsInput(name), convolved: max(input * to.area, output * from.area))
    }

    /// GroupNorm, SiLU.
    private static func elementwise(_ count: Int) -> Operation {
        Operation(input: count, output: count, forward: count, backward: count, isTrained: false)
    }

    private static func concatenation(_ hidden: Int, _ skip: Int, _ plane: Plane) -> Operation {
        let all = (hidden + skip) * plane.area
        return Operation(
            input: hidden * plane.area, output: all, forward: all, backward: all, keepsInput: false, isTrained: false,
            skip: -skip * plane.area)
    }

    private static func upsampling(_ channels: Int, from: Plane, to: Plane) -> Operation {
        Operation(
            input: channels * from.area, output: channels * to.area, forward: channels * to.area,
            backward: channels * from.area, keepsInput: false, isTrained: false)
    }

    /// Kept: the normalised inputs of both convolutions, and the sum with the time embedding between them. The second
    /// convolution is the fullest place of the way forward and mostly of the way back.
    private static func resnet(
        _ name: String, _ input: Int, _ output: Int, _ plane: Plane, _ trained: TrainedLayers
    ) -> Operation {
        let (first, second) = ("\(name).conv1", "\(name).conv2")
        let layers = [first, second, "\(name).conv_shortcut", "\(name).time_emb_proj"]
        let (i, o) = (input * plane.area, output * plane.area)
        let (paddedInput, paddedOutput) = (input * plane.padded, output * plane.padded)
        let before = trained.needsInput(first) ? i : 0
        let inner = layers.dropLast().reduce(0) { $0 + trained.rank($1) } * plane.area
        let inside = before + o + (trained.needsInput(second) ? o : 0) + inner
        let shortcut = input == output ? 0 : i
        let update = trained.areAdapted(layers) ? 2 * max(i, o) : 0
        let conv2 = inside + shortcut + paddedOutput + o
        let conv1 = before + shortcut + o + max(paddedInput, paddedOutput + i)
        let again = inside + max(paddedOutput + o, 3 * o)
        return Operation(
            input: i, output: o, forward: max(i + paddedInput + o, 3 * o + paddedOutput) + update,
            backward: max(conv2, conv1, again) - inside + update, isBlock: true, inside: inside,
            isTrained: layers.contains(where: trained.needsInput), convolved: max(i, o))
    }

    /// Kept, in units of one hidden state: norm and projection at both ends (2), and a layer's own normalised input,
    /// queries, keys, values, attended values, sum, and the same for the text (its keys and values apart), third norm,
    /// 8 of the wide projection and 4 of its gated half, and the sum that leaves it (24). Forwards the wide projection
    /// with its half and two hidden states are most; on the way back its gradient, 8 more than what is kept. Where the
    /// wide projection has an adapter, there are three of it before they are one.
    private static func transformer(
        _ name: String, _ channels: Int, _ plane: Plane, layers: Int, tokens: Int, _ trained: TrainedLayers
    ) -> Operation {
        let state = channels * plane.area
        var (kept, inner) = (1, 0)
        var areTrained = false
        var update = 0
        /// The input of `modules` counts as `states` where one of them needs it.
        func input(_ states: Int, of modules: [String], positions: Int = plane.area) {
            if modules.contains(where: trained.needsInput) { (kept, areTrained) = (kept + states, true) }
            inner += modules.reduce(0) { $0 + trained.rank($1) } * positions
        }
        input(1, of: ["\(name).proj_in"])
        input(0, of: ["\(name).proj_out"])
        for layer in 0..<layers {
            let block = "\(name).transformer_blocks.\(layer)"
            kept += 17
            input(1, of: ["\(block).attn1.to_q", "\(block).attn1.to_k", "\(block).attn1.to_v"])
            input(0, of: ["\(block).attn1.to_out.0", "\(block).attn2.to_out.0"])
            input(1, of: ["\(block).attn2.to_q"])
            input(0, of: ["\(block).attn2.to_k", "\(block).attn2.to_v"], positions: tokens)
            input(1, of: ["\(block).ff.net.0.proj"])
            input(4, of: ["\(block).ff.net.2"])
            if trained.areAdapted(["\(block).ff.net.0.proj"]) { update = 12 * state }
        }
        return Operation(
            input: state, output: state, forward: 14 * state + update, backward: 8 * state + update, isBlock: true,
            inside: kept * state + inner + 2 * layers * tokens * channels, isTrained: areTrained)
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
