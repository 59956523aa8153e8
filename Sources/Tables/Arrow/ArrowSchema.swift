/// The types of an Arrow stream, and where the values of each column lie (Schema.fbs).
struct ArrowSchema: Sendable {
    let fields: [ArrowField]
    /// Nodes and buffers of a record batch.
    let nodes: Int
    let buffers: Int
    /// What the dictionaries hold, each as the only column of a record batch.
    let dictionaries: [Int64: ArrowField]

    /// - Throws: `TableError`: `metadata`, `unsupported`, `limit`.
    init(_ table: FlatTable, _ place: TablePlace) throws {
        guard try table.number(0, default: Int16(0)) == 0 else {
            throw place.error(.unsupported, "an Arrow stream of a big-endian machine")
        }
        var builder = Builder(place: place)
        fields = try table.tables(1).map { try builder.field($0, path: []) }
        (nodes, buffers) = (builder.nodes, builder.buffers)
        dictionaries = builder.dictionaries
        var names: Set<[UInt8]> = []
        for field in fields where !names.insert(Array(field.name.utf8)).inserted {
            throw place.error(.metadata, "two columns of one name", found: "\"\(field.name)\"")
        }
    }

    private struct Builder {
        let place: TablePlace
        var nodes = 0
        var buffers = 0
        var dictionaries: [Int64: ArrowField] = [:]
        var total = 0

        mutating func field(_ table: FlatTable, path: [String]) throws -> ArrowField {
            let name = try table.text(0)
            let path = path + [name]
            total += 1
            guard path.count <= TableLimits.depth, total <= 1 << 16 else {
                throw place.error(.limit, "types inside each other, or too many of them")
            }
            if let encoding = try table.table(4) { return try encoded(table, encoding, path) }
            let (node, buffer) = (nodes, buffers)
            nodes += 1
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
            let (node, buffer) = (nodes, buffers)
            // The dictionary's own batches begin with its values.
            (nodes, buffers) = (1, 0)
            let (type, layout) = try content(table, path)
            let values = ArrowField(name: path[path.count - 1], type: type, layout: layout, node: 0, buffer: 0)
            if let known = dictionaries[id], known.type != type { throw table.error("one dictionary of two types") }
            dictionaries[id] = values
            (nodes, buffers) = (node + 1, buffer + 2)
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
            /// Named types that other columns do not depend on, but for the number of their buffers.
            func refused(_ name: String, buffers count: Int) -> (TableType, ArrowField.Layout) {
                buffers += count
                return (.unsupported(name), .unsupported(buffers: count))
            }
            switch number {
            case 1: return (.null, .null)
            case 2:
                buffers += 2
                let bits = Int(try type.number(0, default: Int32(0)))
                let signed = try type.bool(1)
                guard [8, 16, 32, 64].contains(bits) else { throw place.error(.metadata, "an integer of \(bits) bits") }
                return (.integer(bits: bits, signed: signed), .integers(width: bits / 8, signed: signed))
            case 3:
                buffers += 2
                let precision = Int(try type.number(0, default: Int16(0)))
                guard (0...2).contains(precision) else {
                    throw place.error(.metadata, "a number of no known precision")
                }
                return (.number(bits: 16 << precision), .numbers(width: 2 << precision))
            case 4, 5, 19, 20:
                buffers += 3
                let isText = number == 5 || number == 20
                return (isText ? .text : .bytes, .strings(offset: number > 5 ? 8 : 4, isText: isText))
            case 6:
                buffers += 2
                return (.boolean, .boolean)
            case 7: return refused("decimal", buffers: 2)
            case 8:
                buffers += 2
                let isDay = try type.number(0, default: Int16(1)) == 0
                return (isDay ? .date : .timestamp(.milliseconds), .integers(width: isDay ? 4 : 8, signed: true))
            case 9:
                buffers += 2
                let bits = Int(try type.number(1, default: Int32(32)))
                guard bits == 32 || bits == 64 else { throw place.error(.metadata, "a time of \(bits) bits") }
                return (.time(try unit(default: 1)), .integers(width: bits / 8, signed: true))
            case 10:
                buffers += 2
                return (.timestamp(try unit(default: 0)), .integers(width: 8, signed: true))
            case 11: return refused("interval", buffers: 2)
            case 12, 17, 21:
                buffers += 2
                let element = try field(try only(), path: path)
                return (.list(element.type), .list(offset: number == 21 ? 8 : 4, element))
            case 13:
                buffers += 1
                let children = try table.tables(5)
                let fields = try children.map { try field($0, path: path) }
                return (.record(fields.map { TableType.Field(name: $0.name, type: $0.type) }), .record(fields))
            case 15:
                buffers += 2
                let width = Int(try type.number(0, default: Int32(0)))
                guard width >= 0 else { throw place.error(.metadata, "values of \(width) bytes") }
                return (.bytes, .fixed(width: width))
            case 16:
                buffers += 1
                let count = Int(try type.number(0, default: Int32(0)))
                guard count >= 0 else { throw place.error(.metadata, "lists of \(count) values") }
                let element = try field(try only(), path: path)
                return (.list(element.type), .fixedList(count: count, element))
            case 18:
                buffers += 2
                return (.time(try unit(default: 1)), .integers(width: 8, signed: true))
            default:
                // How many buffers these have depends on the batch: nothing behind them could be found.
                let names = [14: "union", 22: "run-end encoded", 23: "binary_view", 24: "string_view"]
                throw place.error(
                    .unsupported, "a column of the type \(names[Int(number)] ?? "of number \(number)")",
                    hint: "leave the column out, or cast it before saving")
            }
        }
    }
}
