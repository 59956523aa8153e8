/// Names of averaged weights. `LitEma` of latent-diffusion leaves the dots of the weights' names away; where the weights
/// themselves are not in the file, the dots have to be found again.
enum AveragedName {
    /// What stands before them.
    static let prefix = "model_ema."

    private static let start = prefix + "diffusion_model"

    /// The parts of the UNet's names that are no numbers, longer ones first where one begins another. Source:
    /// `openaimodel.py` and `attention.py` of latent-diffusion.
    private static let words = [
        "input_blocks", "middle_block", "output_blocks", "time_embed", "label_emb", "in_layers", "emb_layers",
        "out_layers", "skip_connection", "transformer_blocks", "attn1", "attn2", "to_q", "to_k", "to_v", "to_out",
        "norm1", "norm2", "norm3", "norm", "proj_in", "proj_out", "proj", "ff", "net", "conv", "op", "out", "weight",
        "bias",
    ]

    /// The name under which a single file has the weight that this is the average of; nil for what is no name of a UNet's.
    static func weight(_ name: String) -> String? {
        guard name.hasPrefix(start) else { return nil }
        var rest = name.dropFirst(start.count)
        var parts = ["model", "diffusion_model"]
        while !rest.isEmpty {
            guard let word = words.first(where: { rest.hasPrefix($0) }) else { return nil }
            parts.append(word)
            rest = rest.dropFirst(word.count)
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            rest = rest.dropFirst(digits.count)
            switch word {
            case _ where digits.isEmpty: break
            case "transformer_blocks": parts.append(String(digits))
            case "input_blocks", "output_blocks":
                // A module of a block has one digit.
                guard digits.count > 1 else { return nil }
                parts += [String(digits.dropLast()), String(digits.suffix(1))]
            default: parts += digits.map { String($0) }
            }
        }
        return parts.joined(separator: ".")
    }
}
