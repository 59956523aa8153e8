import Core

/// Which layers of a network get a low-rank adapter (LoRA, Hu et al. 2021), and of what kind.
package struct AdapterRecipe: Sendable, Equatable {
    /// Rows of A and columns of B.
    package var rank: Int
    /// α: B·A is added times α / rank.
    package var alpha: Double
    /// The ends of the layers' names, whole parts between dots, as PEFT's `target_modules`: `to_q`, `attn2.to_out.0`.
    package var targets: [String]
    /// Where the numbers of A come from.
    package var seed: UInt64

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

extension AdapterRecipe: KeyedSettings {
    private typealias Key = SettingsKey<AdapterRecipe>

    /// The projections of attention, as in diffusers' training scripts.
    private static let attention = ["to_k", "to_q", "to_v", "to_out.0"]

    /// The keys of `lora`.
    package static let schema = SettingsSchema<AdapterRecipe>(
        AdapterRecipe(rank: 1, alpha: 1, targets: attention, seed: 0),
        [
            // Wider than any layer.
            Key("rank", \.rank, .int(1...1 << 16), default: .required, "rows of A and columns of B"),
            Key(
                "alpha", \.alpha, .number(.above(0)), default: .from("the rank") { Double($0.rank) },
                "the adapter's part is multiplied by alpha / rank"),
            Key(
                "targets", \.targets, .layers,
                "the layers that get adapters: linear layers and convolutions"),
            Key(
                "init_seed", \.seed, .seed, default: .from("the run's seed") { $0.seed },
                "the seed of A's random numbers"),
        ])
}

extension SettingsType<[String]> {
    /// Whole parts of names, so that every target names layers and no container: `0` would be both.
    fileprivate static let layers = SettingsType("list of ends of layers' names, at least one, each once") {
        field, standard in
        guard let elements = try field.list(of: "names of layers") else { return standard ?? [] }
        var targets: [String] = []
        for element in elements {
            let expected = "the end of a layer's name, as to_q or attn2.to_out.0"
            let target = try element.text(expected)
            guard target.wholeMatch(of: /[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z0-9_]+)*/) != nil else {
                throw element.outOfRange(expected)
            }
            guard !targets.contains(target) else { throw element.outOfRange("a name that does not stand before") }
            targets.append(target)
        }
        return targets
    } write: {
        .list($0.map { .text($0) })
    }
}
