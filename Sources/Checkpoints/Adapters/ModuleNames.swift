import Core

/// Finds the tensor of a base that an adapter's module belongs to: adapters spell names with dots, with underscores, with
/// the component in front or without.
struct ModuleNames {
    /// The components of pipelines, longer names before those that they begin with.
    private static let components = [
        "text_encoder_2", "text_encoder_3", "text_encoder", "transformer", "unet", "prior",
    ]
    /// kohya's prefixes, and what they stand for.
    private static let prefixes = [
        ("lora_unet_", "unet"), ("lora_te1_", "text_encoder"), ("lora_te2_", "text_encoder_2"),
        ("lora_te3_", "text_encoder_3"), ("lora_te_", "text_encoder"),
    ]

    /// Names of the base's tensors: by the name with dots, and by that with underscores.
    private let exact: [String: [String]]
    private let flattened: [String: [String]]

    /// From the names of a base's tensors, in the form that folders of diffusers and transformers have.
    init(_ names: [String]) {
        let spellings = names.map { ($0, $0) } + Self.otherSpellings(names)
        exact = Dictionary(grouping: spellings) { Self.dotted($0.0) }.mapValues { $0.map(\.1) }
        flattened = Dictionary(grouping: spellings) { Self.flat($0.0) }.mapValues { $0.map(\.1) }
    }

    /// The names that LDM's code gives the tensors of a UNet, by which kohya's scripts name SDXL's modules, and those that
    /// other versions of transformers give text encoders; each with the name in the base.
    private static func otherSpellings(_ names: [String]) -> [(String, String)] {
        var result: [(String, String)] = []
        for prefix in ["unet/", ""] {
            let own = names.filter { $0.hasPrefix(prefix) && !$0.dropFirst(prefix.count).contains("/") }
                .map { String($0.dropFirst(prefix.count)) }
            let table = UNetLayout(diffusers: own).table
            // What both spell alike is no second name.
            result += own.compactMap { name in
                table.own(name).flatMap { $0.name == name ? nil : (prefix + $0.name, prefix + name) }
            }
        }
        for component in ModelNaming.folders where component.hasPrefix("text_encoder") {
            let prefix = component + "/"
            for name in names where name.hasPrefix(prefix) {
                let present = prefix + ModelNaming.present(String(name.dropFirst(prefix.count)), of: component)
                if present != name { result.append((present, name)) }
            }
        }
        return result
    }

    /// The names that a module's tensor may have, `ending` being `.weight` or `.bias`: those that are spelt alike where
    /// there are any, else those that are so but for dots and underscores. More than one leave open which is meant.
    func candidates(of module: String, ending: String = ".weight") -> [String] {
        let kohya = Self.prefixes.first { module.hasPrefix($0.0) }
        let name = kohya.map { $0.1 + "." + module.dropFirst($0.0.count) } ?? module
        let component = Self.component(of: name)
        let core = component.map { String(name.dropFirst($0.count + 1)) } ?? name
        // As the adapter has it, without its component, and, where it names none, within any.
        var spellings = [[name + ending]]
        if component != nil { spellings.append([core + ending]) }
        if kohya?.1 == "unet" { spellings.append(["model.diffusion_model." + core + ending]) }
        if component == nil { spellings.append(Self.components.map { "\($0).\(core)\(ending)" }) }
        for (table, spell) in [(exact, Self.dotted), (flattened, Self.flat)] {
            for names in spellings {
                let found = names.flatMap { table[spell($0)] ?? [] }
                if !found.isEmpty { return found.sorted(by: utf8Less) }
            }
        }
        return []
    }

    /// The component that a name begins with, with a dot or slash behind; `nil` where there is none.
    static func component(of name: String) -> String? {
        components.first { name.hasPrefix($0 + ".") || name.hasPrefix($0 + "/") }
    }

    /// The name without what says which component it is of, where that is the UNet or not said.
    static func core(_ module: String) -> String {
        for (prefix, component) in prefixes where module.hasPrefix(prefix) {
            return (component == "unet" ? "" : component + ".") + module.dropFirst(prefix.count)
        }
        return component(of: module) == "unet" ? String(module.dropFirst("unet.".count)) : module
    }

    private static func dotted(_ name: String) -> String { String(name.map { $0 == "/" ? "." : $0 }) }

    /// Dots and slashes as underscores.
    static func flat(_ name: String) -> String {
        String(name.map { $0 == "." || $0 == "/" ? "_" : $0 })
    }
}
