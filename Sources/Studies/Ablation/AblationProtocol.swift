import Core
import Pages
import Preferences

extension AblationReport {
    /// How reward models came to their figures, from the JSON form of an evaluation: what stands there under its digest.
    /// - Parameter bases: an evaluation of each base by its name; where they draw in several ways, all are said.
    /// - Throws: `JSONShapeError`.
    static func protocolRows(of bases: [(name: String, evaluation: JSONCursor)]) throws -> [Fact] {
        guard let evaluation = bases.first?.evaluation else { return [] }
        let prompts = try evaluation["prompts"]
        var rows = [
            Fact(
                "prompts",
                "\(try prompts["count"].int()) of \(try prompts["of"].int()), \(try prompts["form"].string())"),
            Fact("digest of all prompts", try prompts["digest"].string()),
        ]
        let drawings = try bases.compactMap { base in
            try base.evaluation["models"].elements().last.map { (base.name, try drawing($0["drawing"])) }
        }
        if Set(drawings.map(\.1)).count > 1 {
            rows += drawings.map { Fact("drawing from \($0)", $1) }
        } else if let (_, words) = drawings.first {
            rows.append(Fact("drawing", words))
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
            "guidance \(Float(try drawing["guidance"].double()))",
            "\(try drawing["width"].int()) x \(try drawing["height"].int())", "the seed of the run",
        ]
        if let sigmas = try sampler["sigmas"].present?.string(), sigmas != "timesteps" {
            words.insert("\(sigmas) sigmas", at: 2)
        }
        if let eta = try drawing["eta"].present { words.append("eta \(SettingsValue.decimal(try eta.double()))") }
        if let skip = try drawing["clip_skip"].present { words.append("clip skip \(try skip.int())") }
        if let second = try drawing["prompt_2"].present {
            words.append("second prompt \"\(try second.string())\"")
        }
        words.append(
            try drawing["negative_prompt"].present.map { "negative \"\(try $0.string())\"" } ?? "no negative prompt")
        return words.joined(separator: ", ")
    }
}
