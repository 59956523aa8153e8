/// The types of a Parquet file: the columns of the table as trees, and their leaves in the order of the file.
struct ParquetSchema: Sendable {
    let fields: [ParquetField]
    let leaves: [ParquetLeaf]

    /// An element of the flattened tree as the footer lists it.
    struct Element {
        var physical: Int?
        var length = 0
        var repetition = 0
        var name = ""
        var children = 0
        var converted: Int?
        var logical = Logical.none
    }

    /// The newer annotation of an element.
    enum Logical: Equatable {
        case none, text, map, list, decimal, date, null, half, unknown
        case time(TableType.Unit)
        case timestamp(TableType.Unit)
        case integer(bits: Int, signed: Bool)
    }

    /// - Throws: `TableError`: `metadata`, `limit`.
    init(_ elements: [Element], _ place: TablePlace) throws {
        guard let root = elements.first else { throw place.error(.metadata, "no schema") }
        guard elements.allSatisfy({ $0.children < elements.count }) else {
            throw place.error(.metadata, "more children than schema elements")
        }
        var builder = Builder(elements: elements, place: place)
        fields = try (0..<root.children).map { _ in try builder.field(path: [], definition: 0, repetition: 0) }
        guard builder.next == elements.count else {
            throw place.error(
                .metadata, "schema elements that belong to nothing", found: "\(elements.count - builder.next)")
        }
        var names: Set<[UInt8]> = []
        for field in fields where !names.insert(Array(field.name.utf8)).inserted {
            throw place.error(.metadata, "two columns of one name", found: "\"\(field.name)\"")
        }
        leaves = builder.leaves
    }

    private struct Builder {
        let elements: [Element]
        let place: TablePlace
        var next = 1
        var leaves: [ParquetLeaf] = []

        mutating func field(path: [String], definition: Int, repetition: Int) throws -> ParquetField {
            guard next < elements.count else { throw place.error(.metadata, "fewer schema elements than children") }
            guard path.count < TableLimits.depth else {
                throw place.error(.limit, "types inside each other", expected: "\(TableLimits.depth) at most")
            }
            let element = elements[next]
            next += 1
            let path = path + [element.name]
            guard (0...2).contains(element.repetition) else {
                throw place.error(.metadata, "an unknown repetition", found: "\(element.repetition)")
            }
            let first = leaves.count
            let isRepeated = element.repetition == 2
            let inner = definition + (element.repetition == 0 ? 0 : 1)
            let level = repetition + (isRepeated ? 1 : 0)
            let (shape, type) = try content(element, path, definition: inner, repetition: level)
            let range = first..<leaves.count
            let field = ParquetField(name: element.name, shape: shape, type: type, presence: inner, leaves: range)
            if !isRepeated { return field }
            // A repeated field without annotation is a list that is always there.
            return ParquetField(
                name: element.name, shape: .list(field, repetition: level, filled: inner), type: .list(type),
                presence: definition, leaves: range)
        }

        private mutating func content(
            _ element: Element, _ path: [String], definition: Int, repetition: Int
        ) throws -> (ParquetField.Shape, TableType) {
            if element.physical != nil || element.children == 0 {
                let leaf = try leaf(element, path, definition: definition, repetition: repetition)
                leaves.append(leaf)
                return (.leaf(leaves.count - 1), leaf.type)
            }
            // Older writers call a map's inner group so, which is no map itself, and some the outer one.
            let isMap =
                element.logical == .map || element.converted == 1 || element.converted == 2 && element.repetition != 2
            if element.logical == .list || element.converted == 3 || isMap {
                guard element.children == 1, next < elements.count, elements[next].repetition == 2 else {
                    throw place.error(
                        .unsupported, "a list that holds no repeated field", found: path.joined(separator: "."))
                }
                let middle = elements[next]
                // The rules of LogicalTypes.md for lists of older writers: the repeated field is the element itself when
                // it is no group, has several fields, or is called so.
                let isElement =
                    isMap || middle.physical != nil || middle.children != 1 || middle.name == "array"
                    || middle.name == "\(element.name)_tuple"
                let list = try field(path: path, definition: definition, repetition: repetition)
                guard case .list(let repeated, let level, let filled) = list.shape else {
                    throw place.error(.metadata, "a list without elements")
                }
                guard !isElement, case .record(let fields) = repeated.shape, let only = fields.first else {
                    return (list.shape, list.type)
                }
                return (.list(only, repetition: level, filled: filled), .list(only.type))
            }
            let fields = try (0..<element.children).map { _ in
                try field(path: path, definition: definition, repetition: repetition)
            }
            return (.record(fields), .record(fields.map { TableType.Field(name: $0.name, type: $0.type) }))
        }

        private func leaf(
            _ element: Element, _ path: [String], definition: Int, repetition: Int
        ) throws -> ParquetLeaf {
            var place = place
            place.column = path.joined(separator: ".")
            guard let number = element.physical else {
                // A group without children: a struct without fields. Nothing says how many rows it has.
                throw place.error(.unsupported, "a struct without fields")
            }
            guard let physical = ParquetPhysical(rawValue: number) else {
                throw place.error(.metadata, "an unknown physical type", found: "\(number)")
            }
            guard element.children == 0 else { throw place.error(.metadata, "a value with children") }
            guard physical != .fixedBytes || (0...TableLimits.pageBytes).contains(element.length) else {
                throw place.error(.metadata, "values of a fixed length", found: "\(element.length) bytes")
            }
            let (type, meaning) = try Self.type(of: element, physical, place)
            return ParquetLeaf(
                path: path, physical: physical, length: element.length, type: type, meaning: meaning,
                definition: definition, repetition: repetition)
        }

        /// Older annotations stand for newer ones where these are missing.
        private static func annotation(_ element: Element) -> Logical {
            if element.logical != .none { return element.logical }
            return switch element.converted {
            case 0, 4, 19: .text
            case 5, 21: .decimal
            case 6: .date
            case 7: .time(.milliseconds)
            case 8: .time(.microseconds)
            case 9: .timestamp(.milliseconds)
            case 10: .timestamp(.microseconds)
            case .some(let unsigned) where (11...14).contains(unsigned):
                .integer(bits: 8 << (unsigned - 11), signed: false)
            case .some(let signed) where (15...18).contains(signed): .integer(bits: 8 << (signed - 15), signed: true)
            default: .none
            }
        }

        private static func type(
            of element: Element, _ physical: ParquetPhysical, _ place: TablePlace
        ) throws -> (TableType, ParquetLeaf.Meaning) {
            let annotation = annotation(element)
            switch (physical, annotation) {
            case (_, .null): return (.null, .plain)
            case (_, .decimal):
                return (.unsupported(element.converted == 21 ? "interval" : "decimal"), .plain)
            case (.boolean, .none): return (.boolean, .plain)
            case (.float, .none): return (.number(bits: 32), .plain)
            case (.double, .none): return (.number(bits: 64), .plain)
            case (.int96, .none): return (.timestamp(.nanoseconds), .int96)
            case (.byteArray, .text): return (.text, .text)
            case (.fixedBytes, .half) where element.length == 2: return (.number(bits: 16), .half)
            case (.byteArray, .none), (.byteArray, .unknown), (.fixedBytes, .none), (.fixedBytes, .unknown):
                return (.bytes, .plain)
            case (.int32, .date): return (.date, .plain)
            case (.int32, .time(let unit)), (.int64, .time(let unit)): return (.time(unit), .plain)
            case (.int64, .timestamp(let unit)): return (.timestamp(unit), .plain)
            case (.int32, .none), (.int32, .integer(32, true)): return (.integer(bits: 32, signed: true), .plain)
            case (.int64, .none), (.int64, .integer(64, true)): return (.integer(bits: 64, signed: true), .plain)
            case (.int32, .integer(let bits, let signed)) where bits <= 32,
                (.int64, .integer(let bits, let signed)) where bits == 64:
                return (.integer(bits: bits, signed: signed), signed ? .plain : .unsigned(bits: bits))
            default:
                throw place.error(
                    .metadata, "a type that its values cannot have", expected: "one that fits \(physical)",
                    found: "\(annotation)")
            }
        }
    }
}
