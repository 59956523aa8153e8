/// A dense, row-major array of numbers: a shape, an element type, and a place in a storage.
///
/// Tensors are values by convention: an operation makes a new one unless its name says *in place* or *accumulate*.
package struct Tensor: Sendable {
    /// Extent of each axis, outermost first; empty for a scalar.
    package let shape: [Int]
    /// Element type.
    package let dtype: DType
    /// The bytes this tensor looks at.
    package private(set) var storage: Storage
    /// Byte offset of the first element in `storage`.
    package let offset: Int

    /// A new tensor on the host with undefined contents, to be written whole by the caller.
    package init(uninitialized shape: [Int], dtype: DType = .f32) {
        self.shape = shape
        self.dtype = dtype
        self.storage = Storage(byteCount: shape.reduce(1, *) * dtype.byteCount)
        self.offset = 0
    }

    /// A view of `storage` from byte `offset` on.
    package init(shape: [Int], dtype: DType, storage: Storage, offset: Int) {
        precondition(offset >= 0 && offset + shape.reduce(1, *) * dtype.byteCount <= storage.byteCount)
        self.shape = shape
        self.dtype = dtype
        self.storage = storage
        self.offset = offset
    }

    /// A Float32 tensor of zeros (+0) on the host.
    package init(zeros shape: [Int]) {
        self.init(uninitialized: shape)
        pointer.initialize(repeating: 0, count: count)
    }

    /// A Float32 tensor on the host with the given values in row-major order.
    package init(_ values: [Float], shape: [Int]) {
        precondition(values.count == shape.reduce(1, *), "\(values.count) values for shape \(shape)")
        self.init(uninitialized: shape)
        values.withUnsafeBufferPointer { if let base = $0.baseAddress { pointer.update(from: base, count: count) } }
    }

    /// Number of elements.
    package var count: Int { shape.reduce(1, *) }
    /// Number of bytes.
    package var byteCount: Int { count * dtype.byteCount }
    /// The raw bytes, little-endian. They must be on the host.
    package var bytes: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: storage.base + offset, count: byteCount)
    }
    /// The same values in the host's memory: itself, or a copy of what a device has.
    package var onHost: Tensor {
        guard case .device(let device, _) = storage.residence else { return self }
        let copy = Tensor(uninitialized: shape, dtype: dtype)
        device.read(
            storage, at: offset, into: UnsafeMutableRawBufferPointer(start: copy.storage.base, count: byteCount))
        return copy
    }

    /// Calls `body` with the raw bytes, little-endian, wherever they are; a device's are copied first.
    package func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        let tensor = onHost
        return try withExtendedLifetime(tensor.storage) { try body(tensor.bytes) }
    }

    /// Hands the raw bytes to `body` in order, a device's in pieces of at most `size`: large tensors need not lie on the host
    /// whole. They are read by `reader`, or by one that is made now.
    package func eachPiece(
        of size: Int = 8 << 20, by reader: (any DeviceReader)? = nil, _ body: (UnsafeRawBufferPointer) throws -> Void
    ) rethrows {
        guard case .device(let device, _) = storage.residence else { return try withBytes(body) }
        let reader = reader ?? device.reader()
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: min(size, byteCount), alignment: 64)
        defer { buffer.deallocate() }
        for start in stride(from: 0, to: byteCount, by: size) {
            let piece = UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(size, byteCount - start)])
            reader.read(storage, at: offset + start, into: piece)
            try body(UnsafeRawBufferPointer(piece))
        }
    }

    /// Lets `body` change the elements in place, wherever they are; a device's are copied to the host and back. The tensor must
    /// be `f32`.
    package func changeValues<Result>(
        _ body: (UnsafeMutableBufferPointer<Float>) throws -> Result
    ) rethrows -> Result {
        let tensor = onHost
        let result = try withExtendedLifetime(tensor.storage) { try body(tensor.hostValues) }
        if case .device(let device, _) = storage.residence { device.write(tensor.bytes, to: storage, at: offset) }
        return result
    }

    /// Where the first byte is: equal for tensors that begin at one place, as long as both are there.
    package var address: UInt {
        switch storage.residence {
        case .host(let base): UInt(bitPattern: base + offset)
        case .device(_, let address): address + UInt(offset)
        }
    }

    /// The elements in the host's memory, for devices that compute there. The tensor must be `f32`.
    var pointer: UnsafeMutablePointer<Float> {
        precondition(dtype == .f32, "expected F32, found \(dtype.rawValue)")
        return (storage.base + offset).assumingMemoryBound(to: Float.self)
    }
    /// The elements where they lie, for who has to read or write them on the host: files, comparisons, planted faults. The
    /// tensor must be `f32` and on the host. `HostAccessTests` counts the places.
    package var hostValues: UnsafeMutableBufferPointer<Float> {
        UnsafeMutableBufferPointer(start: pointer, count: count)
    }
    /// A copy of the elements, wherever they are. The tensor must be `f32`.
    package var floats: [Float] { elements(.f32) }
    /// A copy of the elements of an `f64` tensor.
    var doubles: [Double] { elements(.f64) }
    /// A copy of the elements of an `i64` tensor.
    var integers: [Int] { elements(.i64) }

    private func elements<Element: BitwiseCopyable>(_ expected: DType) -> [Element] {
        precondition(dtype == expected, "expected \(expected.rawValue), found \(dtype.rawValue)")
        return [Element](unsafeUninitializedCapacity: count) { buffer, initialized in
            initialized = count
            switch storage.residence {
            case .host(let base):
                if count > 0 {
                    UnsafeMutableRawPointer(buffer.baseAddress!).copyMemory(from: base + offset, byteCount: byteCount)
                }
            case .device(let device, _):
                device.read(
                    storage, at: offset,
                    into: UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[..<byteCount]))
            }
        }
    }

    /// The same elements under another shape of equal count.
    package func reshaped(_ shape: [Int]) -> Tensor {
        precondition(shape.reduce(1, *) == count, "cannot reshape \(self.shape) to \(shape)")
        return Tensor(shape: shape, dtype: dtype, storage: storage, offset: offset)
    }

    /// Rows `range` along the outermost axis, sharing storage.
    package func slice(_ range: Range<Int>) -> Tensor {
        precondition(!shape.isEmpty && range.lowerBound >= 0 && range.upperBound <= shape[0])
        let row = shape.dropFirst().reduce(1, *) * dtype.byteCount
        return Tensor(
            shape: [range.count] + shape.dropFirst(), dtype: dtype, storage: storage,
            offset: offset + range.lowerBound * row)
    }

    /// What lies from element `start` on, as one row, sharing storage.
    func from(_ start: Int) -> Tensor {
        if start == 0 { return self }
        return Tensor(
            shape: [count - start], dtype: dtype, storage: storage, offset: offset + start * dtype.byteCount)
    }

    /// Whether the bytes may be written without anybody else noticing: own memory that no other tensor looks at.
    package var isUniquelyStored: Bool {
        mutating get { storage.isWritable && isKnownUniquelyReferenced(&storage) }
    }

    /// A new tensor of the same shape and type in the same place, its contents undefined.
    private var blank: Tensor {
        Tensor(shape: shape, dtype: dtype, storage: storage.sibling(byteCount: byteCount), offset: 0)
    }

    /// A copy with its own storage, in the same place.
    package func copy() -> Tensor {
        let result = blank
        switch storage.residence {
        case .host(let base): result.storage.base.copyMemory(from: base + offset, byteCount: byteCount)
        case .device(let device, _): device.run(.copy(self, to: result))
        }
        return result
    }

    /// Zeros (+0) of the same shape, in the same place. The tensor must be `f32`.
    package func zeros() -> Tensor {
        let result = blank
        switch storage.residence {
        case .host: result.pointer.initialize(repeating: 0, count: count)
        case .device(let device, _): device.run(.fill(result, 0))
        }
        return result
    }
}
