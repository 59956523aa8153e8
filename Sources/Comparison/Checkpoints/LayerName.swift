/// The part of a network that a tensor belongs to, by its name in diffusers' and transformers' checkpoints.
package enum LayerName {
    /// The module that holds the tensor: the name without its last part.
    package static func module(_ name: String) -> String {
        guard let dot = name.utf8.lastIndex(of: UInt8(ascii: ".")) else { return name }
        return String(name[..<dot])
    }

    /// Block and kind: `unet/down_blocks.1 attention`, `text_encoder/layers.3 feed-forward`, `vae/decoder.up_blocks.0
    /// resnet`. What no rule knows is named by its first two parts.
    package static func layer(_ name: String) -> String {
        let parts = name.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        let component = parts.count == 2 ? parts[0] + "/" : ""
        let path = (parts.last ?? "").split(separator: ".").map(String.init)
        return component + block(path) + (kind(path).map { " " + $0 } ?? "")
    }

    private static func block(_ path: [String]) -> String {
        for (index, part) in path.enumerated() {
            let side = path.first { $0 == "encoder" || $0 == "decoder" }
            let prefix = side.map { path.firstIndex(of: $0)! < index ? $0 + "." : "" } ?? ""
            switch part {
            case "down_blocks", "up_blocks", "input_blocks", "output_blocks", "layers", "blocks", "blk", "resblocks",
                "single_transformer_blocks":
                guard index + 1 < path.count, Int(path[index + 1]) != nil else { continue }
                return prefix + part + "." + path[index + 1]
            case "mid_block", "middle_block": return prefix + part
            default: continue
            }
        }
        return path.dropLast().prefix(2).joined(separator: ".").isEmpty
            ? path.joined(separator: ".") : path.dropLast().prefix(2).joined(separator: ".")
    }

    private static func kind(_ path: [String]) -> String? {
        // The innermost part that says something; norms inside attention blocks are norms.
        for part in path.dropLast().reversed() {
            if part.contains("norm") || part.hasPrefix("ln_") { return "norm" }
            switch part {
            case "to_q", "to_k", "to_v", "to_out", "attn", "attn1", "attn2", "self_attn", "attentions", "attention",
                "q_proj", "k_proj", "v_proj", "out_proj":
                return "attention"
            case "ff", "mlp", "fc1", "fc2": return "feed-forward"
            case "resnets": return "resnet"
            case "downsamplers", "upsamplers": return "sampler"
            case "embeddings", "time_embedding", "add_embedding": return "embedding"
            default: continue
            }
        }
        return nil
    }
}
