/// Where the storages are that a pickle names.
protocol TorchStorages {
    /// The file that they are in.
    var file: OpenFile { get }
    /// The bytes of a storage, all of it. - Throws: `CheckpointError` (`container`, `offsets`).
    func range(of storage: PickleHeap.StorageRecord, key: String, tensor: String, place: Int) throws -> Range<Int>
}

/// Finds the bytes of tensors that a pickle describes, and checks that they are there.
struct TorchTensors {
    let storages: any TorchStorages
    let cursor: PickleCursor
    let heap: PickleHeap

    /// A gathered tensor may be larger than what it is gathered from, since a stride may be 0, but within bounds.
    static let byteLimit = 64 << 30
    static let alwaysAllowed = 1 << 20
    static let growthLimit = 1024

    var file: OpenFile { storages.file }

    /// The tensor of that place in the heap, under a name.
    /// - Throws: `CheckpointError` (`container`, `offsets`, `truncated`).
    func tensor(_ place: Int, name: String) throws -> CheckpointTensor {
        let record = heap.tensors[place]
        let range = try range(heap.storages[record.storage], name: name, place: record.place)
        let type = record.type.element
        guard let byteCount = type.byteCount(record.shape) else {
            throw fault(record.place, name, "the shape has too many elements", found: "\(record.shape)")
        }
        let view = StridedView(shape: record.shape, stride: record.stride, itemSize: record.type.byteCount)
        guard byteCount > 0 else {
            return CheckpointTensor(
                name: name, type: type, shape: record.shape, source: .file(file, offset: range.lowerBound))
        }
        let held = range.count / view.itemSize
        guard let extent = view.extent, record.offset < held, extent <= held - record.offset else {
            throw fault(
                record.place, name, "the tensor reaches beyond its storage", expected: "at most \(held) elements",
                found: "shape \(record.shape), strides \(record.stride) from element \(record.offset) on")
        }
        let start = range.lowerBound + record.offset * view.itemSize
        if view.isContiguous {
            return CheckpointTensor(
                name: name, type: type, shape: record.shape, source: .file(file, offset: start))
        }
        let grown = min(range.count, Self.byteLimit / Self.growthLimit) * Self.growthLimit
        let allowed = max(Self.alwaysAllowed, grown)
        guard byteCount <= allowed else {
            throw fault(
                record.place, name, "the view repeats its storage too often",
                expected: "at most \(allowed) bytes", found: "\(byteCount)",
                hint: "save tensor.contiguous()")
        }
        return CheckpointTensor(
            name: name, type: type, shape: record.shape,
            source: .made { [file] in try view.gathered(from: file, at: start) })
    }

    /// A storage that is saved by itself: its elements in a row.
    /// - Throws: `CheckpointError` (`container`, `offsets`, `truncated`).
    func storage(_ place: Int, name: String) throws -> CheckpointTensor {
        let record = heap.storages[place]
        let range = try range(record, name: name, place: cursor.base)
        let type = (record.type ?? .uint8).element
        return CheckpointTensor(
            name: name, type: type, shape: [range.count / type.bytesPerBlock],
            source: .file(file, offset: range.lowerBound))
    }

    /// An array of numpy, under a name.
    /// - Parameter data: where its bytes are.
    /// - Throws: `CheckpointError` (`container`, `offsets`).
    func array(_ place: Int, name: String, data: (file: OpenFile, range: Range<Int>)) throws -> CheckpointTensor {
        let record = heap.arrays[place]
        guard let numpy = record.type else { throw fault(record.place, name, "an array without numbers") }
        let type = numpy.element
        guard let byteCount = type.byteCount(record.shape), byteCount == data.range.count else {
            throw fault(
                record.place, name, "the array's bytes do not fit its shape",
                expected: "\(type.name) \(record.shape)", found: "\(data.range.count) bytes")
        }
        let start = data.range.lowerBound
        guard record.isFortran, record.shape.count > 1, byteCount > 0 else {
            return CheckpointTensor(
                name: name, type: type, shape: record.shape, source: .file(data.file, offset: start))
        }
        // The first axis is the innermost one. All extents are from 1 on, and their product is a number of bytes.
        var strides: [Int] = []
        var step = 1
        for extent in record.shape {
            strides.append(step)
            step *= extent
        }
        let view = StridedView(shape: record.shape, stride: strides, itemSize: numpy.byteCount)
        return CheckpointTensor(
            name: name, type: type, shape: record.shape,
            source: .made { try view.gathered(from: data.file, at: start) })
    }

    /// The bytes of a storage, or of the part of it that is meant.
    private func range(_ storage: PickleHeap.StorageRecord, name: String, place: Int) throws -> Range<Int> {
        let whole = try storages.range(of: storage, key: cursor.string(storage.key), tensor: name, place: place)
        guard let view = storage.view else { return whole }
        // The view lies in the storage's elements, and those are in the file.
        let start = whole.lowerBound + view.lowerBound * storage.itemSize
        return start..<(start + view.count * storage.itemSize)
    }

    private func fault(
        _ place: Int, _ name: String, _ problem: String, expected: String? = nil,
        found: String? = nil, hint: String? = nil
    ) -> CheckpointError {
        CheckpointError(
            .offsets, file: file.path, tensor: name, offset: place, problem, expected: expected, found: found,
            hint: hint)
    }
}
