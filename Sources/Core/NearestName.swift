/// Finds the name that somebody probably meant, for error messages.
package enum NearestName {
    /// The candidate with the smallest edit distance to `name`; of equally near ones the first in byte order of UTF-8.
    ///
    /// `nil` when none is near: the distance must be at most a third of the longer length, and at least 2 is allowed.
    /// With `acceptingPrefixes` a name that begins the other is near too, as `lr` is to `lrate`.
    package static func among(
        _ candidates: some Sequence<String>, to name: String, acceptingPrefixes: Bool = false
    ) -> String? {
        let target = Array(name.utf8)
        var best: (distance: Int, name: String)?
        for candidate in candidates {
            let bytes = Array(candidate.utf8)
            let isPrefix = acceptingPrefixes && (target.starts(with: bytes) || bytes.starts(with: target))
            let limit = isPrefix ? .max : max(2, max(bytes.count, target.count) / 3)
            guard abs(bytes.count - target.count) <= min(limit, best?.distance ?? limit) else { continue }
            let distance = editDistance(bytes, target)
            guard distance <= limit, distance <= best?.distance ?? limit else { continue }
            if let best, best.distance == distance, !candidate.utf8.lexicographicallyPrecedes(best.name.utf8) {
                continue
            }
            best = (distance, candidate)
        }
        return best?.name
    }

    /// Levenshtein's distance: the number of bytes to insert, delete or replace.
    package static func editDistance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var row = Array(0...right.count)
        for (i, byte) in left.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for j in right.indices {
                let replaced = diagonal + (byte == right[j] ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(replaced, min(row[j], row[j + 1]) + 1)
            }
        }
        return row[right.count]
    }
}
