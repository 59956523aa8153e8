/// Finds the weight that an adapter's module belongs to: adapters spell names with dots, with underscores, with the
/// component in front or without.
struct ModuleNames {
    private let weights: [String: String]

    /// From the names of a base's tensors.
    init(_ names: [String]) {
        weights = Dictionary(
            names.filter { $0.hasSuffix(".weight") }.map { (Self.flat(String($0.dropLast(7))), $0) },
            uniquingKeysWith: { first, _ in first })
    }

    /// The name of the module's weight; `nil` where the base has none.
    func weight(of module: String) -> String? {
        var flat = Self.flat(module)
        // kohya's prefixes: lora_unet_, lora_te_, lora_te1_, lora_te2_.
        for (prefix, component) in [
            ("lora_unet_", "unet_"), ("lora_te2_", "text_encoder_2_"), ("lora_te1_", "text_encoder_"),
            ("lora_te_", "text_encoder_"),
        ] where flat.hasPrefix(prefix) { flat = component + flat.dropFirst(prefix.count) }
        if let name = weights[flat] { return name }
        for component in ["unet_", "text_encoder_2_", "text_encoder_", "transformer_"] where flat.hasPrefix(component) {
            if let name = weights[String(flat.dropFirst(component.count))] { return name }
        }
        return weights["unet_" + flat]
    }

    private static func flat(_ name: String) -> String {
        String(name.map { $0 == "." || $0 == "/" ? "_" : $0 })
    }
}
