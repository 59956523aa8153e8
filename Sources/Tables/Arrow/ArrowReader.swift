/// Reads values from the buffers of one record batch.
struct ArrowReader {
    let file: ArrowFile
    let batch: ArrowBatch
    let place: TablePlace

    /// The values of a field in a range of its own numbers. - Throws: `TableError`.
    func values(_ field: ArrowField, _ range: Range<Int>) throws -> [TableValue] {
        if range.isEmpty { return [] }
        let node = batch.nodes[field.node]
        guard range.lowerBound >= 0, range.upperBound <= node.length else {
            throw place.error(
                .mismatch, "values beyond \"\(field.name)\"", expected: "\(node.length)", found: "\(range.upperBound)")
        }
        let isThere = try validity(field, node, range)
        func each(_ value: (Int) throws -> TableValue) rethrows -> [TableValue] {
            try (0..<range.count).map { isThere.isEmpty || isThere[$0] ? try value($0) : .null }
        }
        switch field.layout {
        case .null:
            // Nulls take no bytes of the file, so nothing else bounds a list of them.
            guard range.count <= TableLimits.pageBytes / MemoryLayout<TableValue>.stride else {
                throw place.error(
                    .limit, "a list that is too long", expected: "\(TableLimits.pageBytes) bytes of nulls at most",
                    found: "\(range.count) nulls")
            }
            return [TableValue](repeating: .null, count: range.count)
        case .boolean:
            let bits = try self.bits(field.buffer + 1, range)
            return each { .boolean(bits[$0]) }
        case .integers(let width, let signed):
            let numbers = try integers(field.buffer + 1, range, width: width, signed: signed)
            return each { index in
                // Only unsigned numbers of 64 bits have more than `Int64` holds.
                !signed && width == 8 && numbers[index] < 0
                    ? .unsigned(UInt64(bitPattern: numbers[index])) : .integer(numbers[index])
            }
        case .numbers(let width):
            let bits = try integers(field.buffer + 1, range, width: width, signed: false)
            return each { index in
                let bits = UInt64(bitPattern: bits[index])
                return switch width {
                case 2: .number(Double(Float16(bitPattern: UInt16(bits))))
                case 4: .number(Double(Float(bitPattern: UInt32(bits))))
                default: .number(Double(bitPattern: bits))
                }
            }
        case .strings(let offset, let isText):
            let ends = try offsets(field.buffer + 1, range, width: offset)
            let bytes = try self.bytes(field.buffer + 2, ends[0]..<ends[range.count])
            return try each { index in
                return try value(
                    bytes[ends[index] - ends[0]..<ends[index + 1] - ends[0]], isText: isText,
                    at: batch.buffers[field.buffer + 2].lowerBound + ends[index])
            }
        case .views(let number, let isText):
            let views = try bytes(field.buffer + 1, scaled(range, 16))
            return try each { try view(views[16 * $0..<16 * ($0 + 1)], number, isText: isText) }
        case .fixed(let width):
            let bytes = try self.bytes(field.buffer + 1, scaled(range, width))
            return each { .bytes(Array(bytes[width * $0..<width * ($0 + 1)])) }
        case .list(let offset, let element):
            let ends = try offsets(field.buffer + 1, range, width: offset)
            let elements = try values(element, ends[0]..<ends[range.count])
            return each { .list(Array(elements[ends[$0] - ends[0]..<ends[$0 + 1] - ends[0]])) }
        case .fixedList(let count, let element):
            let elements = try values(element, try scaled(range, count))
            return each { .list(Array(elements[count * $0..<count * ($0 + 1)])) }
        case .record(let fields):
            let parts = try fields.map { try values($0, range) }
            return each { index in
                .record(zip(fields, parts).map { TableValue.Field(name: $0.name, value: $1[index]) })
            }
        case .places(let width, let signed, let id):
            let places = try integers(field.buffer + 1, range, width: width, signed: signed)
            return try each { try entry(Int(places[$0]), of: id) }
        case .unsupported:
            throw place.error(
                .unsupported, "a column of the type \(field.type)",
                hint: "leave the column out, or cast it before saving")
        }
    }

    private func scaled(_ range: Range<Int>, _ width: Int) throws -> Range<Int> {
        let (end, overflows) = range.upperBound.multipliedReportingOverflow(by: width)
        guard !overflows else { throw place.error(.data, "values beyond any file") }
        return range.lowerBound * width..<end
    }

    private func value(_ bytes: ArraySlice<UInt8>, isText: Bool, at offset: Int) throws -> TableValue {
        if !isText { return .bytes(Array(bytes)) }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw place.at(offset).error(.text, "text that is not UTF-8", found: "\(bytes.count) bytes")
        }
        return .text(text)
    }

    /// The value of a view of 16 bytes: its length, then itself up to 12 bytes, or its first four bytes, the number of its
    /// buffer and where it begins there ("Variable-size Binary View Layout").
    private func view(
        _ view: ArraySlice<UInt8>, _ column: Int, isText: Bool
    ) throws -> TableValue {
        let buffers = batch.viewed[column]
        func number(_ place: Int) -> Int {
            let first = view.startIndex + place
            return Int(Int32(bitPattern: (0..<4).reduce(0) { $0 | UInt32(view[first + $1]) << UInt32(8 * $1) }))
        }
        let length = number(0)
        guard length >= 0 else { throw place.error(.data, "a value of a negative length", found: "\(length)") }
        if length <= 12 { return try value(view.dropFirst(4).prefix(length), isText: isText, at: 0) }
        let (buffer, offset) = (number(8), number(12))
        guard buffers.indices.contains(buffer), offset >= 0 else {
            throw place.error(
                .data, "a value beyond its buffer", expected: "\(buffers.count) buffers",
                found: "\(length) bytes from \(offset) in number \(buffer)", hint: "the file is damaged: fetch it again"
            )
        }
        let bytes = try self.bytes(inside: buffers[buffer], series: -1 - column, offset..<offset + length)
        return try value(bytes[...], isText: isText, at: buffers[buffer].lowerBound + offset)
    }

    /// Bytes of a buffer. - Throws: `TableError`.
    private func bytes(_ buffer: Int, _ range: Range<Int>) throws -> [UInt8] {
        try bytes(inside: batch.buffers[buffer], series: buffer, range)
    }

    /// Bytes of the buffer that fills `whole`. - Throws: `TableError`.
    private func bytes(inside whole: Range<Int>, series: Int, _ range: Range<Int>) throws -> [UInt8] {
        let content = try content(whole, series: series)
        guard range.lowerBound >= 0, range.upperBound <= content.count else {
            throw place.at(whole.lowerBound).error(
                .data, "values beyond their buffer", expected: "\(content.count) bytes", found: "\(range.upperBound)",
                hint: "the file is damaged: fetch it again")
        }
        guard range.count <= TableLimits.pageBytes else {
            throw place.at(whole.lowerBound).error(
                .limit, "a value that is too large", expected: "\(TableLimits.pageBytes) bytes at most",
                found: "\(range.count)")
        }
        switch content {
        case .made(let bytes): return Array(bytes[range])
        case .stored(let stored):
            return try file.file.bytes(
                stored.lowerBound + range.lowerBound..<stored.lowerBound + range.upperBound, place)
        }
    }

    private func content(_ whole: Range<Int>, series: Int) throws -> ArrowBuffers.Content {
        try file.buffers.content(whole, series: series, batch.codec, of: file.file, place)
    }

    private func bits(_ buffer: Int, _ range: Range<Int>) throws -> [Bool] {
        let bytes = try self.bytes(buffer, range.lowerBound / 8..<(range.upperBound + 7) / 8)
        let first = range.lowerBound / 8 * 8
        return range.map { bytes[($0 - first) / 8] >> UInt8(($0 - first) % 8) & 1 == 1 }
    }

    /// Whether each value is there; empty where all are. A buffer may be left out where there are no nulls.
    private func validity(_ field: ArrowField, _ node: (length: Int, nulls: Int), _ range: Range<Int>) throws -> [Bool]
    {
        if case .null = field.layout { return [] }
        if try content(batch.buffers[field.buffer], series: field.buffer).count == 0 {
            guard node.nulls == 0 else {
                throw place.error(.data, "\(node.nulls) nulls of \"\(field.name)\" without the bits that say which")
            }
            return []
        }
        return node.nulls == 0 ? [] : try bits(field.buffer, range)
    }

    private func integers(_ buffer: Int, _ range: Range<Int>, width: Int, signed: Bool) throws -> [Int64] {
        let bytes = try self.bytes(buffer, try scaled(range, width))
        return (0..<range.count).map { index in
            var value: UInt64 = 0
            for byte in (0..<width).reversed() { value = value << 8 | UInt64(bytes[index * width + byte]) }
            let unused = UInt64(64 - 8 * width)
            return signed ? Int64(bitPattern: value << unused) >> Int64(unused) : Int64(bitPattern: value)
        }
    }

    /// Where the values of a range begin, and where the last one ends. - Throws: `TableError`.
    private func offsets(_ buffer: Int, _ range: Range<Int>, width: Int) throws -> [Int] {
        let offsets = try integers(buffer, range.lowerBound..<range.upperBound + 1, width: width, signed: true)
        guard let first = offsets.first, first >= 0, zip(offsets, offsets.dropFirst()).allSatisfy({ $0 <= $1 }) else {
            throw place.at(batch.buffers[buffer].lowerBound).error(
                .data, "offsets that go backwards", hint: "the file is damaged: fetch it again")
        }
        return offsets.map { Int($0) }
    }

    /// A value of a dictionary. - Throws: `TableError`.
    private func entry(_ index: Int, of id: Int64) throws -> TableValue {
        guard let field = file.schema.dictionaries[id], index >= 0 else {
            throw place.error(.data, "a place that no dictionary has", found: "\(index)")
        }
        var index = index
        for number in batch.dictionaries[id] ?? [] {
            let part = file.dictionaryBatches[number]
            if index < part.rowCount {
                let reader = ArrowReader(file: file, batch: part, place: place)
                return try reader.values(field, index..<index + 1)[0]
            }
            index -= part.rowCount
        }
        throw place.error(.data, "a place beyond its dictionary", found: "\(index) beyond")
    }
}
