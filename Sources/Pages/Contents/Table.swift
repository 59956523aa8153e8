import Core

/// Rows of texts under a head.
package struct Table: Sendable, Equatable {
    /// Which rows stand where there is no room for all.
    package enum Room: String, Sendable {
        /// The first.
        case first
        /// Some of the many, evenly chosen, the first and the last among them.
        case spread
        /// The first, but as many as the page can hold.
        case many
    }

    /// Its own heading; empty for the numbers behind what is drawn.
    package let title: String
    /// The heads of the columns.
    package let head: [String]
    /// The rows, each as long as the head: as many as any presenter shows.
    package let rows: [[String]]
    /// How many rows there are.
    package let total: Int
    /// Columns of numbers.
    package let numbers: Set<Int>
    /// Which rows stand where there is no room for all.
    package let room: Room
    /// Whether it is what a reader came for, and is not folded up.
    package let isOpen: Bool

    /// A table.
    package init(
        _ head: [String], _ rows: [[String]], titled title: String = "", numbers: Set<Int> = [], room: Room = .first,
        isOpen: Bool = false
    ) {
        (self.title, self.head, self.numbers, self.room, self.isOpen) = (title, head, numbers, room, isOpen)
        (self.rows, total) = (room.cut(rows, Detail()), rows.count)
    }

    /// The rows for which `detail` has room.
    func shown(_ detail: Detail) -> [[String]] { room.cut(rows, detail) }

    var json: JSONValue {
        func list(_ texts: [String]) -> JSONValue { .array(texts.map(JSONValue.string)) }
        return [
            "title": .string(title), "head": list(head), "rows": .array(rows.map(list)), "total": .integer(total),
            "numbers": .array(numbers.sorted().map { .integer($0) }), "room": .string(room.rawValue),
            "open": .bool(isOpen),
        ]
    }

    init(json cursor: JSONCursor) throws {
        let (head, word) = (try cursor["head"].elements().map { try $0.string() }, try cursor["room"].string())
        guard let room = Room(rawValue: word) else {
            throw try cursor["room"].error(expected: "first, spread or many", found: "\"\(word)\"")
        }
        let rows = try cursor["rows"].elements().map { row in
            let cells = try row.elements().map { try $0.string() }
            guard cells.count == head.count else {
                throw row.error(expected: "\(head.count) cells", found: "\(cells.count)")
            }
            return cells
        }
        (title, self.head, self.rows, self.room) = (try cursor["title"].string(), head, rows, room)
        (total, isOpen) = (try cursor["total"].count(), try cursor["open"].bool())
        numbers = Set(try cursor["numbers"].elements().map { try $0.int() })
        guard total >= rows.count else {
            throw try cursor["total"].error(expected: "at least \(rows.count)", found: "\(total)")
        }
    }
}

extension Table.Room {
    /// The rows for which `detail` has room.
    fileprivate func cut(_ rows: [[String]], _ detail: Detail) -> [[String]] {
        switch self {
        case .first: Array(rows.prefix(detail.tableRows))
        case .spread: StepBuckets.spread(rows.count, most: detail.tableRows).map { rows[$0] }
        case .many: Array(rows.prefix(detail.manyRows))
        }
    }
}
