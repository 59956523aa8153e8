extension Checkpoint {
    /// A GGUF file of version 2 or 3, little-endian. Quantised tensors have the types that GGUF names, and are compared
    /// as bytes; shapes are outermost first, the reverse of the file's.
    /// - Throws: `CheckpointError`.
    public init(gguf file: OpenFile) throws {
        let header = try GGUFHeader(file)
        try Self.requireDistinctKeys(header.metadata, file: file.path)
        try self.init(
            path: file.path, container: "GGUF",
            tensors: header.rows.map {
                CheckpointTensor(
                    name: $0.name, type: $0.type, shape: $0.shape,
                    source: .file(file, offset: header.dataStart + $0.range.lowerBound))
            }, metadata: header.metadata)
    }
}
