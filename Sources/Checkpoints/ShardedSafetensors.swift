import Digests
import Tensors

/// Several safetensors files with an index (`*.safetensors.index.json`), read as if they were one.
///
/// Checked: every file of the index is there, every tensor is in the file that the index names, and the files hold no
/// tensor that the index does not list.
public struct ShardedSafetensors: TensorSource {
    /// Path of the index.
    public let path: String
    /// All names, in byte order of their UTF-8.
    public let names: [String]
    /// The files, in byte order of their names.
    public let shards: [SafetensorsFile]
    /// Place in `shards` of each tensor, in the order of `names`.
    private let places: [Int]

    /// Reads the index and checks its files.
    /// - Throws: `CheckpointError`.
    public init(index path: String) throws {
        let map = try Self.weightMap(path)
        var files: [String] = []
        for file in map.map(\.file).sorted(by: utf8Less) where files.last.map({ utf8Equal($0, file) }) != true {
            files.append(file)
        }
        let shards = try files.map { try Self.open($0, index: path) }
        places = try map.map { name, file in
            let place = files.firstIndex { utf8Equal($0, file) } ?? 0
            guard shards[place].contains(name) else {
                let actual = zip(files, shards).first { $0.1.contains(name) }?.0
                throw CheckpointError(
                    .shard, file: path, tensor: name, actual == nil ? "in no shard" : "in another shard",
                    expected: file, found: actual)
            }
            return place
        }
        names = map.map(\.name)
        self.shards = shards
        self.path = path
        try checkUnlisted(files)
    }

    /// What the headers say of a tensor; `nil` when the index does not list it.
    public func entry(named name: String) -> TensorEntry? { shard(of: name)?.entry(named: name) }

    /// The tensor in its own element type: a view of its mapped file, to be read only.
    /// - Throws: `CheckpointError` (`missingTensor`).
    public func tensor(named name: String) throws -> Tensor {
        guard let shard = shard(of: name) else { throw missing(name) }
        return try shard.tensor(named: name)
    }

    private func shard(of name: String) -> SafetensorsFile? { shards.first { $0.contains(name) } }

    private func checkUnlisted(_ files: [String]) throws {
        for (place, shard) in shards.enumerated() {
            let listed = zip(names, places).filter { $0.1 == place }.map(\.0)
            for (position, name) in shard.names.enumerated()
            where position >= listed.count || !utf8Equal(listed[position], name) {
                throw CheckpointError(
                    .shard, file: path, tensor: name, "not listed in the index for the shard that holds it",
                    found: files[place])
            }
        }
    }

    private static func open(_ file: String, index: String) throws -> SafetensorsFile {
        guard !file.isEmpty, !file.utf8.contains(UInt8(ascii: "/")), file != "..", file != "." else {
            throw CheckpointError(
                .shard, file: index, "a shard must be a file beside the index", found: "\"\(file)\"")
        }
        let path = ModelDirectory.join(ModelDirectory.folder(of: index), file)
        guard FileContents.exists(path) else {
            throw CheckpointError(.shard, file: index, "a shard is missing", expected: path)
        }
        return try SafetensorsFile(path: path)
    }

    /// Names with their files, in byte order of the names.
    private static func weightMap(_ path: String) throws -> [(name: String, file: String)] {
        let index = try ModelDirectory.readObject(path)
        guard case .object(let map)? = index["weight_map"] else {
            throw CheckpointError(
                .shard, file: path, "no usable weight_map", expected: "object",
                found: index["weight_map"]?.kind ?? "none")
        }
        return try map.members.map { name, value in
            guard case .string(let file) = value else {
                throw CheckpointError(
                    .shard, file: path, tensor: name, "weight_map is of the wrong kind", expected: "string",
                    found: value.kind)
            }
            return (name, file)
        }
    }
}
