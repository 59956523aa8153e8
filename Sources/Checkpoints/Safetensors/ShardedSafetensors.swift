import Compute
import Core

/// Several safetensors files with an index (`*.safetensors.index.json`), read as if they were one.
///
/// Checked: every file of the index is there, every tensor is in the file that the index names, and the files hold no
/// tensor that the index does not list.
package struct ShardedSafetensors: TensorSource {
    /// Path of the index.
    package let path: String
    /// All names, in byte order of their UTF-8.
    package let names: [String]
    /// The files, in byte order of their names.
    package let shards: [SafetensorsFile]
    /// Place in `shards` of each tensor, in the order of `names`.
    private let places: [Int]

    /// Reads the index and checks its files.
    /// - Throws: `CheckpointError`.
    package init(index path: String) throws {
        let index = try ShardIndex(path)
        let files = index.files
        let shards = try files.map { try SafetensorsFile(path: try index.path(of: $0)) }
        places = try index.names.map { name in
            let file = index.file(of: name)!
            let place = files.firstIndex { utf8Equal($0, file) } ?? 0
            guard shards[place].contains(name) else {
                let actual = zip(files, shards).first { $0.1.contains(name) }?.0
                throw CheckpointError(
                    .shard, file: path, tensor: name, actual == nil ? "in no shard" : "in another shard",
                    expected: file, found: actual)
            }
            return place
        }
        names = index.names
        self.shards = shards
        self.path = path
        try checkUnlisted(files)
    }

    /// What the headers say of a tensor; `nil` when the index does not list it.
    package func entry(named name: String) -> TensorEntry? { shard(of: name)?.entry(named: name) }

    /// The tensor in its own element type: a view of its mapped file, to be read only.
    /// - Throws: `CheckpointError` (`missingTensor`).
    package func tensor(named name: String) throws -> Tensor {
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
}
