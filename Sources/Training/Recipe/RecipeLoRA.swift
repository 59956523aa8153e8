import Core

extension Recipe {
    /// Low-rank adapters in the UNet, which are then all that is trained.
    package struct LoRA: Sendable, Equatable {
        /// Rows of A and columns of B; at least 1.
        package var rank: Int
        /// α: the adapter's part is multiplied by α / rank; above 0; the rank where the recipe names none.
        package var alpha: Double
        /// The ends of the names of the layers that get adapters: linear layers and convolutions.
        package var targets: [String]
        /// The seed of A's random numbers; the run's where the recipe names none.
        package var initSeed: UInt64
    }
}

extension Recipe.LoRA {
    static let keys = ["rank", "alpha", "targets", "init_seed"]
    /// The projections of attention, as in diffusers' training scripts.
    private static let attention = ["to_k", "to_q", "to_v", "to_out.0"]
    /// Wider than any layer.
    private static let largestRank = 1 << 16

    init(_ section: SettingsSection, runSeed: UInt64) throws {
        rank = try section["rank"].int(1...Self.largestRank)
        alpha = try section["alpha"].double("a number above 0", default: Double(rank)) { $0 > 0 }
        initSeed = try section["init_seed"].uint64(default: runSeed)
        targets = try Self.targets(section["targets"])
    }

    /// Whole parts of names, so that every target names layers and no container: `0` would be both.
    private static func targets(_ field: SettingsField) throws -> [String] {
        guard let elements = try field.list(of: "names of layers") else { return attention }
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
    }

    var value: SettingsValue {
        .section([
            ("rank", .int(rank)), ("alpha", .number(alpha)), ("targets", .list(targets.map { .text($0) })),
            ("init_seed", .seed(initSeed)),
        ])
    }
}
