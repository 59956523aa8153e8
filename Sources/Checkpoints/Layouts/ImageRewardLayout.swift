import Core

/// The parts of an ImageReward checkpoint under the names that its networks have here: BLIP's image tower as CLIP's of
/// transformers, q, k and v apart; BLIP's text tower and the head under their own names. Source: `ImageReward.py` and
/// `models/BLIP/vit.py` of THUDM/ImageReward.
package struct ImageRewardLayout: Sendable {
    /// The image tower.
    package let vision: Checkpoint
    /// The text tower, which looks at the picture's tokens.
    package let text: Checkpoint
    /// The linear layers behind it.
    package let head: Checkpoint

    private static let prefixes = (vision: "blip.visual_encoder.", text: "blip.text_encoder.", head: "mlp.")

    /// What the scores do not come from: projections of BLIP's retrieval, and numbers of places.
    private static func isUnused(_ name: String) -> Bool {
        name.hasPrefix("blip.vision_proj.") || name.hasPrefix("blip.text_proj.") || name.hasSuffix(".position_ids")
    }

    /// Sorts out a checkpoint; nothing is read.
    /// - Throws: `CheckpointError`: `missingTensor` where a part has none, `layout` for a tensor that is not known.
    package init(_ checkpoint: Checkpoint) throws {
        let prefixes = ImageRewardLayout.prefixes
        var parts: (vision: [CheckpointTensor], text: [CheckpointTensor], head: [CheckpointTensor]) = ([], [], [])
        for tensor in checkpoint.tensors where !ImageRewardLayout.isUnused(tensor.name) {
            func rest(_ prefix: String) -> String? {
                tensor.name.hasPrefix(prefix) ? String(tensor.name.dropFirst(prefix.count)) : nil
            }
            if let name = rest(prefixes.vision) {
                parts.vision.append(tensor.named(name))
            } else if let name = rest(prefixes.text) {
                parts.text.append(tensor.named(name))
            } else if let name = rest(prefixes.head) {
                parts.head.append(tensor.named(name))
            } else {
                throw CheckpointError(
                    .layout, file: checkpoint.path, tensor: tensor.name, "no tensor of an ImageReward that is known",
                    expected: "\(prefixes.vision)…, \(prefixes.text)… and \(prefixes.head)…")
            }
        }
        for (prefix, tensors) in [
            (prefixes.vision, parts.vision), (prefixes.text, parts.text), (prefixes.head, parts.head),
        ] where tensors.isEmpty {
            throw CheckpointError(
                .missingTensor, file: checkpoint.path, "no ImageReward: it has no tensor \(prefix)…",
                expected: "\(prefixes.vision)…, \(prefixes.text)… and \(prefixes.head)…",
                found: checkpoint.names.first)
        }
        func part(_ tensors: [CheckpointTensor]) throws -> Checkpoint {
            try Checkpoint(path: checkpoint.path, container: checkpoint.container, tensors: tensors)
        }
        vision = try part(ImageRewardLayout.renamed(parts.vision, file: checkpoint.path))
        (text, head) = (try part(parts.text), try part(parts.head))
    }

    private static func renamed(_ tensors: [CheckpointTensor], file: String) throws -> [CheckpointTensor] {
        var rows = [
            LayoutRow("cls_token", "vision_model.embeddings.class_embedding", .same),
            LayoutRow("pos_embed", "vision_model.embeddings.position_embedding.weight", .same),
            LayoutRow("patch_embed.proj", "vision_model.embeddings.patch_embedding"),
            LayoutRow("norm", "vision_model.post_layernorm"),
        ]
        for layer in NumberedNames(tensors.map(\.name)).after("blocks").numbers {
            let (own, common) = ("blocks.\(layer)", "vision_model.encoder.layers.\(layer)")
            rows += [
                ("norm1", "layer_norm1"), ("norm2", "layer_norm2"), ("mlp.fc1", "mlp.fc1"), ("mlp.fc2", "mlp.fc2"),
                ("attn.proj", "self_attn.out_proj"),
            ].map { LayoutRow("\(own).\($0)", "\(common).\($1)") }
            for kind in ["weight", "bias"] {
                rows += ["q", "k", "v"].enumerated().map { part, name in
                    LayoutRow(
                        "\(own).attn.qkv.\(kind)", "\(common).self_attn.\(name)_proj.\(kind)", .rows(part: part, of: 3))
                }
            }
        }
        let table = LayoutTable(rows)
        return try tensors.flatMap { tensor in
            let found = table.common(tensor.name)
            guard !found.isEmpty else {
                throw CheckpointError(
                    .layout, file: file, tensor: prefixes.vision + tensor.name,
                    "no tensor of BLIP's image tower that is known")
            }
            return try found.map { try $0.transform.common(tensor, named: $0.name, file: file) }
        }
    }
}
