import Compute
import Core

/// What a conversion writes: files of tensors, texts beside them, and what is left out.
package struct ConversionPlan: Sendable {
    /// A file of tensors.
    struct File: Sendable {
        /// Its path below the output; empty where that is the file.
        let path: String
        let tensors: [ConvertedTensor]
        let metadata: [String: String]
    }

    /// The choices of whoever converts.
    package struct Choices: Sendable {
        /// The names that are written; nil for what fits the output: folders in diffusers' names, a pipeline's folder in one
        /// file in LDM's, all else as it is.
        package var layout: ModelLayout?
        /// The element type of floating-point numbers; nil for their own.
        package var dtype: DType?
        /// Which weights of a file that has two sets.
        package var weights = WeightsChoice.plain
        /// The folder with configurations and tokenizers; nil for the input's own.
        package var configuration: String?
        /// The variant in the names of the files of a folder, as `fp16`.
        package var variant: String?

        /// Nothing chosen.
        package init() {}
    }

    /// The input, as the caller named it.
    let source: String
    /// What the input is.
    package let contents: ModelContents
    /// The names that are written.
    package let layout: ModelLayout
    /// The element type that floating-point numbers are written in; nil for their own.
    let dtype: DType?
    /// Whether the output is a folder.
    let isFolder: Bool
    let files: [File]
    let texts: [(path: String, bytes: [UInt8])]
    /// Tensors and files that are not written, and why.
    package let leftOut: [(name: String, why: String)]

    /// All tensors that are written.
    var tensors: [ConvertedTensor] { files.flatMap(\.tensors) }

    /// A plan; nothing is written, and of the tensors nothing read.
    /// - Throws: `CheckpointError` where the layout has no place for something, a configuration is missing, or a type is not
    ///   written.
    package init(_ input: Checkpoint, to output: String, _ choices: Choices) throws {
        source = input.path
        let contents = try ModelContents(input, weights: choices.weights)
        self.contents = contents
        isFolder = !output.hasSuffix(".safetensors")
        dtype = choices.dtype
        let isPipeline = input.tensors.contains { $0.name.contains("/") }
        layout = choices.layout ?? (isFolder ? .diffusers : isPipeline ? .ldm : .same)
        let (layout, isFolder) = (layout, isFolder)
        guard layout != .same || !isFolder else {
            throw CheckpointError(
                .layout, file: output, "names as they are go into one file",
                expected: "a path that ends with .safetensors")
        }
        guard layout == .diffusers || !isFolder else {
            throw CheckpointError(
                .layout, file: output, "names of \(layout.rawValue) go into one file",
                expected: "a path that ends with .safetensors")
        }
        guard layout == .same || !contents.tensors.isEmpty else {
            throw CheckpointError(
                .layout, file: source, "no tensor of a model that is known",
                expected: "names of diffusers, transformers, LDM or open_clip",
                hint: input.tensors.contains { AdapterTensorName.isAdapters($0.name) }
                    ? "--base with --to peft, diffusers or kohya is for an adapter"
                    : "--to same changes the container alone")
        }
        if layout == .diffusers, !isFolder, contents.components.count > 1 {
            throw CheckpointError(
                .layout, file: output, "a model of several parts goes into a folder",
                expected: "a path without .safetensors", found: contents.components.joined(separator: ", "))
        }
        let written = try contents.laidOut(as: layout, isBare: contents.isBare || !isFolder)
        func file(_ path: String, _ tensors: [CheckpointTensor], _ metadata: [String: String]) throws -> File {
            File(
                path: path,
                tensors: try tensors.map { try ConvertedTensor($0, as: choices.dtype, file: input.path) },
                metadata: metadata)
        }
        var kept: [String: String] = [:]
        if layout == .same, input.container == "safetensors" {
            for (key, value) in input.metadata { kept[key] = value }
        } else {
            kept = Safetensors.torchMetadata
        }
        if isFolder {
            let parts = ConvertedFolder(contents, configuration: choices.configuration, input: input)
            (files, texts) = (
                try contents.components.map { component in
                    let own = written.filter { parts.holds($0.name, of: component) }
                    return try file(
                        parts.file(of: component, variant: choices.variant), own.map { $0.named(parts.name($0.name)) },
                        kept)
                }, try parts.texts()
            )
        } else {
            (files, texts) = ([try file("", written, kept)], [])
        }
        leftOut =
            contents.leftOut(by: layout).map { ($0.tensor.name, $0.why) }
            + input.files.filter { $0.use == .unread }.map { ($0.path, $0.why) }
    }
}
