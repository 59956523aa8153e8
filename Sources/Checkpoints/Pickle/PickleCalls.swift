extension PickleMachine {
    /// What a class or function of the list would make of its arguments; a description of it, nothing is run.
    mutating func call(_ callee: PickleValue, _ arguments: PickleValue) throws -> PickleValue {
        guard case .global(let global) = callee else {
            throw cursor.fault(.code, "the pickle runs what is no name", found: callee.kind)
        }
        guard case .tuple(let place) = arguments else {
            throw cursor.fault("the arguments are no tuple", found: arguments.kind)
        }
        let items = heap.containers[place]
        func check(_ counts: ClosedRange<Int>) throws {
            guard counts.contains(items.count) else {
                throw cursor.fault(
                    "wrong number of arguments of \(global.name)",
                    expected: counts.count == 1 ? "\(counts.lowerBound)" : "\(counts.lowerBound)…\(counts.upperBound)",
                    found: "\(items.count)")
            }
        }
        switch global {
        case .orderedDict:
            try check(0...0)
            return .dict(heap.add([]))
        case .rebuildTensorV2:
            try check(6...7)
            return try tensor(items, type: nil, metadata: items.dropFirst(6).first)
        case .rebuildTensorV3:
            try check(7...8)
            guard case .global(.dtype(let type)) = items[6] else {
                throw cursor.fault(.dtype, "the tensor's type is no type", found: items[6].kind)
            }
            return try tensor(items, type: type, metadata: items.dropFirst(7).first)
        case .rebuildParameter, .rebuildParameterWithState:
            try check(global == .rebuildParameter ? 3...3 : 4...4)
            guard case .tensor = items[0] else { throw wrong(global, items[0], "a tensor") }
            return items[0]
        case .size:
            try check(1...1)
            guard case .tuple = items[0] else { throw wrong(global, items[0], "a tuple") }
            return items[0]
        case .device:
            try check(1...2)
            guard case .text = items[0] else { throw wrong(global, items[0], "a text") }
            if items.count == 2 {
                guard case .integer = items[1] else { throw wrong(global, items[1], "an integer") }
            }
            return .device(place)
        case .numpyDtype:
            try check(3...3)
            guard case .text(let run) = items[0] else { throw wrong(global, items[0], "a text") }
            let name = run.count < 10 ? cursor.string(run) : ""
            guard let type = NumpyType(rawValue: name) else {
                throw cursor.fault(
                    "a number of an unsupported numpy type", found: ForeignText.shown(cursor.bytes[run.range]))
            }
            return .numpyType(type)
        case .numpyScalar:
            try check(2...2)
            guard case .numpyType(let type) = items[0] else { throw wrong(global, items[0], "a numpy type") }
            return try number(type, items[1])
        case .encode:
            try check(2...2)
            guard case .text(let run) = items[0], case .text(let codec) = items[1], codec.count < 10,
                ["latin1", "latin-1"].contains(cursor.string(codec))
            else { throw cursor.fault("_codecs.encode is understood for a text in latin1 only") }
            return .latin(run)
        case .untypedStorage, .storage, .dtype:
            throw cursor.fault("\(global.name) is not called in what torch.save writes")
        }
    }

    /// Attributes that are set on an object: those of a dict, such as `_metadata` of a state dict, are left away; those
    /// of a numpy type must say what it is already.
    func build(_ state: PickleValue, on target: PickleValue) throws {
        switch (target, state) {
        case (.dict, .dict): return
        case (.numpyType, .tuple(let place)):
            let items = heap.containers[place]
            guard items.count > 1, case .text(let order) = items[1], order.count == 1,
                ["<", "|", "="].contains(cursor.string(order))
            else { throw cursor.fault("a numpy type that is not little-endian") }
        default:
            throw cursor.fault("attributes are set on \(target.kind)", expected: "a dict", found: state.kind)
        }
    }

    /// A storage, named by `("storage", class, key, location, count)`.
    mutating func storage(_ id: PickleValue) throws -> PickleValue {
        guard case .tuple(let place) = id else {
            throw cursor.fault("wrong name of a storage", expected: "a tuple", found: id.kind)
        }
        let items = heap.containers[place]
        guard items.count == 5, case .text(let word) = items[0], word.count == 7, cursor.string(word) == "storage",
            case .global(let global) = items[1], case .text(let key) = items[2], key.count <= 1024,
            case .text = items[3],
            case .integer(let count) = items[4], count >= 0
        else {
            throw cursor.fault(
                "wrong name of a storage", expected: "(\"storage\", class, key, location, count)",
                found: "(" + items.prefix(8).map(\.kind).joined(separator: ", ") + ")")
        }
        switch global {
        case .untypedStorage: return .storage(heap.add(PickleHeap.StorageRecord(type: nil, key: key, count: count)))
        case .storage(let type):
            return .storage(heap.add(PickleHeap.StorageRecord(type: type, key: key, count: count)))
        default: throw cursor.fault("wrong class of a storage", found: global.name)
        }
    }

    /// A tensor of `(storage, offset, shape, strides, …)`; the newer types are named beside an untyped storage.
    private mutating func tensor(
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
        return .tensor(
            heap.add(
                PickleHeap.TensorRecord(
                    storage: storage, type: type, offset: offset, shape: shape, stride: stride,
                    place: cursor.base + cursor.start)))
    }

    /// Integers from 0 on, of at most 64 axes, as many as PyTorch lets a tensor have.
    private func integers(_ value: PickleValue, _ what: String) throws -> [Int] {
        guard case .tuple(let place) = value, heap.containers[place].count <= 64 else {
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

    private func number(_ type: NumpyType, _ value: PickleValue) throws -> PickleValue {
        let bytes: [UInt8]?
        switch value {
        case .bytes(let run) where run.count <= 8: bytes = Array(cursor.bytes[run.range])
        case .latin(let run) where run.count <= 16: bytes = Self.latin(cursor.string(run))
        default: bytes = nil
        }
        guard let bytes, bytes.count == type.byteCount,
            let number = type.value((bytes + [UInt8](repeating: 0, count: 8 - bytes.count)).u64(0))
        else { throw cursor.fault("the number's bytes do not fit its numpy type", expected: type.rawValue) }
        return number
    }

    /// The bytes of a text each of whose characters is one; `nil` for other texts.
    static func latin(_ text: String) -> [UInt8]? {
        var bytes: [UInt8] = []
        for scalar in text.unicodeScalars {
            guard let byte = UInt8(exactly: scalar.value) else { return nil }
            bytes.append(byte)
        }
        return bytes
    }

    private func shown(_ value: PickleValue) -> String {
        if case .integer(let integer) = value { "\(integer)" } else { value.kind }
    }

    private func wrong(_ global: PickleGlobal, _ value: PickleValue, _ expected: String) -> CheckpointError {
        cursor.fault("wrong argument of \(global.name)", expected: expected, found: value.kind)
    }
}
