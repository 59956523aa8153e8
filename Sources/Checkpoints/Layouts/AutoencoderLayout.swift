/// The blocks of an autoencoder, and how LDM's code names them: the decoder's blocks count backwards, attention is of
/// convolutions. Source: `model.py` of latent-diffusion, held against diffusers' reader of single files.
struct AutoencoderLayout: Sendable {
    /// The numbers of the blocks of the encoder and of the decoder, and in each those of its ResNets and attentions.
    private struct Half {
        var blocks: [(number: Int, layers: [Int])] = []
        /// How many there are; nil where it cannot be counted.
        var count: Int?
    }
    private let encoder: Half
    private let decoder: Half

    /// What LDM's names say, without `first_stage_model.`.
    init(ldm names: some Sequence<String>) {
        let names = NumberedNames(names)
        encoder = Self.half(names.after("encoder.down"), "block", "attn")
        decoder = Self.half(names.after("decoder.up"), "block", "attn")
    }

    /// What diffusers' names say.
    init(diffusers names: some Sequence<String>) {
        let names = NumberedNames(names)
        encoder = Self.half(names.after("encoder.down_blocks"), "resnets", "attentions")
        let half = Self.half(names.after("decoder.up_blocks"), "resnets", "attentions")
        // LDM's numbers.
        decoder = Half(
            blocks: half.count.map { count in half.blocks.map { (count - 1 - $0.number, $0.layers) } } ?? [],
            count: half.count)
    }

    private static func half(_ names: NumberedNames, _ resnets: String, _ attentions: String) -> Half {
        Half(
            blocks: names.numbers.map { number in
                let own = names.after("\(number)")
                return (number, Set(own.after(resnets).numbers + own.after(attentions).numbers).sorted())
            }, count: names.count)
    }

    /// LDM's names beside diffusers'.
    var table: LayoutTable {
        var rows: [LayoutRow] = []
        for half in ["encoder", "decoder"] {
            rows += [
                LayoutRow("\(half).conv_in", "\(half).conv_in"), LayoutRow("\(half).conv_out", "\(half).conv_out"),
                LayoutRow("\(half).norm_out", "\(half).conv_norm_out"),
            ]
            for (own, common) in [("block_1", "resnets.0"), ("block_2", "resnets.1")] {
                rows += Self.resnet("\(half).mid.\(own)", "\(half).mid_block.\(common)")
            }
            rows += Self.attention("\(half).mid.attn_1", "\(half).mid_block.attentions.0")
        }
        rows += ["quant_conv", "post_quant_conv"].map { LayoutRow($0, $0) }
        for (number, layers) in encoder.blocks {
            let (own, common) = ("encoder.down.\(number)", "encoder.down_blocks.\(number)")
            rows += Self.layers(layers, own, common)
            rows.append(LayoutRow("\(own).downsample.conv", "\(common).downsamplers.0.conv"))
        }
        if let count = decoder.count {
            for (number, layers) in decoder.blocks {
                let (own, common) = ("decoder.up.\(number)", "decoder.up_blocks.\(count - 1 - number)")
                rows += Self.layers(layers, own, common)
                rows.append(LayoutRow("\(own).upsample.conv", "\(common).upsamplers.0.conv"))
            }
        }
        return LayoutTable(rows)
    }

    private static func layers(_ layers: [Int], _ own: String, _ common: String) -> [LayoutRow] {
        layers.flatMap { layer in
            resnet("\(own).block.\(layer)", "\(common).resnets.\(layer)")
                + attention("\(own).attn.\(layer)", "\(common).attentions.\(layer)")
        }
    }

    private static func resnet(_ own: String, _ common: String) -> [LayoutRow] {
        [LayoutRow("\(own).nin_shortcut", "\(common).conv_shortcut")]
            + ["norm1", "conv1", "norm2", "conv2"].map { LayoutRow("\(own).\($0)", "\(common).\($0)") }
    }

    private static func attention(_ own: String, _ common: String) -> [LayoutRow] {
        [LayoutRow("\(own).norm", "\(common).group_norm")]
            + [("q", "to_q"), ("k", "to_k"), ("v", "to_v"), ("proj_out", "to_out.0")].flatMap { short, long in
                [
                    LayoutRow("\(own).\(short).weight", "\(common).\(long).weight", .squeezed),
                    LayoutRow("\(own).\(short).bias", "\(common).\(long).bias", .same),
                ]
            }
    }
}
