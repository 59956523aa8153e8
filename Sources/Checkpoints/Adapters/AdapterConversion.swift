import Compute
import Core

/// An adapter (LoRA) written in the names of another program: the matrices as they are, the scale of each module as that
/// program says it. The model that it is for says which weight each module is of.
package struct AdapterConversion {
    private let file: String
    private let model: ModelContents
    private let layout: AdapterLayout
    private let modules: [PlacedModule]

    /// How many modules there are.
    package var moduleCount: Int { modules.count }
    /// The parts of the model that they are in, in byte order.
    package var components: [String] { Set(modules.map(\.component)).sorted(by: utf8Less) }

    /// A conversion; nothing is written.
    /// - Parameters:
    ///   - base: the model that the adapter is for.
    ///   - dtype: the element type of the matrices; nil for their own.
    /// - Throws: `CheckpointError` (`adapter`) where the input is no adapter of plain LoRA, or does not fit the base.
    package init(_ input: Checkpoint, for base: Checkpoint, as layout: AdapterLayout, dtype: DType? = nil) throws {
        (file, self.layout) = (input.path, layout)
        model = try ModelContents(base)
        modules = try PlacedModule.all(try Self.only(in: input), in: model.tensors, as: dtype, file: input.path)
        guard layout != .peft || components.count == 1 else {
            throw CheckpointError(
                .adapter, file: file, "PEFT's folder is of one part of a model", expected: "modules of one part",
                found: components.joined(separator: ", "), hint: "--to diffusers writes one file for all parts")
        }
    }

    private static func only(in input: Checkpoint) throws -> LowRankAdapter {
        let adapters = try LowRankAdapter.adapters(in: input)
        guard adapters.count == 1 else {
            throw CheckpointError(
                .adapter, file: input.path, adapters.isEmpty ? "no adapter" : "several adapters", expected: "one",
                found: adapters.isEmpty ? nil : adapters.map { $0.name ?? "" }.joined(separator: ", "))
        }
        return adapters[0]
    }

    /// Writes and reads again: the digests of what is added, before and after. Nothing is in the place of `output` before
    /// everything is written and has been compared.
    /// - Throws: `CheckpointError` (`invalidInput` where what was written says another thing), `FileError`.
    package func run(to output: String) throws -> (before: Digest, after: Digest) {
        let staged = try StagedOutput(output, isFolder: layout == .peft)
        do {
            try write(to: staged.path)
            let before = try PlacedModule.digest(modules, file: file)
            let after = try PlacedModule.digest(try written(staged.path), file: staged.path)
            guard before == after else {
                throw CheckpointError(
                    .invalidInput, file: output, "another adapter than it was made from; nothing was left",
                    expected: before.hex, found: after.hex, hint: "the disk, or a mistake in this program")
            }
            try staged.commit()
            return (before, after)
        } catch {
            staged.discard()
            throw error
        }
    }

    private func write(to staged: String) throws {
        switch layout {
        case .kohya:
            let names = KohyaNames(model)
            var tensors: [(name: String, tensor: ConvertedTensor)] = []
            for module in modules {
                let name = try names.name(module, file: file)
                tensors += [
                    ("\(name).lora_down.weight", module.down), ("\(name).lora_up.weight", module.up),
                    ("\(name).alpha", try Self.alpha(module, file)),
                ]
            }
            try Self.write(tensors, to: staged, file)
        case .peft:
            let members = try AdapterConfiguration.members(of: modules, file: file)
            try FileContents.makeFolder(staged)
            try AtomicFile.write(JSONValue.object(members).pretty + "\n", to: "\(staged)/\(Checkpoint.adapterConfig)")
            try Self.write(
                matrices { "base_model.model." + $0.name }, to: "\(staged)/\(Checkpoint.adapterWeights)", file)
        case .diffusers:
            var header = JSONObject()
            for component in components {
                let own = modules.filter { $0.component == component }
                for (key, value) in try AdapterConfiguration.members(of: own, file: file) {
                    header["\(component).\(key)"] = value
                }
            }
            try Self.write(
                matrices { "\($0.component).\($0.name)" }, to: staged, file,
                metadata: [AdapterConfigurations.headerKey: JSONValue.object(header).canonical])
        }
    }

    /// Both matrices of each module under PEFT's names.
    private func matrices(_ name: (PlacedModule) -> String) -> [(name: String, tensor: ConvertedTensor)] {
        modules.flatMap { [(name($0) + ".lora_A.weight", $0.down), (name($0) + ".lora_B.weight", $0.up)] }
    }

    private static func write(
        _ tensors: [(name: String, tensor: ConvertedTensor)], to path: String, _ file: String,
        metadata: [String: String] = [:]
    ) throws {
        try Safetensors.write(
            tensors.map { ($0.name, $0.tensor.dtype, $0.tensor.tensor.shape) },
            metadata: metadata.merging(Safetensors.torchMetadata) { own, _ in own }, to: path
        ) { try tensors[$0].tensor.made(file: file) }
    }

    /// A number as kohya's scripts have it: Float32, or Float64 where that is not exact.
    private static func alpha(_ module: PlacedModule, _ file: String) throws -> ConvertedTensor {
        let alpha = try module.alpha(file: file)
        let tensor = Tensor(uninitialized: [], dtype: Double(Float(alpha)) == alpha ? .f32 : .f64)
        if tensor.dtype == .f32 {
            tensor.storage.base.storeBytes(of: Float(alpha), as: Float.self)
        } else {
            tensor.storage.base.storeBytes(of: alpha, as: Double.self)
        }
        return try ConvertedTensor(CheckpointTensor(name: "alpha", tensor), as: nil, file: file)
    }

    /// The modules of what was written. PEFT's names do not say which part of the model they are of.
    private func written(_ output: String) throws -> [PlacedModule] {
        let tensors = layout == .peft ? model.tensors.filter { $0.component == components[0] } : model.tensors
        return try PlacedModule.all(
            try Self.only(in: try Checkpoint(opening: output)), in: tensors, file: output)
    }
}
