import Checkpoints
import Compute
import Core

/// A whole model in one file, as Stable Diffusion 1.x and XL are handed on: weights under LDM's names, read by diffusers' names
/// (`ModelContents`). Configurations and tokenizers are in no such file: they come from a folder that is named, or, where all
/// shapes fit, are the published ones.
package struct SingleFileModel: Sendable {
    private let model: ModelFolder
    /// What is in the file.
    package let contents: ModelContents

    /// Opens a file; headers are read, numbers are not.
    /// - Throws: `CheckpointError` where no part of a model is in it; `ConfigError`.
    package init(_ model: ModelFolder) throws {
        self.model = model
        if case .named(let variant) = model.variant {
            throw ConfigError(
                file: model.path, key: "variant", "is for a folder", expected: "a folder in model.path",
                found: "a file, and model.variant: \(variant)")
        }
        contents = try ModelContents(Checkpoint(opening: model.path), weights: model.weights)
        guard !contents.tensors.isEmpty else {
            throw CheckpointError(
                .layout, file: model.path, "no part of a model that is known",
                expected:
                    "names of Stable Diffusion 1.x or XL (model.diffusion_model. …), of diffusers or of open_clip",
                hint: "smpo inspect \(model.path) lists its tensors")
        }
    }

    /// Whether the file, or what lies beside it, has a component.
    func has(_ kind: ComponentKind) -> Bool {
        if kind.name == "vae", model.autoencoder != nil { return true }
        // The second tokenizer goes with the second encoder.
        return contents.components.contains(kind.name.replacing("tokenizer", with: "text_encoder"))
    }

    /// The weights of a component, all of them finite. - Throws: `CheckpointError`.
    private func weights(_ name: String) throws -> Checkpoint {
        let own = try contents.component(name)
        try own.requireFinite()
        return own
    }

    /// A network of the file.
    /// - Throws: `ConfigError` (`configuration`) where nothing says how it is built; `CheckpointError` for a tensor at fault.
    func network<N: Network>(_ name: String, folder: String, _: N.Type, shapes: ShapeDevice?) throws -> N {
        if name == "vae", let autoencoder = model.autoencoder { return try N(path: autoencoder, shapes: shapes) }
        let config = try config(name, folder: folder, N.self)
        if let shapes { return try N(config: config, loader: ParameterLoader(shapesOn: shapes)) }
        return try N(config: config, loader: ParameterLoader(source: weights(name)))
    }

    private func config<N: Network>(_ name: String, folder: String, _: N.Type) throws -> N.Configuration {
        if let path = given(Pipeline.path(folder, "config.json")) { return try N.Configuration(path: path) }
        let published = try published(name, N.Configuration.self)
        let requests = try N(config: published, loader: ParameterLoader(shapesOn: ShapeDevice())).requests
        let own = try contents.component(name)
        for request in requests where own[request.name]?.shape != request.shape {
            throw missing(
                Pipeline.path(folder, "config.json"),
                "\(request.name) is \(own[request.name].map { "\($0.shape)" } ?? "missing"), published \(request.shape)"
            )
        }
        guard own.tensors.count == requests.count else {
            let names = Set(requests.map(\.name))
            let other = own.tensors.first { !names.contains($0.name) }
            throw missing(
                Pipeline.path(folder, "config.json"), "\(other?.name ?? "") is no tensor of the published model")
        }
        return published
    }

    /// A configuration that is a component by itself: the published one where the UNet is the published one.
    func configuration<C: ComponentConfiguration>(_ name: String, _ file: String, _: C.Type) throws -> C {
        if let path = given(file) { return try C(path: path) }
        let published = try published(name, C.self)
        if given("unet/config.json") != nil {
            throw missing(file, "the configuration of the UNet is given, this is not")
        }
        _ = try config("unet", folder: "unet", UNet2DConditionModel.self)
        return published
    }

    /// A tokenizer, which is never published with the weights.
    func tokenizer(_ name: String, mayLieBeside: Bool) throws -> CaptionTokenizer {
        for folder in [name] + (mayLieBeside ? [""] : []) {
            guard let root = model.configuration else { break }
            let path = folder.isEmpty ? root : "\(root)/\(folder)"
            if FileContents.isFolder(path) { return try CaptionTokenizer(TokenizerFiles(folder: path)) }
        }
        throw missing("\(name)/", "a single file has no tokenizer")
    }

    /// A file of the folder of configurations; nil where it is not there.
    private func given(_ file: String) -> String? {
        guard let root = model.configuration else { return nil }
        let path = "\(root)/\(file)"
        return FileContents.exists(path) || FileContents.isLink(path) ? path : nil
    }

    private func published<C: ComponentConfiguration>(_ name: String, _: C.Type) throws -> C {
        let file = name == "scheduler" ? "scheduler/scheduler_config.json" : "\(name)/config.json"
        // A tensor that nobody knows may say that the model is another, as v_pred does.
        if let unknown = contents.besides.first(where: { $0.kind == .unknown }) {
            throw missing(file, "\(unknown.tensor.name) is a tensor that is not known")
        }
        let isXL = contents.components.contains("text_encoder_2")
        guard let text = PublishedConfigurations.text(of: name, isXL: isXL),
            case .object(let object) = try JSONValue.parse(text, file: "the published \(file)")
        else { throw missing(file, "nothing is published for \(contents.layout)") }
        return try C(object, file: "the published \(file)")
    }

    private func missing(_ file: String, _ why: String) -> ConfigError {
        ConfigError(
            file: model.path, key: "configuration", "no \(file) for this file: \(why)",
            expected: "a folder with \(file)", found: model.configuration,
            hint:
                "model.configuration: DIR in the recipe names a folder with configurations and tokenizers, of which weights "
                + "are not read")
    }
}
