import Compute

/// One tensor of a checkpoint: what is known of it, and where its numbers are.
package struct CheckpointTensor: Sendable {
    /// Where the numbers are.
    package enum Source: Sendable {
        /// Row-major in a file, from byte `offset` on.
        case file(OpenFile, offset: Int)
        /// Row-major in memory, from byte `offset` on.
        case memory(Storage, offset: Int)
        /// To be made: gathered from a view with strides, or computed. Called once for each reading of the tensor.
        case made(@Sendable () throws -> Storage)
    }

    /// Its name, not normalised.
    package let name: String
    /// Element type in the file.
    package let type: ElementType
    /// Extent of each axis, outermost first.
    package let shape: [Int]
    /// Where the numbers are.
    package let source: Source

    /// A tensor; the shape must be a whole number of the type's blocks.
    package init(name: String, type: ElementType, shape: [Int], source: Source) {
        precondition(type.byteCount(shape) != nil, "\(type.name) \(shape)")
        self.name = name
        self.type = type
        self.shape = shape
        self.source = source
    }

    /// Number of elements.
    package var count: Int { shape.reduce(1, *) }
    /// Bytes of all elements, row-major.
    package var byteCount: Int { count / type.elementsPerBlock * type.bytesPerBlock }

    /// The same tensor under another name.
    package func named(_ name: String) -> CheckpointTensor {
        CheckpointTensor(name: name, type: type, shape: shape, source: source)
    }

    /// The bytes, for reading: still in the file, or made now.
    /// - Throws: what making them throws.
    package func bytes() throws -> TensorBytes {
        switch source {
        case .file(let file, let offset): return TensorBytes(.file(file, offset: offset), count: byteCount)
        case .memory(let storage, let offset):
            return TensorBytes(.memory(storage, offset: offset), count: byteCount)
        case .made(let make):
            let storage = try make()
            precondition(storage.byteCount >= byteCount)
            return TensorBytes(.memory(storage, offset: 0), count: byteCount)
        }
    }
}

/// The bytes of a tensor, row-major and little-endian, to be read piece by piece.
package struct TensorBytes: Sendable {
    enum Place: Sendable {
        case file(OpenFile, offset: Int)
        case memory(Storage, offset: Int)
    }

    private let place: Place
    /// How many there are.
    package let count: Int

    init(_ place: Place, count: Int) {
        self.place = place
        self.count = count
    }

    /// Reads some of them. Threads may read at the same time.
    /// - Throws: `CheckpointError` (`truncated`, `unreadable`).
    package func read(_ range: Range<Int>, into target: UnsafeMutableRawPointer) throws {
        precondition(range.lowerBound >= 0 && range.upperBound <= count)
        switch place {
        case .file(let file, let offset): try file.read(range.count, at: offset + range.lowerBound, into: target)
        case .memory(let storage, let offset):
            target.copyMemory(from: storage.base + offset + range.lowerBound, byteCount: range.count)
        }
    }
}
