extension LeafValues {
    /// `count` values of `leaf` that fill what is left of `source`. - Throws: `TableError`.
    init(
        _ source: inout EncodedBytes, _ encoding: ParquetEncoding, _ leaf: ParquetLeaf, count: Int,
        dictionary: LeafValues?
    ) throws {
        switch (encoding, leaf.physical) {
        case (.plain, _): self = try Self.plain(&source, leaf, count: count)
        case (.dictionary, _), (.plainDictionary, _):
            self = try Self.places(&source, count: count, dictionary: dictionary)
        case (.runs, .boolean):
            let length = try source.unsigned(4)
            guard length == source.left else {
                throw source.error("runs of another length", expected: "\(source.left)", found: "\(length)")
            }
            self = .booleans(try RunLengths.read(&source, width: 1, count: count, as: UInt8.self))
        case (.deltaBinaryPacked, .int32):
            self = .integers(try DeltaNumbers.read(&source, bits: 32, count: count))
        case (.deltaBinaryPacked, .int64):
            self = .integers(try DeltaNumbers.read(&source, bits: 64, count: count))
        case (.deltaLengthByteArray, .byteArray): self = .bytes(try Self.lengths(&source, count: count))
        case (.deltaByteArray, .byteArray), (.deltaByteArray, .fixedBytes):
            let slices = try Self.prefixes(&source, count: count)
            if leaf.physical == .fixedBytes, slices.lengths.contains(where: { $0 != leaf.length }) {
                throw source.error("values of another length", expected: "\(leaf.length) bytes")
            }
            self = .bytes(slices)
        case (.byteStreamSplit, .int32), (.byteStreamSplit, .int64), (.byteStreamSplit, .float),
            (.byteStreamSplit, .double), (.byteStreamSplit, .fixedBytes):
            let width = leaf.physical.width(leaf.length)!
            var joined = EncodedBytes(
                try Self.joined(&source, width: width, count: count), 0..<width * count, source.place)
            self = try Self.plain(&joined, leaf, count: count)
        default:
            throw source.place.error(
                .unsupported, "the encoding \(encoding.name) of values of \(leaf.physical)",
                hint: "write the file again with pyarrow")
        }
    }

    private static func plain(_ source: inout EncodedBytes, _ leaf: ParquetLeaf, count: Int) throws -> LeafValues {
        let result: LeafValues
        switch leaf.physical {
        case .boolean:
            let range = try source.take((count + 7) / 8)
            var values: [UInt8] = []
            values.reserveCapacity(count)
            BitPacking.unpack(source.bytes, from: range.lowerBound, width: 1, count: count) {
                values.append(UInt8($0))
            }
            result = .booleans(values)
        case .int32:
            result = .integers(
                try fixed(&source, UInt32.self, count) { Int64(Int32(bitPattern: $0)) })
        case .int64: result = .integers(try fixed(&source, UInt64.self, count) { Int64(bitPattern: $0) })
        case .float: result = .floats(try fixed(&source, UInt32.self, count) { Float(bitPattern: $0) })
        case .double: result = .doubles(try fixed(&source, UInt64.self, count) { Double(bitPattern: $0) })
        case .int96, .fixedBytes:
            let width = leaf.physical == .int96 ? 12 : leaf.length
            guard width > 0 || count == 0 else { throw source.error("values of no bytes") }
            let range = try source.take(width * count)
            var slices = ByteSlices(source.bytes)
            for index in 0..<count {
                slices.append(range.lowerBound + index * width..<range.lowerBound + (index + 1) * width)
            }
            result = .bytes(slices)
        case .byteArray:
            guard count <= source.left / 4 else {
                throw source.error("fewer bytes than values need", expected: "\(4 * count)", found: "\(source.left)")
            }
            var slices = ByteSlices(source.bytes)
            slices.starts.reserveCapacity(count)
            slices.lengths.reserveCapacity(count)
            for _ in 0..<count {
                let length = Int(try source.unsigned(4))
                slices.append(try source.take(length))
            }
            result = .bytes(slices)
        }
        try source.requireEnd()
        return result
    }

    private static func fixed<Bits: FixedWidthInteger, Value>(
        _ source: inout EncodedBytes, _ bits: Bits.Type, _ count: Int, _ value: (Bits) -> Value
    ) throws -> [Value] {
        let width = MemoryLayout<Bits>.size
        let range = try source.take(width * count)
        return source.bytes.withUnsafeBytes { bytes in
            (0..<count).map { index in
                value(
                    Bits(
                        littleEndian: bytes.loadUnaligned(
                            fromByteOffset: range.lowerBound + width * index, as: Bits.self)))
            }
        }
    }

    /// One byte says how many bits a place has.
    private static func places(
        _ source: inout EncodedBytes, count: Int, dictionary: LeafValues?
    ) throws -> LeafValues {
        guard let dictionary else { throw source.error("places in a dictionary that is not there") }
        if count == 0 { return .places([], dictionary) }
        let width = Int(try source.unsigned(1))
        guard width <= 32 else { throw source.error("places of \(width) bits", expected: "32 at most") }
        let places = try RunLengths.read(&source, width: width, count: count, as: UInt32.self)
        if let beyond = places.first(where: { $0 >= dictionary.count }) {
            throw source.error(
                "a place beyond the dictionary", expected: "below \(dictionary.count)", found: "\(beyond)")
        }
        return .places(places, dictionary)
    }

    /// DELTA_LENGTH_BYTE_ARRAY: all lengths, then all bytes.
    private static func lengths(_ source: inout EncodedBytes, count: Int) throws -> ByteSlices {
        let lengths = try DeltaNumbers.read(&source, bits: 32, count: count)
        var slices = ByteSlices(source.bytes)
        for length in lengths { slices.append(try source.take(Int(length))) }
        try source.requireEnd()
        return slices
    }

    /// DELTA_BYTE_ARRAY: how much each value shares with the one before it, and the rest of each.
    private static func prefixes(_ source: inout EncodedBytes, count: Int) throws -> ByteSlices {
        let shared = try DeltaNumbers.read(&source, bits: 32, count: count)
        let rests = try lengths(&source, count: count)
        var slices = ByteSlices([])
        var last = 0..<0
        for (index, shared) in shared.enumerated() {
            let rest = rests[index]
            guard shared >= 0, shared <= last.count else {
                throw source.error("a value that shares more with the one before it than that has")
            }
            guard slices.bytes.count + Int(shared) + rest.count <= TableLimits.pageBytes else {
                throw source.place.error(.limit, "a page that is too large", expected: "\(TableLimits.pageBytes) bytes")
            }
            let start = slices.bytes.count
            slices.bytes.append(contentsOf: slices.bytes[last.lowerBound..<last.lowerBound + Int(shared)])
            slices.bytes.append(contentsOf: rest)
            last = start..<slices.bytes.count
            slices.append(last)
        }
        return slices
    }

    /// BYTE_STREAM_SPLIT: the first byte of every value, then the second of every value, and so on.
    private static func joined(_ source: inout EncodedBytes, width: Int, count: Int) throws -> [UInt8] {
        let range = try source.take(width * count)
        try source.requireEnd()
        return [UInt8](unsafeUninitializedCapacity: range.count) { target, filled in
            source.bytes.withUnsafeBufferPointer { bytes in
                for byte in 0..<width {
                    for index in 0..<count {
                        target[index * width + byte] = bytes[range.lowerBound + byte * count + index]
                    }
                }
            }
            filled = range.count
        }
    }
}
