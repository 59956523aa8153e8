/// The parts that the `model_index.json` of a pipeline's folder names, as a checkpoint's metadata have it.
struct PipelineParts {
    private let names: Set<String>

    /// What a pipeline can be without: it changes no picture that the others make, or makes something of other pictures.
    private static let optional: Set = ["safety_checker", "feature_extractor", "image_encoder"]

    /// By members such as `model_index.json: unet` with the value `["diffusers","UNet2DConditionModel"]`.
    init(_ metadata: [(key: String, value: String)]) {
        let prefix = "model_index.json: "
        names = Set(
            metadata.filter { $0.key.hasPrefix(prefix) && $0.value.hasPrefix("[\"") }
                .map { String($0.key.dropFirst(prefix.count)) })
    }

    /// Whether a folder is one of the model's parts.
    func holds(_ folder: String) -> Bool { names.contains(folder) && !Self.optional.contains(folder) }
}
