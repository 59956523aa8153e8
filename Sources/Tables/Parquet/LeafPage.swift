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

    /// Decodes a page of values. - Throws: `TableError`.
    init(
        _ stored: StoredPage, _ leaf: ParquetLeaf, codec: ParquetCodec, writer: ParquetWriter, dictionary: LeafValues?
    ) throws {
        let (header, place) = (stored.header, stored.place)
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
        case .data(let definitionEncoding, let repetitionEncoding):
            let (bytes, range) = try stored.uncompressed(codec, count: header.size)
            source = EncodedBytes(bytes, range, place, writer)
            func prefixed(_ most: Int, _ encoding: Int) throws -> [UInt8] {
                // Of levels that are not there writers say anything.
                if most == 0 { return [] }
                guard encoding == ParquetPageHeader.runs else {
                    throw place.error(
                        .unsupported, "levels in another encoding than RLE",
                        found: ParquetEncoding(rawValue: encoding)?.name ?? "number \(encoding)",
                        hint: "write the file again with pyarrow")
                }
                let length = Int(try source.unsigned(4))
                let range = try source.take(length)
                var part = EncodedBytes(bytes, range, place)
                return try levels(&part, most)
            }
            repetitions = try prefixed(leaf.repetition, repetitionEncoding)
            definitions = try prefixed(leaf.definition, definitionEncoding)
        case .data2(let nulls, let rows, let repetitionBytes, let definitionBytes, let isCompressed):
            let most = min(stored.count, header.size)
            guard repetitionBytes <= most, definitionBytes <= most - repetitionBytes else {
                throw place.error(
                    .data, "levels beyond the page", expected: "\(most) bytes at most",
                    found: "\(repetitionBytes) and \(definitionBytes)")
            }
            let head = repetitionBytes + definitionBytes
            if leaf.repetition > 0 {
                var part = EncodedBytes(stored.bytes, stored.start..<stored.start + repetitionBytes, place)
                repetitions = try levels(&part, leaf.repetition)
            }
            if leaf.definition > 0 {
                var part = EncodedBytes(
                    stored.bytes, stored.start + repetitionBytes..<stored.start + head, place)
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
            let (bytes, range) =
                size == 0 && stored.count == head
                ? ([], 0..<0)
                : try stored.uncompressed(from: head, isCompressed ? codec : .uncompressed, count: size)
            var writer = writer
            writer.padding = 0
            source = EncodedBytes(bytes, range, place, writer)
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
