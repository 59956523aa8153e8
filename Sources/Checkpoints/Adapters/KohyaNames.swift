/// What kohya's scripts call the modules of a model.
struct KohyaNames {
    private let unet: LayoutTable?
    private let isXL: Bool

    init(_ model: ModelContents) {
        isXL = model.isXL
        unet =
            isXL
            ? UNetLayout(diffusers: model.tensors.filter { $0.component == "unet" }.map(\.tensor.name)).table : nil
    }

    /// The name of a module. - Throws: `CheckpointError` (`adapter`) where there is none.
    func name(_ module: PlacedModule, file: String) throws -> String {
        var name = module.name
        let prefix: String
        switch module.component {
        case "unet":
            prefix = "lora_unet_"
            if let unet {
                guard let own = unet.own(name + ".weight")?.name else { throw noName(module, file) }
                name = String(own.dropLast(".weight".count))
            }
        case "text_encoder": prefix = isXL ? "lora_te1_" : "lora_te_"
        case "text_encoder_2": prefix = "lora_te2_"
        default: throw noName(module, file)
        }
        return prefix + ModuleNames.flat(name)
    }

    private func noName(_ module: PlacedModule, _ file: String) -> CheckpointError {
        CheckpointError(
            .adapter, file: file, tensor: module.path, "kohya's scripts have no name for it",
            expected: "a module of a UNet or of a text encoder")
    }
}
