import Tables

/// PickScore's `only_on_best` (trainer/datasetss/clip_hf_dataset.py): in each row that people judged, the good picture is
/// replaced by the one that it leads to when one goes from each picture to the one that beat it last.
struct BestPictures {
    /// The rows that stay, with their pictures.
    let pairs: [PairSelection.Pair]

    /// - Throws: `TableError`.
    init(_ table: Table, _ columns: PairColumns, _ rows: [Int]) throws {
        func texts(_ name: String) throws -> [TextKey] {
            let column = try table.column(name)
            return try zip(rows, TableScan.values(of: column, in: rows, table)).map { row, value in
                guard case .text(let text) = value else {
                    throw TableError(
                        table, column, row: row, "no name of a picture", expected: "string", found: value.kind)
                }
                return TextKey(text)
            }
        }
        let names = try [texts("image_0_uid"), texts("image_1_uid")]
        let labels = try TableScan.values(of: try table.column(columns.label0), in: rows, table).map(\.double)
        let judged = try zip(
            rows.indices, TableScan.values(of: try table.column("has_label"), in: rows, table)
        ).filter { $1.isTrue }.map(\.0)

        // From each beaten picture to the one that beat it; the order is that of Python's dictionaries: a key stays where it
        // first came, its value is the last one.
        var better: [TextKey: TextKey] = [:]
        var beaten: [TextKey] = []
        for (label, good, bad) in [(0.0, 1, 0), (1.0, 0, 1)] {
            for index in judged where labels[index] == label {
                if better.updateValue(names[good][index], forKey: names[bad][index]) == nil {
                    beaten.append(names[bad][index])
                }
            }
        }
        var circular: Set<TextKey> = []
        for picture in beaten {
            var best = better[picture]!
            var seen: Set<TextKey> = [picture]
            while let next = better[best] {
                if seen.contains(best) {
                    circular.insert(picture)
                    break
                }
                seen.insert(best)
                best = next
            }
            better[picture] = best
        }
        let kept = judged.filter { !circular.contains(names[0][$0]) && !circular.contains(names[1][$0]) }
        // Where a picture is found: among the second pictures before the first, and in the last of its rows.
        var places: [TextKey: PairSelection.Picture] = [:]
        for (side, list) in [(PairSide.image0, names[0]), (.image1, names[1])] {
            for index in kept { places[list[index]] = PairSelection.Picture(row: rows[index], side: side) }
        }
        pairs = kept.compactMap { index in
            var pair = PairSelection.Pair(row: rows[index])
            // Ties have no good picture; the script fails on them, and on pictures whose best one is in no row any more.
            guard labels[index] == 0 || labels[index] == 1 else { return nil }
            let isFirst = labels[index] == 1
            guard let best = better[names[isFirst ? 1 : 0][index]], let place = places[best] else { return nil }
            if isFirst { pair.image0 = place } else { pair.image1 = place }
            return pair
        }
    }
}
