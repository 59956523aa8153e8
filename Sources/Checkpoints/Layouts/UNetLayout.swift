/// The blocks of a UNet, and how LDM's code numbers them: input blocks count layers and downsamplers through, a block of the
/// up path ends where its upsampler is. Source: `openaimodel.py` of latent-diffusion and generative-models, held against
/// diffusers' reader of single files.
struct UNetLayout: Sendable, Equatable {
    /// A block of the down or the up path.
    struct Block: Sendable, Equatable {
        /// ResNets.
        var layers = 0
        /// The place of the up- or downsampler among the modules of the last layer; nil of a block without one.
        var sampler: Int?
    }

    /// The down path; nil where names are missing, so that it cannot be counted.
    var down: [Block]?
    /// The up path.
    var up: [Block]?

    /// What LDM's names say, without `model.diffusion_model.`.
    init(ldm names: some Sequence<String>) {
        let names = NumberedNames(names)
        let (inputs, outputs) = (names.after("input_blocks"), names.after("output_blocks"))
        down = inputs.count.map { count in
            var blocks: [Block] = []
            var block = Block()
            // Block 0 is the convolution.
            for number in stride(from: 1, to: count, by: 1) {
                if inputs.contains("\(number).0.op") {
                    block.sampler = 0
                    blocks.append(block)
                    block = Block()
                } else {
                    block.layers += 1
                }
            }
            return block.layers > 0 ? blocks + [block] : blocks
        }
        up = outputs.count.map { count in
            var blocks: [Block] = []
            var block = Block()
            for number in 0..<count {
                block.layers += 1
                block.sampler = [1, 2].first { outputs.contains("\(number).\($0).conv") }
                guard block.sampler != nil else { continue }
                blocks.append(block)
                block = Block()
            }
            return block.layers > 0 ? blocks + [block] : blocks
        }
    }

    /// What diffusers' names say.
    init(diffusers names: some Sequence<String>) {
        let names = NumberedNames(names)
        func blocks(_ path: String, _ sampler: (NumberedNames, Int) -> Int?) -> [Block]? {
            let path = names.after(path)
            guard let count = path.count else { return nil }
            var blocks: [Block] = []
            for number in 0..<count {
                let own = path.after("\(number)")
                guard let layers = own.after("resnets").count else { return nil }
                blocks.append(Block(layers: layers, sampler: sampler(own, layers)))
            }
            return blocks
        }
        down = blocks("down_blocks") { block, _ in block.contains("downsamplers") ? 0 : nil }
        up = blocks("up_blocks") { block, layers in
            guard block.contains("upsamplers") else { return nil }
            return block.contains("attentions.\(layers - 1)") ? 2 : 1
        }
    }

    /// The same with the paths of another where this one has none.
    func completed(by other: UNetLayout?) -> UNetLayout {
        var result = self
        if down?.isEmpty ?? true, let other = other?.down { result.down = other }
        if up?.isEmpty ?? true, let other = other?.up { result.up = other }
        return result
    }

    /// LDM's names beside diffusers'.
    var table: LayoutTable {
        var rows = [
            LayoutRow("input_blocks.0.0", "conv_in"), LayoutRow("out.0", "conv_norm_out"),
            LayoutRow("out.2", "conv_out"), LayoutRow("time_embed.0", "time_embedding.linear_1"),
            LayoutRow("time_embed.2", "time_embedding.linear_2"),
            LayoutRow("label_emb.0.0", "add_embedding.linear_1"), LayoutRow("label_emb.0.2", "add_embedding.linear_2"),
            LayoutRow("middle_block.1", "mid_block.attentions.0"),
        ]
        rows += Self.resnet("middle_block.0", "mid_block.resnets.0")
        rows += Self.resnet("middle_block.2", "mid_block.resnets.1")
        var number = 1
        for (place, block) in (down ?? []).enumerated() {
            let common = "down_blocks.\(place)"
            for layer in 0..<block.layers {
                rows += Self.layer("input_blocks.\(number)", common, layer)
                number += 1
            }
            if block.sampler != nil {
                rows.append(LayoutRow("input_blocks.\(number).0.op", "\(common).downsamplers.0.conv"))
                number += 1
            }
        }
        number = 0
        for (place, block) in (up ?? []).enumerated() {
            let common = "up_blocks.\(place)"
            for layer in 0..<block.layers {
                rows += Self.layer("output_blocks.\(number)", common, layer)
                number += 1
            }
            if let sampler = block.sampler {
                rows.append(LayoutRow("output_blocks.\(number - 1).\(sampler).conv", "\(common).upsamplers.0.conv"))
            }
        }
        return LayoutTable(rows)
    }

    private static func layer(_ own: String, _ common: String, _ layer: Int) -> [LayoutRow] {
        resnet("\(own).0", "\(common).resnets.\(layer)") + [LayoutRow("\(own).1", "\(common).attentions.\(layer)")]
    }

    private static func resnet(_ own: String, _ common: String) -> [LayoutRow] {
        [
            ("in_layers.0", "norm1"), ("in_layers.2", "conv1"), ("emb_layers.1", "time_emb_proj"),
            ("out_layers.0", "norm2"), ("out_layers.3", "conv2"), ("skip_connection", "conv_shortcut"),
        ].map { LayoutRow("\(own).\($0)", "\(common).\($1)") }
    }
}
