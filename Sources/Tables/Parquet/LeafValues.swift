/// The values of a page or of a dictionary, without nulls.
indirect enum LeafValues: Sendable {
    case booleans([UInt8])
    case integers([Int64])
    case floats([Float])
    case doubles([Double])
    case bytes(ByteSlices)
    /// Places in a dictionary, each of which is there.
    case places([UInt32], LeafValues)

    /// Bytes of memory that it keeps alive, those of a dictionary among them: one of pictures is as large as a row group.
    var memory: Int {
        switch self {
        case .booleans(let values): values.count
        case .integers(let values): 8 * values.count
        case .floats(let values): 4 * values.count
        case .doubles(let values): 8 * values.count
        case .bytes(let slices): slices.bytes.count + 8 * slices.count
        case .places(let places, let dictionary): 4 * places.count + dictionary.memory
        }
    }

    var count: Int {
        switch self {
        case .booleans(let values): values.count
        case .integers(let values): values.count
        case .floats(let values): values.count
        case .doubles(let values): values.count
        case .bytes(let slices): slices.count
        case .places(let places, _): places.count
        }
    }

    /// One value, as `leaf` means it. - Throws: `TableError` where text is not UTF-8.
    func value(_ index: Int, _ leaf: ParquetLeaf, _ place: TablePlace) throws -> TableValue {
        switch self {
        case .places(let places, let dictionary): return try dictionary.value(Int(places[index]), leaf, place)
        case .booleans(let values): return .boolean(values[index] != 0)
        case .floats(let values): return .number(Double(values[index]))
        case .doubles(let values): return .number(values[index])
        case .integers(let values):
            guard case .unsigned(let bits) = leaf.meaning else { return .integer(values[index]) }
            let value = UInt64(bitPattern: values[index]) & (bits == 64 ? .max : (1 << UInt64(bits)) - 1)
            return Int64(exactly: value).map { .integer($0) } ?? .unsigned(value)
        case .bytes(let slices):
            let bytes = slices[index]
            switch leaf.meaning {
            case .text:
                guard let text = String(validating: bytes, as: UTF8.self) else {
                    throw place.error(
                        .text, "text that is not UTF-8", found: "\(bytes.count) bytes",
                        hint: "the file is damaged, or the column holds bytes under the name of text")
                }
                return .text(text)
            case .half:
                let bits = UInt16(bytes[bytes.startIndex]) | UInt16(bytes[bytes.startIndex + 1]) << 8
                return .number(Double(Float16(bitPattern: bits)))
            case .int96:
                func number(_ range: Range<Int>) -> UInt64 {
                    range.reversed().reduce(0) { $0 << 8 | UInt64(bytes[bytes.startIndex + $1]) }
                }
                // Nanoseconds of a day, and the Julian day; 2,440,588 is 1970-01-01.
                let day = Int64(Int32(truncatingIfNeeded: number(8..<12))) - 2_440_588
                return .integer(day &* 86_400_000_000_000 &+ Int64(bitPattern: number(0..<8)))
            default: return .bytes(Array(bytes))
            }
        }
    }
}

extension LeafValues {
    /// Single values of several pages, in this order.
    init(picking values: [(LeafValues, Int)], _ leaf: ParquetLeaf) {
        func plain(_ pair: (LeafValues, Int)) -> (LeafValues, Int) {
            if case .places(let places, let dictionary) = pair.0 { (dictionary, Int(places[pair.1])) } else { pair }
        }
        let values = values.map(plain)
        switch leaf.physical {
        case .boolean:
            self = .booleans(values.map { if case .booleans(let all) = $0.0 { all[$0.1] } else { 0 } })
        case .int32, .int64:
            self = .integers(values.map { if case .integers(let all) = $0.0 { all[$0.1] } else { 0 } })
        case .float: self = .floats(values.map { if case .floats(let all) = $0.0 { all[$0.1] } else { 0 } })
        case .double: self = .doubles(values.map { if case .doubles(let all) = $0.0 { all[$0.1] } else { 0 } })
        case .int96, .byteArray, .fixedBytes:
            var slices = ByteSlices([])
            for case (.bytes(let all), let index) in values {
                let start = slices.bytes.count
                slices.bytes.append(contentsOf: all[index])
                slices.append(start..<slices.bytes.count)
            }
            self = .bytes(slices)
        }
    }
}
