import Core

extension Checkpoint {
    /// A GGUF file of version 2 or 3, little-endian, or all parts of one that was split. Quantised tensors have the types
    /// that GGUF names, and are compared as bytes; shapes are outermost first, the reverse of the file's.
    /// - Throws: `CheckpointError`.
    package init(gguf file: OpenFile) throws {
        let header = try GGUFHeader(file)
        try Self.requireDistinctKeys(header.metadata, file: file.path)
        guard let part = try GGUFPart(header, file: file.path) else {
            try self.init(
                path: file.path, container: "GGUF", tensors: Self.tensors(header, file),
                metadata: GGUFPart.withoutSplit(header.metadata))
            return
        }
        try self.init(part, header, file)
    }

    /// All parts of a split file, of which one is open.
    private init(_ opened: GGUFPart, _ openedHeader: GGUFHeader, _ file: OpenFile) throws {
        var tensors: [CheckpointTensor] = []
        var metadata = ShardMetadata()
        for number in 0..<opened.count {
            let (header, source): (GGUFHeader, OpenFile)
            if number == opened.number {
                (header, source) = (openedHeader, file)
            } else {
                let path = opened.path(of: number)
                guard FileContents.exists(path) else {
                    throw CheckpointError(
                        .shard, file: file.path, "a part is missing", expected: path,
                        hint: "the model is in \(opened.count) files, all of which have to be in one folder")
                }
                try ModelDirectory.requireInside(path)
                source = try OpenFile(path: path)
                header = try GGUFHeader(source)
                try Self.requireDistinctKeys(header.metadata, file: path)
                guard let part = try GGUFPart(header, file: path), opened.isSameModel(as: part) else {
                    throw CheckpointError(
                        .shard, file: path, "a part of another model",
                        expected: "\(opened.count) parts with \(opened.tensorCount) tensors")
                }
            }
            tensors += Self.tensors(header, source)
            metadata.add(GGUFPart.withoutSplit(header.metadata), of: opened.name(of: number))
        }
        guard tensors.count == opened.tensorCount else {
            throw CheckpointError(
                .shard, file: file.path, "the parts do not hold all tensors", expected: "\(opened.tensorCount)",
                found: "\(tensors.count)")
        }
        // The first part speaks for all, mostly; the others are silent.
        let texts = metadata.merged(mayLack: true)
        try Self.requireDistinctKeys(texts, file: file.path)
        try self.init(path: file.path, container: "GGUF", tensors: tensors, metadata: texts)
    }

    private static func tensors(_ header: GGUFHeader, _ file: OpenFile) -> [CheckpointTensor] {
        header.rows.map {
            CheckpointTensor(
                name: $0.name, type: $0.type, shape: $0.shape,
                source: .file(file, offset: header.dataStart + $0.range.lowerBound))
        }
    }
}
