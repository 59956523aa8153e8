import Core

/// The configurations that belong to a checkpoint of adapters: PEFT's beside it, or diffusers' in its header, one for each
/// component of a pipeline.
struct AdapterConfigurations {
    /// By component: "" where there is one for all.
    private let byComponent: [String: AdapterConfiguration]
    private let path: String

    /// diffusers' text in the header of a safetensors file.
    static let headerKey = "lora_adapter_metadata"
    private static let besideKey = Checkpoint.adapterConfig + ": "

    /// - Throws: `CheckpointError` where a key is not understood, or where two configurations are there.
    init(_ checkpoint: Checkpoint) throws {
        path = checkpoint.path
        var beside: [(String, JSONValue)] = []
        var header: JSONObject?
        for (key, value) in checkpoint.metadata {
            if key.hasPrefix(Self.besideKey) {
                beside.append((String(key.dropFirst(Self.besideKey.count)), try Self.parse(value, key, path)))
            } else if utf8Equal(key, Self.headerKey) {
                guard case .object(let object) = try Self.parse(value, key, path) else {
                    throw CheckpointError(.adapter, file: path, "\(key) is no object", found: ForeignText.shown(value))
                }
                header = object
            } else if key.contains("/" + Self.besideKey) || key.hasSuffix("/" + Self.headerKey) {
                throw CheckpointError(
                    .adapter, file: path, "an adapter's configuration in a folder or file below", found: key,
                    hint: "name the adapter's own folder or file, or leave it out by --ignore-file")
            }
        }
        guard beside.isEmpty || header == nil else {
            throw CheckpointError(
                .adapter, file: path, "two configurations of one adapter",
                found: "\(Self.headerKey) in the header, and \(Checkpoint.adapterConfig)")
        }
        var parts: [String: [(String, JSONValue)]] = [:]
        if !beside.isEmpty { parts[""] = beside }
        for (key, value) in header ?? JSONObject() {
            let component = ModuleNames.component(of: key) ?? ""
            parts[component, default: []].append(
                (component.isEmpty ? key : String(key.dropFirst(component.count + 1)), value))
        }
        let path = self.path
        byComponent = try parts.mapValues {
            try AdapterConfiguration(
                JSONObject($0), source: header == nil ? Checkpoint.adapterConfig : Self.headerKey, file: path)
        }
        guard byComponent[""] == nil || byComponent.count == 1 else {
            throw CheckpointError(
                .adapter, file: path, "\(Self.headerKey) has keys with a component and keys without",
                found: parts.keys.sorted(by: utf8Less).joined(separator: ", "))
        }
    }

    private static func parse(_ text: String, _ key: String, _ path: String) throws -> JSONValue {
        do {
            return try JSONValue.parse(text, file: path)
        } catch {
            throw CheckpointError(.adapter, file: path, "\(key) is not JSON", found: ForeignText.shown(text))
        }
    }

    /// Whether there is one at all.
    var isAdapter: Bool { !byComponent.isEmpty }

    /// What holds for a module, and the module's name as the configuration spells it; `nil` where nothing is said.
    func configuration(of module: String) -> (values: AdapterConfiguration, module: String)? {
        if let all = byComponent[""] { return (all, module) }
        guard let component = ModuleNames.component(of: module), let own = byComponent[component] else { return nil }
        return (own, String(module.dropFirst(component.count + 1)))
    }

    /// The tensor under the base's name, where it was trained and saved whole; `nil` where nothing says so.
    func saved(_ tensor: CheckpointTensor) throws -> CheckpointTensor? {
        let peft = "base_model.model."
        let name = tensor.name.hasPrefix(peft) ? String(tensor.name.dropFirst(peft.count)) : tensor.name
        guard let own = configuration(of: name), try own.values.isSaved(own.module) else { return nil }
        return tensor.named(name)
    }

    /// What was done to the base of these modules. - Throws: `CheckpointError` where it is not one thing.
    func baseChange(of modules: [String]) throws -> AdapterConfiguration.BaseChange? {
        let changes = modules.map { configuration(of: $0)?.values.baseChange }
        guard let first = changes.first else { return nil }
        guard changes.allSatisfy({ $0 == first }) else {
            throw CheckpointError(.adapter, file: path, "init_lora_weights is not the same for all components")
        }
        return first
    }
}
