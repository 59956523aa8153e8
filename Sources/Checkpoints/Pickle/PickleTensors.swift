extension PickleMachine {
    /// A storage, named by `("storage", class, key, location, count)`; PyTorch before 1.6 adds `None`, or key, offset and
    /// count of the part that is meant.
    mutating func storage(_ id: PickleValue) throws -> PickleValue {
        guard case .tuple(let place) = id else {
            throw cursor.fault("wrong name of a storage", expected: "a tuple", found: id.kind)
        }
        let items = heap.containers[place]
        if items.count > 1, case .unknown = items[1] {
            throw cursor.fault(
                .dtype, "a storage of an unsupported type", found: shown(items[1]),
                hint: "save tensor.dequantize(), where it is quantised")
        }
        guard (5...6).contains(items.count), case .text(let word) = items[0], word.count == 7,
            cursor.string(word) == "storage", case .global(let global) = items[1], case .text(let key) = items[2],
            key.count <= 1024, case .text = items[3], case .integer(let count) = items[4], count >= 0
        else {
            throw cursor.fault(
                "wrong name of a storage", expected: "(\"storage\", class, key, location, count)",
                found: "(" + items.prefix(8).map(\.kind).joined(separator: ", ") + ")")
        }
        var record: PickleHeap.StorageRecord
        switch global {
        case .untypedStorage: record = PickleHeap.StorageRecord(type: nil, key: key, count: count)
        case .storage(let type): record = PickleHeap.StorageRecord(type: type, key: key, count: count)
        default: throw cursor.fault("wrong class of a storage", found: global.name)
        }
        if items.count == 6 { record.view = try view(items[5], of: count) }
        return .storage(heap.add(record))
    }

    private func view(_ value: PickleValue, of count: Int) throws -> Range<Int>? {
        if case .none = value { return nil }
        guard case .tuple(let place) = value, heap.containers[place].count == 3,
            case .text = heap.containers[place][0], case .integer(let offset) = heap.containers[place][1],
            case .integer(let size) = heap.containers[place][2]
        else { throw cursor.fault("wrong view of a storage", expected: "(key, offset, count)", found: value.kind) }
        guard offset >= 0, size >= 0, offset <= count, size <= count - offset else {
            throw cursor.fault(
                .offsets, "the view reaches beyond its storage", expected: "at most \(count) elements",
                found: "\(size) from element \(offset) on")
        }
        return offset..<(offset + size)
    }

    /// A tensor of `(storage, offset, shape, strides, trained, hooks …)`; the newer types are named beside an untyped
    /// storage.
    mutating func tensor(
        _ items: [PickleValue], type: TorchType?, metadata: PickleValue?
    ) throws -> PickleValue {
        guard case .storage(let storage) = items[0] else {
            throw cursor.fault("the tensor has no storage", found: items[0].kind)
        }
        guard let type = type ?? heap.storages[storage].type else {
            throw cursor.fault(.dtype, "the tensor has no element type")
        }
        guard case .integer(let offset) = items[1], offset >= 0 else {
            throw cursor.fault(.offsets, "the tensor's offset is no integer from 0 on", found: shown(items[1]))
        }
        let shape = try integers(items[2], "shape")
        let stride = try integers(items[3], "strides")
        guard shape.count == stride.count else {
            throw cursor.fault("the tensor has \(shape.count) axes and \(stride.count) strides")
        }
        switch metadata {
        case nil, .some(.none): break
        case .dict(let place) where heap.containers[place].isEmpty: break
        default:
            throw cursor.fault(
                "the tensor is a conjugated or negated view", hint: "save tensor.resolve_conj().resolve_neg()")
        }
        var record = PickleHeap.TensorRecord(
            storage: storage, type: type, offset: offset, shape: shape, stride: stride,
            place: cursor.base + cursor.start)
        if case .bool(true) = items[4] { record.isTrained = true }
        if items.count > 5 { record.attributes.append(("backward_hooks", items[5])) }
        return .tensor(heap.add(record))
    }

    /// Another tensor with the same numbers, of which more is known.
    mutating func changed(
        _ value: PickleValue, _ global: PickleGlobal, _ change: (inout PickleHeap.TensorRecord) -> Void
    ) throws -> PickleValue {
        guard case .tensor(let place) = value else { throw wrong(global, value, "a tensor") }
        var record = heap.tensors[place]
        change(&record)
        // A tensor of a tensor of a tensor …: each has what those before it have.
        guard record.attributes.count <= 16 else { throw cursor.fault("a tensor with too many attributes") }
        return .tensor(heap.add(record))
    }

    /// Integers from 0 on, of at most 64 axes, as many as PyTorch lets a tensor have.
    func integers(_ value: PickleValue, _ what: String) throws -> [Int] {
        let place: Int
        switch value {
        case .tuple(let tuple), .size(let tuple): place = tuple
        default: place = -1
        }
        guard place >= 0, heap.containers[place].count <= 64 else {
            throw cursor.fault(
                "wrong \(what) of a tensor", expected: "a tuple of at most 64 integers", found: value.kind)
        }
        return try heap.containers[place].map { value in
            guard case .integer(let integer) = value, integer >= 0 else {
                throw cursor.fault(.offsets, "the tensor's \(what) must be integers from 0 on", found: shown(value))
            }
            return integer
        }
    }
}
