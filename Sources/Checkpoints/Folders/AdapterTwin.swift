import Core

/// The second form in which a run leaves its adapters, as diffusers reads them: the same A, and B times α / rank, under
/// other names. Whether it says the same as PEFT's file is worked out, not believed.
struct AdapterTwin {
    /// The file of the second form.
    static let fileName = "pytorch_lora_weights.safetensors"

    private let scale: Double

    /// For a folder whose texts are given; `nil` where PEFT's configuration has no single scale.
    init?(config: [(key: String, value: String)], prefix: String) {
        func value(_ name: String) -> String? {
            config.first { $0.key == "\(prefix)\(Checkpoint.adapterConfig): \(name)" }?.value
        }
        let isPlain =
            ["use_rslora", "use_dora"].allSatisfy { value($0) ?? "false" == "false" }
            && ["alpha_pattern", "rank_pattern"].allSatisfy { ["{}", "null"].contains(value($0) ?? "null") }
        guard isPlain, let alpha = value("lora_alpha").flatMap(Double.init), let rank = value("r").flatMap(Double.init),
            rank > 0
        else { return nil }
        scale = alpha / rank
    }

    /// Whether every tensor of `twin` is one of `adapter`, and the other way round. - Throws: what reading throws.
    func holds(_ adapter: Checkpoint, _ twin: Checkpoint) throws -> Bool {
        guard adapter.tensors.count == twin.tensors.count, adapter.metadata.count == twin.metadata.count,
            zip(adapter.metadata, twin.metadata).allSatisfy({
                utf8Equal($0.key, $1.key) && utf8Equal($0.value, $1.value)
            })
        else { return false }
        let peft = "base_model.model."
        for tensor in adapter.tensors {
            guard tensor.name.hasPrefix(peft), let other = twin["unet." + tensor.name.dropFirst(peft.count)],
                tensor.type.name == "F32", other.type.name == "F32", tensor.shape == other.shape
            else { return false }
            let factor = tensor.name.contains(".lora_B.") ? scale : 1
            let (own, found) = (try Self.numbers(tensor), try Self.numbers(other))
            for (a, b) in zip(own, found) where Float(Double(a) * factor).bitPattern != b.bitPattern { return false }
        }
        return true
    }

    private static func numbers(_ tensor: CheckpointTensor) throws -> [Float] {
        try [Float](unsafeUninitializedCapacity: tensor.count) { buffer, count in
            if let base = buffer.baseAddress { try tensor.bytes().read(0..<tensor.byteCount, into: base) }
            count = tensor.count
        }
    }
}
