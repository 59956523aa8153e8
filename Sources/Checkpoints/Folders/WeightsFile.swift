import Core

/// Files of one folder that are read as one: a file of tensors, or an index with its shards.
struct WeightsFile {
    /// The file or the index.
    let file: InventoriedFile
    /// The form of its tensors.
    let format: FileNature.Format
    /// The name without variant and endings: `diffusion_pytorch_model`, `model`.
    let stem: String
    /// The precision or kind in the name, such as `fp16` in `model.fp16.safetensors`; `nil` for none.
    let variant: String?
    /// Whether the file is an index.
    let isIndex: Bool
    /// The names of the files that the index lists, none where it cannot be read, which is reported when it is opened; of
    /// a GGUF file in parts the other parts.
    private(set) var shards: [String]

    /// Stems that diffusers and transformers give the weights of a model.
    static let modelStems = ["diffusion_pytorch_model", "model", "pytorch_model"]
    /// The stem that PEFT gives an adapter's weights.
    static let adapterStem = "adapter_model"

    /// What a file is; `nil` for one that holds no tensors and is no index of such. An index is read where
    /// `readsIndex`.
    init?(_ file: InventoriedFile, readsIndex: Bool) {
        self.file = file
        if let (format, stem, variant) = Self.index(file.name) {
            (self.format, self.stem, self.variant, isIndex) = (format, stem, variant, true)
            shards = readsIndex ? (try? ShardIndex(file.place).files) ?? [] : []
        } else {
            guard case .tensors(let format) = file.nature else { return nil }
            let base = file.name.utf8.lastIndex(of: UInt8(ascii: ".")).map { String(file.name[..<$0]) } ?? file.name
            (self.format, isIndex, shards) = (format, false, [])
            (stem, variant) = Self.parts(base)
        }
    }

    /// `model.safetensors.index.json`, `model.safetensors.index.fp16.json` or `model.fp16.safetensors.index.json`.
    private static func index(_ name: String) -> (FileNature.Format, stem: String, variant: String?)? {
        for (ending, format) in [("safetensors", FileNature.Format.safetensors), ("bin", .pickle)] {
            guard let place = name.firstRange(of: ".\(ending).index."), name.hasSuffix("json") else { continue }
            let (stem, variant) = parts(String(name[..<place.lowerBound]))
            let rest = name[place.upperBound...]
            if rest == "json" { return (format, stem, variant) }
            if rest.hasSuffix(".json"), variant == nil { return (format, stem, String(rest.dropLast(5))) }
        }
        return nil
    }

    /// A stem that is known, and the variant behind it.
    private static func parts(_ base: String) -> (String, String?) {
        for stem in modelStems + [adapterStem] where base.hasPrefix(stem + ".") {
            return (stem, String(base.dropFirst(stem.utf8.count + 1)))
        }
        return (base, nil)
    }

    /// The parts of GGUF files, which say themselves what is whole: one of each file, with the others.
    static func splits(_ parts: [WeightsFile]) -> [WeightsFile] {
        var result: [WeightsFile] = []
        for part in parts where part.format == .gguf && GGUFPart.numbers(part.file.name) != nil {
            let stem = part.file.name.utf8.dropLast(20)
            if let place = result.firstIndex(where: { $0.file.name.utf8.dropLast(20).elementsEqual(stem) }) {
                result[place].shards.append(part.file.name)
            } else {
                result.append(part)
            }
        }
        return result
    }

    /// Whether the name is that of one part of several: `model-00001-of-00002`.
    var isPart: Bool { !isIndex && file.name.firstMatch(of: /-[0-9]+-of-[0-9]+(\.|$)/) != nil }

    /// Whether the name is one that accelerate, transformers or a loop of training gives what is not a model.
    var isTrainingState: Bool {
        ["optimizer", "scheduler", "random_states", "rng_state", "scaler", "sampler", "training_args"]
            .contains { file.name.hasPrefix($0) }
    }

    /// Opens it. - Throws: `CheckpointError`.
    func open() throws -> Checkpoint {
        try isIndex ? Checkpoint(index: file.place) : Checkpoint(file: OpenFile(path: file.place))
    }
}
