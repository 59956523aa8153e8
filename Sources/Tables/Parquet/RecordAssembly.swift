/// Puts values together from the entries of leaves, by their levels (the shredding of Dremel, read backwards).
enum RecordAssembly {
    /// The value of `field` whose leaves, from number `base` on, have these entries. - Throws: `TableError`.
    static func value(_ field: ParquetField, _ entries: [LeafEntries], base: Int) throws -> TableValue {
        let mine = field.leaves.lowerBound - base..<field.leaves.upperBound - base
        guard let first = mine.first.map({ entries[$0] }) else { return .null }
        let isThere = first.definition >= field.presence
        // All leaves below a field agree on whether it is there.
        for index in mine.dropFirst() where (entries[index].definition >= field.presence) != isThere {
            throw entries[index].place.error(.mismatch, "leaves that disagree on whether \"\(field.name)\" is there")
        }
        guard isThere else { return .null }
        switch field.shape {
        case .leaf(let number): return try entries[number - base].value()
        case .record(let fields):
            return .record(
                try fields.map { TableValue.Field(name: $0.name, value: try value($0, entries, base: base)) })
        case .list(let element, let repetition, let filled):
            if first.definition < filled { return .list([]) }
            let parts = mine.map { elements(entries[$0], repetition) }
            let count = parts[0].count
            guard parts.allSatisfy({ $0.count == count }) else {
                throw first.place.error(.mismatch, "leaves that disagree on the length of \"\(field.name)\"")
            }
            return .list(
                try (0..<count).map { index in
                    try value(
                        element,
                        zip(mine, parts).map { leaf, ranges in
                            var entries = entries[leaf]
                            entries.range = ranges[index]
                            return entries
                        }, base: field.leaves.lowerBound)
                })
        }
    }

    /// The entries of each element of a list: one begins where the level is at most `repetition`.
    private static func elements(_ entries: LeafEntries, _ repetition: Int) -> [Range<Int>] {
        var starts = [entries.range.lowerBound]
        for entry in entries.range.dropFirst() where entries.page.repetitions[entry] <= repetition {
            starts.append(entry)
        }
        let ends = starts.dropFirst() + [entries.range.upperBound]
        return zip(starts, ends).map { $0..<$1 }
    }
}
