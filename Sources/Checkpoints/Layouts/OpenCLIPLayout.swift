/// The towers of CLIP as open_clip names them: q, k and v are one matrix, projections are stored transposed. Source:
/// `convert_open_clip_checkpoint` of diffusers and `convert_clip_original_pytorch_to_hf.py` of transformers.
struct OpenCLIPLayout: Sendable {
    private let text: [Int]
    private let vision: [Int]
    /// What the text tower's names begin with: `text.` in open_clip's `CustomTextCLIP`.
    private let textPrefix: String

    /// What open_clip's names say.
    init(openCLIP names: some Sequence<String>) {
        let names = NumberedNames(names)
        let isCustom = names.contains("text.transformer") || names.contains("text.token_embedding")
        textPrefix = isCustom ? "text." : ""
        text = names.after(textPrefix + "transformer.resblocks").numbers
        vision = names.after("visual.transformer.resblocks").numbers
    }

    /// What transformers' names say.
    init(transformers names: some Sequence<String>) {
        let names = NumberedNames(names)
        textPrefix = ""
        text = names.after("text_model.encoder.layers").numbers
        vision = names.after("vision_model.encoder.layers").numbers
    }

    /// The number of the text tower's last layer; nil where there is none.
    var lastTextLayer: Int? { text.last }

    /// open_clip's names beside transformers'.
    var table: LayoutTable {
        let (t, v) = (textPrefix, "visual.")
        var rows = [
            LayoutRow("\(t)token_embedding", "text_model.embeddings.token_embedding"),
            LayoutRow("\(t)positional_embedding", "text_model.embeddings.position_embedding.weight", .same),
            LayoutRow("\(t)ln_final", "text_model.final_layer_norm"),
            LayoutRow("\(t)text_projection", "text_projection.weight", .transposed),
            // As a layer of its own, in later versions.
            LayoutRow("\(t)text_projection.weight", "text_projection.weight", .same),
            LayoutRow("\(v)conv1", "vision_model.embeddings.patch_embedding"),
            LayoutRow("\(v)class_embedding", "vision_model.embeddings.class_embedding", .same),
            LayoutRow("\(v)positional_embedding", "vision_model.embeddings.position_embedding.weight", .same),
            LayoutRow("\(v)ln_pre", "vision_model.pre_layrnorm"),
            LayoutRow("\(v)ln_post", "vision_model.post_layernorm"),
            LayoutRow("\(v)proj", "visual_projection.weight", .transposed),
            LayoutRow("logit_scale", "logit_scale", .same),
        ]
        for layer in text {
            rows += Self.layer("\(t)transformer.resblocks.\(layer)", "text_model.encoder.layers.\(layer)")
        }
        for layer in vision {
            rows += Self.layer("\(v)transformer.resblocks.\(layer)", "vision_model.encoder.layers.\(layer)")
        }
        return LayoutTable(rows)
    }

    private static func layer(_ own: String, _ common: String) -> [LayoutRow] {
        var rows = [
            ("ln_1", "layer_norm1"), ("ln_2", "layer_norm2"), ("mlp.c_fc", "mlp.fc1"), ("mlp.c_proj", "mlp.fc2"),
            ("attn.out_proj", "self_attn.out_proj"),
        ].map { LayoutRow("\(own).\($0)", "\(common).\($1)") }
        for kind in ["weight", "bias"] {
            for (part, name) in ["q", "k", "v"].enumerated() {
                rows.append(
                    LayoutRow(
                        "\(own).attn.in_proj_\(kind)", "\(common).self_attn.\(name)_proj.\(kind)",
                        .rows(part: part, of: 3)))
            }
        }
        return rows
    }
}
