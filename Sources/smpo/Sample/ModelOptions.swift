import ArgumentParser
import Checkpoints
import Diffusion

/// Which files of a model are read.
struct ModelOptions: ParsableArguments {
    @Option(help: "Of a folder: the variant in the names of its files of weights, such as fp16.")
    var variant: String?

    @Option(help: "Folder of another autoencoder, in the place of the model's own.")
    var vae: String?

    @Option(help: "Of a single file: folder with configurations and tokenizers.")
    var configuration: String?

    @OptionGroup var weightsOptions: WeightsOptions

    /// The models at `paths`; what is for a single file, or for a folder, goes to those that are one.
    /// - Throws: `ValidationError` where none is.
    func folders(_ paths: [String]) throws -> [ModelFolder] {
        let files = paths.filter { ModelFolder(path: $0).isFile }
        if files.isEmpty, configuration != nil || weightsOptions.weights != nil {
            throw ValidationError(
                "\(configuration == nil ? "--weights" : "--configuration") is for a single file; "
                    + "\(paths.joined(separator: ", ")): a folder")
        }
        if files.count == paths.count, variant != nil {
            throw ValidationError("--variant is for a folder; \(paths.joined(separator: ", ")): a file")
        }
        return paths.map { path in
            let isFile = files.contains(path)
            return ModelFolder(
                path: path, variant: isFile ? .whatIsThere : variant.map { .named($0) } ?? .whatIsThere,
                autoencoder: vae, configuration: isFile ? configuration : nil,
                weights: isFile ? weightsOptions.weights ?? .plain : .plain)
        }
    }
}
