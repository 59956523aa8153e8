import Core

/// Which layers of a network get a low-rank adapter (LoRA, Hu et al. 2021), and of what kind.
package struct AdapterRecipe: Sendable, Equatable {
    /// Rows of A and columns of B.
    package let rank: Int
    /// α: B·A is added times α / rank.
    package let alpha: Double
    /// The ends of the layers' names, whole parts between dots, as PEFT's `target_modules`: `to_q`, `attn2.to_out.0`.
    package let targets: [String]
    /// Where the numbers of A come from.
    package let seed: UInt64

    /// All parts; `rank` at least 1.
    package init(rank: Int, alpha: Double, targets: [String], seed: UInt64) {
        precondition(rank >= 1)
        self.rank = rank
        self.alpha = alpha
        self.targets = targets
        self.seed = seed
    }

    /// Adapters draw from a seed of their own, so that they share no number with fresh weights of the same seed.
    var ownSeed: UInt64 { seed ^ 0x6C6F_7261 }

    /// Whether `target` names the layer `module`.
    static func names(_ target: String, _ module: String) -> Bool {
        module == target || module.hasSuffix("." + target)
    }

    /// Whether the layer `module` gets an adapter.
    func adapts(_ module: String) -> Bool { targets.contains { AdapterRecipe.names($0, module) } }

    /// Refuses a target that none of the layers `modules` is named by.
    /// - Throws: `ConfigError`.
    func requireTargets(in modules: [String]) throws {
        for (index, target) in targets.enumerated()
        where !modules.contains(where: { AdapterRecipe.names(target, $0) }) {
            let near = NearestName.among(
                Set(modules.flatMap(AdapterRecipe.endings)).sorted(by: utf8Less), to: target, acceptingPrefixes: true)
            let short = Set(modules.map(AdapterRecipe.shortName)).sorted(by: utf8Less).joined(separator: ", ")
            throw ConfigError(
                file: "the UNet", key: "lora.targets[\(index)]", "names no layer",
                expected: "the end of the name of a linear layer or a convolution", found: "\"\(target)\"",
                hint: near.map { "did you mean \"\($0)\"?" } ?? "layers end in \(short)")
        }
    }

    /// The ends of a layer's name that a target may be, the longest first.
    private static func endings(of module: String) -> [String] {
        let parts = module.split(separator: ".")
        return parts.indices.map { parts[$0...].joined(separator: ".") }.filter { $0.first?.isLetter ?? false }
    }

    /// The shortest of them that begins with a word.
    private static func shortName(of module: String) -> String { endings(of: module).last ?? module }
}
