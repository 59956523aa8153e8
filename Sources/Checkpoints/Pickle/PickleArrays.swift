extension PickleMachine {
    /// The type that `numpy.dtype(name, False, True)` is.
    func numpyType(_ items: [PickleValue], _ global: PickleGlobal) throws -> PickleValue {
        guard case .text(let run) = items[0] else { throw wrong(global, items[0], "a text") }
        let name = run.count < 10 ? cursor.string(run) : ""
        guard let type = NumpyType(rawValue: name) else {
            throw cursor.fault(
                "an unsupported numpy type: objects, texts, times and structures are not read",
                found: ForeignText.shown(cursor.bytes[run.range]))
        }
        return .numpyType(type)
    }

    /// One number of a numpy type.
    func number(_ type: NumpyType, _ value: PickleValue) throws -> PickleValue {
        let bytes: [UInt8]?
        switch value {
        case .bytes(let run) where run.count <= 8, .text(let run) where run.count <= 8:
            bytes = Array(cursor.bytes[run.range])
        case .latin(let run) where run.count <= 16: bytes = Self.latin(cursor.string(run))
        default: bytes = nil
        }
        guard let bytes, bytes.count == type.byteCount,
            case let bits = (bytes + [UInt8](repeating: 0, count: 8 - bytes.count)).u64(0), type.text(bits) != nil
        else { throw cursor.fault("the number's bytes do not fit its numpy type", expected: type.rawValue) }
        return .number(type, bits)
    }

    /// An array of `(buffer, type, shape, order)`, as protocol 5 writes it.
    mutating func arrayOfBuffer(_ items: [PickleValue], _ global: PickleGlobal) throws -> PickleValue {
        guard case .text(let order) = items[3], order.count == 1 else { throw wrong(global, items[3], "an order") }
        return .array(
            heap.add(try array(items[1], items[2], isFortran: cursor.string(order) == "F", data: items[0])))
    }

    /// What is set on an array that was begun: `(version, shape, type, is Fortran's order, bytes)`.
    mutating func set(array place: Int, _ parts: [PickleValue]) throws {
        guard parts.count == 5, case .bool(let isFortran) = parts[3] else {
            throw cursor.fault(
                "wrong state of a numpy array", expected: "(version, shape, type, order, bytes)",
                found: "(" + parts.prefix(8).map(\.kind).joined(separator: ", ") + ")")
        }
        var whole = try array(parts[2], parts[1], isFortran: isFortran, data: parts[4])
        whole.subclass = heap.arrays[place].subclass
        heap.replace(place, by: whole)
    }

    private func array(
        _ type: PickleValue, _ shape: PickleValue, isFortran: Bool, data: PickleValue
    ) throws -> PickleHeap.ArrayRecord {
        guard case .numpyType(let type) = type else {
            throw cursor.fault(.dtype, "the array's type is no numpy type", found: type.kind)
        }
        switch data {
        case .bytes, .latin, .byteArray, .text: break
        default: throw cursor.fault("the array's numbers are no bytes", found: data.kind)
        }
        return PickleHeap.ArrayRecord(
            type: type, shape: try integers(shape, "shape"), isFortran: isFortran, data: data,
            place: cursor.base + cursor.start)
    }

    /// The bytes of a text each of whose characters is one; `nil` for other texts.
    static func latin(_ text: String) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        for scalar in text.unicodeScalars {
            guard let byte = UInt8(exactly: scalar.value) else { return nil }
            bytes.append(byte)
        }
        return bytes
    }
}
