import Core

/// The two sides of a comparison of what adapters come to (`smpo diff --lora`).
package enum AdapterComparison {
    /// Both sides as weights: of an adapter what it adds up to, or what it makes of `base`; beside a base one side may be
    /// a merged model, which stays as it is.
    ///
    /// Of several adapters in one file `adapter` names the one that is meant. Where both sides have several of the same
    /// names, each is compared with its namesake, and the tensors' names begin with the adapter's and a slash.
    /// - Throws: `CheckpointError` (`adapter`, `dtype`) where a side is no adapter, where it is open which one is meant, and
    ///   where something in it is not understood.
    package static func sides(
        _ left: Checkpoint, _ right: Checkpoint, on base: Checkpoint? = nil, adapter: String? = nil
    ) throws -> (left: Checkpoint, right: Checkpoint) {
        let (a, b) = (try LowRankAdapter.adapters(in: left), try LowRankAdapter.adapters(in: right))
        for (side, adapters) in [(left, a), (right, b)]
        where adapters.isEmpty && (base == nil || a.isEmpty && b.isEmpty) {
            throw CheckpointError(
                .adapter, file: side.path, "no adapter: none of its tensors is named as LoRA's are",
                expected: "lora_A and lora_B, lora_down and lora_up, or lora.down and lora.up",
                hint: a.isEmpty && b.isEmpty
                    ? "without --lora they are compared as they are"
                    : "--base names the checkpoint that the adapter of the other side is added to")
        }
        if let base, try !LowRankAdapter.adapters(in: base).isEmpty {
            throw CheckpointError(.adapter, file: base.path, "an adapter, not a base", expected: "a model's weights")
        }
        let (names, others) = (a.map { $0.name ?? "" }, b.map { $0.name ?? "" })
        if adapter == nil, names.count > 1, names == others {
            return (try all(a, left, base), try all(b, right, base))
        }
        return (try one(a, left, base, adapter), try one(b, right, base, adapter))
    }

    /// The one adapter that is meant.
    private static func one(
        _ adapters: [LowRankAdapter], _ side: Checkpoint, _ base: Checkpoint?, _ name: String?
    ) throws -> Checkpoint {
        if adapters.isEmpty { return side }
        let shown = adapters.map { $0.name.map { "\"\(ForeignText.shown($0))\"" } ?? "one without a name" }
            .joined(separator: ", ")
        var chosen = adapters
        // A file of one adapter without a name is that, whatever it is called elsewhere.
        if let name, adapters.count > 1 || adapters[0].name != nil {
            chosen = adapters.filter { $0.name.map { utf8Equal($0, name) } ?? false }
            guard !chosen.isEmpty else {
                throw CheckpointError(
                    .adapter, file: side.path, "no adapter of this name", expected: "\"\(ForeignText.shown(name))\"",
                    found: shown)
            }
        }
        guard chosen.count == 1 else {
            throw CheckpointError(
                .adapter, file: side.path, "several adapters", found: shown, hint: "--adapter NAME chooses one")
        }
        return try weights(chosen[0], side, base)
    }

    private static func all(_ adapters: [LowRankAdapter], _ side: Checkpoint, _ base: Checkpoint?) throws -> Checkpoint
    {
        let made = try adapters.map { ($0.name ?? "", try weights($0, side, base)) }
        return try Checkpoint(
            path: side.path, container: made.map(\.1.container).joined(separator: "; "),
            tensors: made.flatMap { name, weights in weights.tensors.map { $0.named("\(name)/\($0.name)") } },
            metadata: base?.metadata ?? [], files: side.files + (base?.files ?? []))
    }

    private static func weights(
        _ adapter: LowRankAdapter, _ side: Checkpoint, _ base: Checkpoint?
    ) throws -> Checkpoint {
        let effective = EffectiveWeights(adapter: adapter, path: side.path)
        let made = try base.map(effective.merged) ?? effective.alone()
        return try Checkpoint(
            path: made.path, container: made.container, tensors: made.tensors, metadata: made.metadata,
            files: side.files + (base?.files ?? []))
    }
}
