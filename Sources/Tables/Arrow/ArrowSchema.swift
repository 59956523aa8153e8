/// The types of an Arrow stream, and where the values of each column lie (Schema.fbs).
struct ArrowSchema: Sendable {
    let fields: [ArrowField]
    /// What a record batch is made of.
    let shape: ArrowBatchShape
    /// What the dictionaries hold, each as the only column of a record batch.
    let dictionaries: [Int64: ArrowField]
    /// What the batches of the dictionaries are made of.
    let dictionaryShapes: [Int64: ArrowBatchShape]

    /// - Throws: `TableError`: `metadata`, `unsupported`, `limit`.
    init(_ table: FlatTable, _ place: TablePlace, isOfVersion5: Bool) throws {
        guard try table.number(0, default: Int16(0)) == 0 else {
            throw place.error(.unsupported, "an Arrow stream of a big-endian machine")
        }
        var builder = Builder(place: place, isOfVersion5: isOfVersion5)
        fields = try table.tables(1).map { try builder.field($0, path: []) }
        shape = builder.shape
        (dictionaries, dictionaryShapes) = (builder.dictionaries, builder.dictionaryShapes)
        var names: Set<[UInt8]> = []
        for field in fields where !names.insert(Array(field.name.utf8)).inserted {
            throw place.error(.metadata, "two columns of one name", found: "\"\(field.name)\"")
        }
    }

    private struct Builder {
        let place: TablePlace
        let isOfVersion5: Bool
        var shape = ArrowBatchShape()
        var dictionaries: [Int64: ArrowField] = [:]
        var dictionaryShapes: [Int64: ArrowBatchShape] = [:]
        var total = 0

        mutating func field(_ table: FlatTable, path: [String]) throws -> ArrowField {
            let name = try table.text(0)
            let path = path + [name]
            total += 1
            guard path.count <= TableLimits.depth, total <= 1 << 16 else {
                throw place.error(.limit, "types inside each other, or too many of them")
            }
            if let encoding = try table.table(4) { return try encoded(table, encoding, path) }
            let (node, buffer) = (shape.nodes, shape.buffers)
            shape.nodes += 1
            let (type, layout) = try content(table, path)
            return ArrowField(name: name, type: type, layout: layout, node: node, buffer: buffer)
        }

        /// A column whose values stand in a dictionary of its own messages.
        private mutating func encoded(_ table: FlatTable, _ encoding: FlatTable, _ path: [String]) throws -> ArrowField
        {
            let id = try encoding.number(0, default: Int64(0))
            let index = try encoding.table(1)
            let bits = Int(try index?.number(0, default: Int32(0)) ?? 32)
            let signed = try index?.bool(1) ?? true
            guard [8, 16, 32, 64].contains(bits) else { throw table.error("places of \(bits) bits") }
            var outer = shape
            let (node, buffer) = (outer.nodes, outer.buffers)
            // The dictionary's own batches begin with its values.
            shape = ArrowBatchShape(nodes: 1)
            let (type, layout) = try content(table, path)
            let values = ArrowField(name: path[path.count - 1], type: type, layout: layout, node: 0, buffer: 0)
            if let known = dictionaries[id], known.type != type { throw table.error("one dictionary of two types") }
            (dictionaries[id], dictionaryShapes[id]) = (values, shape)
            outer.nodes += 1
            outer.buffers += 2
            shape = outer
            return ArrowField(
                name: values.name, type: type, layout: .places(width: bits / 8, signed: signed, dictionary: id),
                node: node, buffer: buffer)
        }

        private mutating func content(_ table: FlatTable, _ path: [String]) throws -> (TableType, ArrowField.Layout) {
            var place = place
            place.column = path.joined(separator: ".")
            let number = try table.number(2, default: UInt8(0))
            guard let type = try table.table(3) else { throw place.error(.metadata, "a column without type") }
            let units: [TableType.Unit] = [.seconds, .milliseconds, .microseconds, .nanoseconds]
            func unit(default value: Int16) throws -> TableType.Unit {
                let unit = Int(try type.number(0, default: value))
                guard units.indices.contains(unit) else { throw place.error(.metadata, "a time of no known unit") }
                return units[unit]
            }
            func only() throws -> FlatTable {
                let children = try table.tables(5)
                guard children.count == 1 else {
                    throw place.error(.metadata, "a list of \(children.count) types", expected: "1")
                }
                return children[0]
            }
            /// Types that are only passed over: what is behind them is found by the number of their buffers and children.
            func refused(_ name: String, buffers count: Int) throws -> (TableType, ArrowField.Layout) {
                shape.buffers += count
                for child in try table.tables(5) { _ = try field(child, path: path) }
                return (.unsupported(name), .unsupported)
            }
            switch number {
            case 1: return (.null, .null)
            case 2:
                shape.buffers += 2
                let bits = Int(try type.number(0, default: Int32(0)))
                let signed = try type.bool(1)
                guard [8, 16, 32, 64].contains(bits) else { throw place.error(.metadata, "an integer of \(bits) bits") }
                return (.integer(bits: bits, signed: signed), .integers(width: bits / 8, signed: signed))
            case 3:
                shape.buffers += 2
                let precision = Int(try type.number(0, default: Int16(0)))
                guard (0...2).contains(precision) else {
                    throw place.error(.metadata, "a number of no known precision")
                }
                return (.number(bits: 16 << precision), .numbers(width: 2 << precision))
            case 4, 5, 19, 20:
                shape.buffers += 3
                let isText = number == 5 || number == 20
                return (isText ? .text : .bytes, .strings(offset: number > 5 ? 8 : 4, isText: isText))
            case 6:
                shape.buffers += 2
                return (.boolean, .boolean)
            case 7: return try refused("decimal", buffers: 2)
            case 8:
                shape.buffers += 2
                let isDay = try type.number(0, default: Int16(1)) == 0
                return (isDay ? .date : .timestamp(.milliseconds), .integers(width: isDay ? 4 : 8, signed: true))
            case 9:
                shape.buffers += 2
                let bits = Int(try type.number(1, default: Int32(32)))
                guard bits == 32 || bits == 64 else { throw place.error(.metadata, "a time of \(bits) bits") }
                return (.time(try unit(default: 1)), .integers(width: bits / 8, signed: true))
            case 10:
                shape.buffers += 2
                return (.timestamp(try unit(default: 0)), .integers(width: 8, signed: true))
            case 11: return try refused("interval", buffers: 2)
            case 12, 17, 21:
                shape.buffers += 2
                let element = try field(try only(), path: path)
                return (.list(element.type), .list(offset: number == 21 ? 8 : 4, element))
            case 13:
                shape.buffers += 1
                let children = try table.tables(5)
                let fields = try children.map { try field($0, path: path) }
                return (.record(fields.map { TableType.Field(name: $0.name, type: $0.type) }), .record(fields))
            case 15:
                shape.buffers += 2
                let width = Int(try type.number(0, default: Int32(0)))
                guard width >= 0 else { throw place.error(.metadata, "values of \(width) bytes") }
                return (.bytes, .fixed(width: width))
            case 16:
                shape.buffers += 1
                let count = Int(try type.number(0, default: Int32(0)))
                guard count >= 0 else { throw place.error(.metadata, "lists of \(count) values") }
                let element = try field(try only(), path: path)
                return (.list(element.type), .fixedList(count: count, element))
            case 18:
                shape.buffers += 2
                return (.time(try unit(default: 1)), .integers(width: 8, signed: true))
            case 14:
                // Types, of a dense one offsets; up to version 4 also which values are there.
                let isDense = try type.number(0, default: Int16(0)) != 0
                return try refused("union", buffers: (isDense ? 2 : 1) + (isOfVersion5 ? 0 : 1))
            case 22: return try refused("run-end encoded", buffers: isOfVersion5 ? 0 : 1)
            case 23, 24:
                shape.buffers += 2
                shape.views.append(shape.buffers)
                let isText = number == 24
                return (isText ? .text : .bytes, .views(number: shape.views.count - 1, isText: isText))
            case 25, 26: return try refused("list view", buffers: 3)
            default:
                // How many buffers it has is not known: nothing behind it could be found.
                throw place.error(
                    .unsupported, "a column of the type of number \(number)",
                    hint: "leave the column out, or cast it before saving")
            }
        }
    }
}
