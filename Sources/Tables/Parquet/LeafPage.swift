/// A decoded page: its values, and which row and list each belongs to.
struct LeafPage: Sendable {
    /// Entries, nulls and empty lists counted.
    let count: Int
    /// Repetition level of each entry; empty where the leaf is in no list.
    let repetitions: [UInt8]
    /// Definition level of each entry; empty where every entry is a value.
    let definitions: [UInt8]
    /// How many values come before each entry; empty where every entry is a value.
    let places: [UInt32]
    let values: LeafValues
    /// The entries that rows begin with; empty where the leaf is in no list.
    let starts: [UInt32]

    /// Bytes of memory.
    var memory: Int {
        repetitions.count + definitions.count + 4 * (places.count + starts.count) + values.memory + 64
    }

    /// The rows that begin in it.
    var rowCount: Int { repetitions.isEmpty ? count : starts.count }

    /// Decodes the page with `header`, whose bytes are `stored`. - Throws: `TableError`.
    init(
        _ stored: [UInt8], _ header: ParquetPageHeader, _ leaf: ParquetLeaf, codec: ParquetCodec,
        dictionary: LeafValues?, _ place: TablePlace
    ) throws {
        var bytes: [UInt8]
        var source: EncodedBytes
        count = header.valueCount
        func levels(_ source: inout EncodedBytes, _ most: Int) throws -> [UInt8] {
            let width = Int.bitWidth - most.leadingZeroBitCount
            let levels = try RunLengths.read(&source, width: width, count: header.valueCount, as: UInt8.self)
            if let beyond = levels.first(where: { $0 > most }) {
                throw source.error(
                    "a level that the schema does not have", expected: "\(most) at most", found: "\(beyond)")
            }
            return levels
        }
        var (repetitions, definitions): ([UInt8], [UInt8]) = ([], [])
        switch header.content {
        case .data:
            bytes =
                codec == .uncompressed && stored.count == header.size
                ? stored : try Self.uncompressed(stored[...], codec, count: header.size, place)
            source = EncodedBytes(bytes, 0..<bytes.count, place)
            func prefixed(_ most: Int) throws -> [UInt8] {
                if most == 0 { return [] }
                let length = Int(try source.unsigned(4))
                let range = try source.take(length)
                var part = EncodedBytes(bytes, range, place)
                return try levels(&part, most)
            }
            repetitions = try prefixed(leaf.repetition)
            definitions = try prefixed(leaf.definition)
        case .data2(let nulls, let rows, let repetitionBytes, let definitionBytes, let isCompressed):
            let head = repetitionBytes + definitionBytes
            guard head <= stored.count, head <= header.size else {
                throw place.error(
                    .data, "levels beyond the page", expected: "\(min(stored.count, header.size)) bytes at most",
                    found: "\(head)")
            }
            if leaf.repetition > 0 {
                var part = EncodedBytes(stored, 0..<repetitionBytes, place)
                repetitions = try levels(&part, leaf.repetition)
            }
            if leaf.definition > 0 {
                var part = EncodedBytes(stored, repetitionBytes..<head, place)
                definitions = try levels(&part, leaf.definition)
            }
            let missing = definitions.count { $0 < leaf.definition }
            guard nulls == missing else {
                throw place.error(.mismatch, "nulls of a page", expected: "\(nulls)", found: "\(missing)")
            }
            let begun = leaf.repetition == 0 ? count : repetitions.count { $0 == 0 }
            guard rows == begun else {
                throw place.error(.mismatch, "rows of a page", expected: "\(rows)", found: "\(begun)")
            }
            // Where there is no value there may be no compressed block either.
            let size = header.size - head
            bytes =
                size == 0 && stored.count == head
                ? []
                : try Self.uncompressed(stored[head...], isCompressed ? codec : .uncompressed, count: size, place)
            source = EncodedBytes(bytes, 0..<bytes.count, place)
        default: preconditionFailure("no data page")
        }
        self.repetitions = repetitions
        starts =
            repetitions.isEmpty ? [] : repetitions.indices.lazy.filter { repetitions[$0] == 0 }.map { UInt32($0) }
        let valueCount = definitions.isEmpty ? count : definitions.count { $0 == leaf.definition }
        if valueCount == count {
            // Every entry is a value: the levels say nothing more.
            (self.definitions, places) = ([], [])
        } else {
            self.definitions = definitions
            var before: UInt32 = 0
            places = definitions.map { level in
                defer { if level == leaf.definition { before += 1 } }
                return before
            }
        }
        guard valueCount > 0 || source.left > 0 && header.encoding != .plain else {
            values = .integers([])
            try source.requireEnd()
            return
        }
        values = try LeafValues(&source, header.encoding, leaf, count: valueCount, dictionary: dictionary)
    }

    /// The bytes of a page in the file, uncompressed. - Throws: `TableError`.
    static func uncompressed(
        _ stored: ArraySlice<UInt8>, _ codec: ParquetCodec, count: Int, _ place: TablePlace
    ) throws -> [UInt8] {
        if codec != .uncompressed { return try codec.decompress(stored, count: count, place) }
        guard stored.count == count else {
            throw place.error(
                .mismatch, "bytes of a page without compression", expected: "\(count)", found: "\(stored.count)")
        }
        return Array(stored)
    }
}

extension LeafPage {
    /// Entries of one page and those of the next, in a list that goes over the border.
    init(joining left: LeafPage, _ first: Range<Int>, _ right: LeafPage, _ second: Range<Int>, _ leaf: ParquetLeaf) {
        func definitions(_ page: LeafPage, _ range: Range<Int>) -> [UInt8] {
            page.definitions.isEmpty
                ? [UInt8](repeating: UInt8(leaf.definition), count: range.count) : Array(page.definitions[range])
        }
        func values(_ page: LeafPage, _ range: Range<Int>) -> [(LeafValues, Int)] {
            range.compactMap { entry in
                if page.definitions.isEmpty { return (page.values, entry) }
                return Int(page.definitions[entry]) == leaf.definition ? (page.values, Int(page.places[entry])) : nil
            }
        }
        count = first.count + second.count
        repetitions = Array(left.repetitions[first]) + Array(right.repetitions[second])
        let levels = definitions(left, first) + definitions(right, second)
        self.definitions = levels
        var before: UInt32 = 0
        places = levels.map { level in
            defer { if Int(level) == leaf.definition { before += 1 } }
            return before
        }
        self.values = LeafValues(picking: values(left, first) + values(right, second), leaf)
        starts = [0]
    }
}
