import Core

/// Gathers what the folders of an inventory hold.
struct FolderAssembly {
    private(set) var tensors: [CheckpointTensor] = []
    private(set) var metadata: [(key: String, value: String)] = []
    private(set) var files: [FolderFile]
    /// Whether any tensors were found.
    private(set) var hasWeights = false
    /// Whether the uppermost folder holds a model itself.
    private(set) var isModel = false

    init(files: [FolderFile]) { self.files = files }

    mutating func take(_ folder: InventoriedFolder) throws {
        let weights = WeightsFiles(folder)
        let texts = try takeTexts(folder, weights)
        let reading = try weights.reading(
            inPipelineRoot: folder.contains("model_index.json"), isAdapter: folder.contains(Checkpoint.adapterConfig))
        var model: Checkpoint?
        if let file = reading.model {
            try requireParts(of: file, folder)
            let opened = try file.open()
            take(opened, of: file, folder, prefix: folder.prefix)
            model = opened
            isModel = isModel || folder.path.isEmpty
        }
        for file in reading.otherForms {
            leave(file, folder, "another form of what \(reading.model?.file.name ?? "") holds")
        }
        for file in weights.parts { leave(file, folder, "a part of something sharded that no index lists") }
        for file in reading.besides {
            try requireParts(of: file, folder)
            do {
                let opened = try file.open()
                if let model, try AdapterTwin(config: texts, prefix: folder.prefix)?.holds(model, opened) ?? false,
                    file.file.name == AdapterTwin.fileName
                {
                    note(file, folder, .weights)
                } else {
                    take(opened, of: file, folder, prefix: file.file.path + "/")
                }
            } catch let error as CheckpointError {
                leave(file, folder, "cannot be read: \(error.problem)")
            }
        }
        // Whatever a rule above forgets is not forgotten.
        let noted = Set(files.map(\.path))
        files += folder.files.filter { !noted.contains($0.path) }.map { $0.used(.unread, "of no use that is known") }
    }

    /// Everything that is no weights.
    private mutating func takeTexts(
        _ folder: InventoriedFolder, _ weights: WeightsFiles
    ) throws -> [(key: String, value: String)] {
        let indexes = weights.files.filter(\.isIndex).map(\.file.path)
        var texts: [(key: String, value: String)] = []
        for file in folder.files {
            switch file.nature {
            case .tensors: continue
            case .harmless(let what): files.append(file.used(.harmless, what))
            case .json, .text:
                if indexes.contains(file.path) { continue }
                texts += try FolderTexts.entries(of: file)
                files.append(file.used(.text))
            case .binary(let what): files.append(file.used(.unread, what))
            }
        }
        metadata += texts
        return texts
    }

    private mutating func take(
        _ opened: Checkpoint, of file: WeightsFile, _ folder: InventoriedFolder, prefix: String
    ) {
        hasWeights = true
        tensors += prefix.isEmpty ? opened.tensors : opened.tensors.map { $0.named(prefix + $0.name) }
        metadata += opened.metadata.map { (prefix + $0.key, $0.value) }
        note(file, folder, .weights)
    }

    /// Opening an index reads what it lists, and opening a part of a GGUF file the others.
    /// - Throws: `CheckpointError` (`shard`) where one of these was to be left out.
    private func requireParts(of file: WeightsFile, _ folder: InventoriedFolder) throws {
        let stem = GGUFPart.numbers(file.file.name) == nil ? nil : file.file.name.utf8.dropLast(20)
        let listed = file.isIndex ? Set(file.shards.map { Array((folder.prefix + $0).utf8) }) : []
        for other in files where other.use == .ignored {
            let isPart =
                stem.map {
                    GGUFPart.numbers(other.path) != nil
                        && other.path.utf8.dropLast(20).elementsEqual(Array(folder.prefix.utf8) + Array($0))
                } ?? false
            guard isPart || listed.contains(Array(other.path.utf8)) else { continue }
            throw CheckpointError(
                .shard, file: file.file.path, "it lists a file that is to be left out",
                found: "\(other.path), by the pattern \(other.why)", hint: "leave out the whole: \(file.file.path) too")
        }
    }

    private mutating func leave(_ file: WeightsFile, _ folder: InventoriedFolder, _ why: String) {
        note(file, folder, .unread, why)
    }

    /// Notes the file, and of an index its shards.
    private mutating func note(
        _ file: WeightsFile, _ folder: InventoriedFolder, _ use: FolderFile.Use, _ why: String = ""
    ) {
        files.append(file.file.used(use, why))
        for shard in folder.files where file.shards.contains(where: { utf8Equal($0, shard.name) }) {
            // Two indexes may list one shard, and a text may be taken for one.
            guard case .tensors = shard.nature, !files.contains(where: { $0.path == shard.path }) else { continue }
            files.append(shard.used(use, why))
        }
    }
}
