import Core
import Pages
import Preferences

extension AblationReport {
    /// How reward models came to their figures, from the JSON form of an evaluation: what stands there under its digest.
    /// - Throws: `JSONShapeError`.
    static func protocolRows(of evaluation: JSONCursor) throws -> [Fact] {
        let prompts = try evaluation["prompts"]
        var rows = [
            Fact(
                "prompts",
                "\(try prompts["count"].int()) of \(try prompts["of"].int()), \(try prompts["form"].string())"),
            Fact("digest of all prompts", try prompts["digest"].string()),
        ]
        if let model = try evaluation["models"].elements().last {
            rows.append(Fact("drawing", try drawing(model["drawing"])))
        }
        let noise = try evaluation["noise"].string()
        rows.append(Fact("noise", NoiseRule(rawValue: noise)?.sentence ?? noise))
        for reward in try evaluation["rewards"].elements() {
            let kind = RewardKind.named(try reward["reward"].string())
            var words = [try reward["unit"].string()]
            if let kind, kind.displayFactor != 1 { words[0] += ", shown x \(Int(kind.displayFactor))" }
            if let reader = try reward["reader"].present { words.append("captions read as \(try reader.string())") }
            words += ["pictures as \(try reward["pictures"].string())", try reward["resize"].string()]
            let cut = try reward["captions_cut"].int()
            if cut > 0 { words.append("\(cut) prompts cut") }
            words.append("digest \(try reward["digest"].string())")
            rows.append(Fact(try kind?.title ?? reward["reward"].string(), words.joined(separator: "; ")))
        }
        return rows
    }

    private static func drawing(_ drawing: JSONCursor) throws -> String {
        let sampler = try drawing["sampler"]
        var words = [
            try sampler["sampler"].string(), "spacing \(try sampler["timestep_spacing"].string())",
            "\(try drawing["steps"].int()) steps",
            "guidance \(SettingsValue.decimal(try drawing["guidance"].double()))",
            "\(try drawing["width"].int()) x \(try drawing["height"].int())", "the seed of the run",
        ]
        if let sigmas = try sampler["sigmas"].present?.string(), sigmas != "timesteps" {
            words.insert("\(sigmas) sigmas", at: 2)
        }
        if let eta = try drawing["eta"].present { words.append("eta \(SettingsValue.decimal(try eta.double()))") }
        if let skip = try drawing["clip_skip"].present { words.append("clip skip \(try skip.int())") }
        words.append(
            try drawing["negative_prompt"].present.map { "negative \"\(try $0.string())\"" } ?? "no negative prompt")
        return words.joined(separator: ", ")
    }
}
