extension PickleMachine {
    /// What a class or function would make of its arguments; a description of it, nothing is run.
    mutating func call(_ callee: PickleValue, _ arguments: PickleValue) throws -> PickleValue {
        guard case .tuple(let place) = arguments else {
            throw cursor.fault("the arguments are no tuple", found: arguments.kind)
        }
        switch callee {
        case .global(let global): return try call(global, heap.containers[place], arguments)
        case .unknown(let name):
            let text = PickleText(cursor: cursor, heap: heap).name(name)
            guard PickleCode.isClass(text) else { throw cursor.namesCode(ForeignText.shown(text)) }
            return .object(heap.add(PickleHeap.ObjectRecord(callee: callee, arguments: arguments)))
        default: throw cursor.fault(.code, "the pickle runs what is no name", found: callee.kind)
        }
    }

    /// An instance of a class, which its name is for certain here.
    mutating func make(
        _ callee: PickleValue, _ arguments: PickleValue, keywords: PickleValue? = nil
    ) throws -> PickleValue {
        if case .global = callee, keywords == nil { return try call(callee, arguments) }
        guard case .unknown = callee else {
            throw cursor.fault(.code, "the pickle runs what is no name", found: callee.kind)
        }
        guard case .tuple = arguments else {
            throw cursor.fault("the arguments are no tuple", found: arguments.kind)
        }
        return .object(heap.add(PickleHeap.ObjectRecord(callee: callee, arguments: arguments, keywords: keywords)))
    }

    private mutating func call(
        _ global: PickleGlobal, _ items: [PickleValue], _ arguments: PickleValue
    ) throws -> PickleValue {
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
            try check(0...1)
            return .dict(heap.add(try items.first.map { try pairs($0, global) } ?? []))
        case .set, .frozenSet:
            try check(0...1)
            let values = try items.first.map { try elements($0, global) } ?? []
            return global == .set ? .set(heap.add(values)) : .frozenSet(heap.add(values))
        case .byteArray:
            try check(0...2)
            return try byteArray(items, global)
        case .bytes:
            // Protocol 2 writes no bytes so; others as `_codecs.encode`.
            try check(0...0)
            return .bytes(PickleBytes(start: 0, count: 0))
        case .reconstructor:
            try check(3...3)
            // `copyreg._reconstructor(class, object, None)`: an instance, as NEWOBJ makes it.
            guard case .unknown = items[0], case .none = items[2] else { throw wrong(global, items[0], "a class") }
            return .object(heap.add(PickleHeap.ObjectRecord(callee: items[0], arguments: .tuple(heap.add([])))))
        case .rebuildTensorV1:
            try check(4...4)
            return try tensor(items + [.bool(false)], type: nil, metadata: nil)
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
            return try changed(items[0], global) { tensor in
                if case .bool(true) = items[1] { tensor.isTrained = true }
                tensor.attributes += [("backward_hooks", items[2])] + items.dropFirst(3).map { (nil, $0) }
            }
        case .rebuildFromType:
            try check(4...4)
            return try changed(try call(items[0], items[2]), global) { tensor in
                tensor.subclass = items[1]
                tensor.attributes.append((nil, items[3]))
            }
        case .size:
            try check(1...1)
            guard case .tuple(let place) = items[0] else { throw wrong(global, items[0], "a tuple") }
            return .size(place)
        case .device:
            try check(1...2)
            guard case .text = items[0], case .tuple(let place) = arguments else {
                throw wrong(global, items[0], "a text")
            }
            if items.count == 2 {
                guard case .integer = items[1] else { throw wrong(global, items[1], "an integer") }
            }
            return .device(place)
        case .encode:
            try check(2...2)
            guard case .text(let run) = items[0], case .text(let codec) = items[1], codec.count < 10,
                ["latin1", "latin-1"].contains(cursor.string(codec))
            else { throw cursor.fault("_codecs.encode is understood for a text in latin1 only") }
            return .latin(run)
        case .numpyDtype:
            try check(3...3)
            return try numpyType(items, global)
        case .numpyScalar:
            try check(2...2)
            guard case .numpyType(let type) = items[0] else { throw wrong(global, items[0], "a numpy type") }
            return try number(type, items[1])
        case .numpyReconstruct:
            try check(3...3)
            var array = PickleHeap.ArrayRecord(place: cursor.base + cursor.start)
            switch items[0] {
            case .global(.numpyArray): break
            case .unknown: array.subclass = items[0]
            default: throw wrong(global, items[0], "a class of arrays")
            }
            return .array(heap.add(array))
        case .numpyFromBuffer:
            try check(4...4)
            return try arrayOfBuffer(items, global)
        case .untypedStorage, .storage, .dtype, .numpyArray:
            throw cursor.fault("\(global.name) is not called in what torch.save writes")
        }
    }

    /// Attributes that are set on an object. Those of a numpy type must say what it is already.
    mutating func build(_ state: PickleValue, on target: PickleValue) throws {
        switch (target, state) {
        case (.dict(let place), .dict), (.dict(let place), .tuple): heap.set(state, onDict: place)
        case (.object(let place), _): heap.append([state], to: \.states, of: place)
        case (.array(let place), .tuple(let parts)): try set(array: place, heap.containers[parts])
        case (.numpyType, .tuple(let place)):
            let items = heap.containers[place]
            guard items.count > 1, case .text(let order) = items[1], order.count == 1,
                ["<", "|", "="].contains(cursor.string(order))
            else { throw cursor.fault("a numpy type that is not little-endian") }
        default:
            throw cursor.fault("attributes are set on \(target.kind)", expected: "a dict", found: state.kind)
        }
    }

    /// The values of a list or tuple.
    private func elements(_ value: PickleValue, _ global: PickleGlobal) throws -> [PickleValue] {
        switch value {
        case .list(let place), .tuple(let place): return heap.containers[place]
        default: throw wrong(global, value, "a list")
        }
    }

    /// Keys and values in turn of a list of pairs, as Python 2 writes an OrderedDict; or of a dict.
    private func pairs(_ value: PickleValue, _ global: PickleGlobal) throws -> [PickleValue] {
        if case .dict(let place) = value { return heap.containers[place] }
        return try elements(value, global).flatMap { pair in
            let both = try elements(pair, global)
            guard both.count == 2 else { throw wrong(global, pair, "a pair") }
            return both
        }
    }

    private func byteArray(_ items: [PickleValue], _ global: PickleGlobal) throws -> PickleValue {
        switch items.first {
        case nil: return .byteArray(PickleBytes(start: 0, count: 0), isLatin: false)
        case .bytes(let run): return .byteArray(run, isLatin: false)
        case .latin(let run): return .byteArray(run, isLatin: true)
        case .text(let run) where items.count == 2: return .byteArray(run, isLatin: true)
        case .some(let other): throw wrong(global, other, "bytes")
        }
    }

    func shown(_ value: PickleValue) -> String {
        switch value {
        case .integer(let integer): "\(integer)"
        case .unknown(let name): ForeignText.shown(PickleText(cursor: cursor, heap: heap).name(name))
        default: value.kind
        }
    }

    func wrong(_ global: PickleGlobal, _ value: PickleValue, _ expected: String) -> CheckpointError {
        cursor.fault("wrong argument of \(global.name)", expected: expected, found: value.kind)
    }
}
