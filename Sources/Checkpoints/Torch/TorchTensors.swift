/// Finds the bytes of tensors that a pickle describes, and checks that they are there.
struct TorchTensors {
    let archive: TorchArchive
    let cursor: PickleCursor
    let heap: PickleHeap

    /// A gathered tensor may be larger than what it is gathered from, since a stride may be 0, but within bounds.
    static let byteLimit = 64 << 30
    static let alwaysAllowed = 1 << 20
    static let growthLimit = 1024

    private var file: OpenFile { archive.file }

    /// The tensor of that place in the heap, under a name.
    /// - Throws: `CheckpointError` (`container`, `offsets`, `truncated`).
    func tensor(_ place: Int, name: String) throws -> CheckpointTensor {
        let record = heap.tensors[place]
        let entry = try entry(of: record, name: name)
        let type = record.type.element
        guard let byteCount = type.byteCount(record.shape) else {
            throw fault(record, name, "the shape has too many elements", found: "\(record.shape)")
        }
        let view = StridedView(shape: record.shape, stride: record.stride, itemSize: record.type.byteCount)
        guard byteCount > 0 else {
            return CheckpointTensor(
                name: name, type: type, shape: record.shape,
                source: .file(file, offset: entry.range.lowerBound))
        }
        let held = entry.range.count / view.itemSize
        guard let extent = view.extent, record.offset < held, extent <= held - record.offset else {
            throw fault(
                record, name, "the tensor reaches beyond its storage", expected: "at most \(held) elements",
                found: "shape \(record.shape), strides \(record.stride) from element \(record.offset) on")
        }
        let start = entry.range.lowerBound + record.offset * view.itemSize
        if view.isContiguous {
            return CheckpointTensor(
                name: name, type: type, shape: record.shape, source: .file(file, offset: start))
        }
        let grown = min(entry.range.count, Self.byteLimit / Self.growthLimit) * Self.growthLimit
        let allowed = max(Self.alwaysAllowed, grown)
        guard byteCount <= allowed else {
            throw fault(
                record, name, "the view repeats its storage too often",
                expected: "at most \(allowed) bytes", found: "\(byteCount)",
                hint: "save tensor.contiguous()")
        }
        return CheckpointTensor(
            name: name, type: type, shape: record.shape,
            source: .made { [file] in try view.gathered(from: file, at: start) })
    }

    private func entry(of record: PickleHeap.TensorRecord, name: String) throws -> ZipEntry {
        let storage = heap.storages[record.storage]
        let key = cursor.string(storage.key)
        guard let entry = archive["data/" + key] else {
            throw CheckpointError(
                .container, file: file.path, tensor: name, offset: record.place, "its storage is not in the archive",
                expected: "entry \"\(ForeignText.shown(archive.prefix + "data/" + key))\"")
        }
        let size = storage.count.multipliedReportingOverflow(by: storage.type?.byteCount ?? 1)
        guard !size.overflow, size.partialValue == entry.range.count else {
            throw CheckpointError(
                .offsets, file: file.path, tensor: name, offset: entry.range.lowerBound,
                "its storage has another size than the pickle says",
                expected: "\(storage.count) × \(storage.type?.byteCount ?? 1) bytes", found: "\(entry.range.count)")
        }
        return entry
    }

    private func fault(
        _ record: PickleHeap.TensorRecord, _ name: String, _ problem: String, expected: String? = nil,
        found: String? = nil, hint: String? = nil
    ) -> CheckpointError {
        CheckpointError(
            .offsets, file: file.path, tensor: name, offset: record.place, problem, expected: expected, found: found,
            hint: hint)
    }
}
