import Core

/// The index of a sharded checkpoint: which file holds which tensor.
struct ShardIndex {
    /// Path of the index.
    let path: String
    /// Names with their files, in byte order of the names.
    private let map: [(name: String, file: String)]
    /// The files, each once, in byte order.
    let files: [String]
    /// What the index says besides, as key and canonical JSON: its `metadata`, and members that are not known.
    private let metadata: [(key: String, value: JSONValue)]

    /// Reads an index. - Throws: `CheckpointError`.
    init(_ path: String) throws {
        let index = try ModelDirectory.readObject(path)
        guard case .object(let object)? = index["weight_map"] else {
            throw CheckpointError(
                .shard, file: path, "no usable weight_map", expected: "object",
                found: index["weight_map"]?.kind ?? "none")
        }
        self.path = path
        map = try object.members.map { name, value in
            guard case .string(let file) = value else {
                throw CheckpointError(
                    .shard, file: path, tensor: name, "weight_map is of the wrong kind", expected: "string",
                    found: value.kind)
            }
            return (name, file)
        }
        var files: [String] = []
        for file in map.map(\.file).sorted(by: utf8Less) where files.last.map({ utf8Equal($0, file) }) != true {
            files.append(file)
        }
        self.files = files
        metadata = index.members.flatMap { key, value -> [(key: String, value: JSONValue)] in
            if utf8Equal(key, "weight_map") { return [] }
            if utf8Equal(key, "metadata"), case .object(let object) = value { return object.members }
            if utf8Equal(key, "metadata"), case .null = value { return [] }
            return [(key, value)]
        }
    }

    /// What the index says of all shards together, without what can be seen from the tensors: a true `total_size` and
    /// `total_parameters` are left away, so that the number of shards is no difference.
    func metadata(bytes: Int, elements: Int) -> [(key: String, value: String)] {
        metadata.filter { key, value in
            guard case .number(let number) = value, let integer = number.int64 else { return true }
            if utf8Equal(key, "total_size") { return integer != Int64(bytes) }
            return !utf8Equal(key, "total_parameters") || integer != Int64(elements)
        }.map { ("index: " + $0.key, $0.value.canonical) }
    }

    /// The names that the index lists.
    var names: [String] { map.map(\.name) }

    /// The file of a tensor; `nil` where the index does not list it.
    func file(of name: String) -> String? {
        NameOrder.place(of: name, count: map.count) { map[$0].name }.map { map[$0].file }
    }

    /// The path of a shard, which must be a file beside the index.
    /// - Throws: `CheckpointError` (`shard`).
    func path(of file: String) throws -> String {
        guard !file.isEmpty, !file.utf8.contains(UInt8(ascii: "/")), file != "..", file != "." else {
            throw CheckpointError(
                .shard, file: path, "a shard must be a file beside the index", found: "\"\(file)\"")
        }
        let place = ModelDirectory.join(ModelDirectory.folder(of: path), file)
        guard FileContents.exists(place) else {
            throw CheckpointError(.shard, file: path, "a shard is missing", expected: place)
        }
        try ModelDirectory.requireInside(place)
        return place
    }
}
