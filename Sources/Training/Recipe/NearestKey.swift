/// Finds the name that a person probably meant to write.
enum NearestKey {
    /// The known name with the smallest edit distance to `name`; of equally near ones the first.
    ///
    /// It must be near: at most 2 or a third of the longer name away, or one name is the beginning of the other, as `lr` is of
    /// `lrate`. Otherwise `nil`.
    static func suggestion(for name: String, among known: [String]) -> String? {
        let written = Array(name.utf8)
        var best: (name: String, distance: Int)?
        for candidate in known {
            let other = Array(candidate.utf8)
            let distance = distance(written, other)
            let isNear =
                distance <= max(2, max(written.count, other.count) / 3) || written.starts(with: other)
                || other.starts(with: written)
            if isNear, best.map({ distance < $0.distance }) ?? true { best = (candidate, distance) }
        }
        return best?.name
    }

    /// Levenshtein's distance: the number of bytes to insert, delete or replace.
    static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var row = Array(0...right.count)
        for (i, byte) in left.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, other) in right.enumerated() {
                let replaced = diagonal + (byte == other ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(replaced, row[j] + 1, row[j + 1] + 1)
            }
        }
        return row[right.count]
    }
}
