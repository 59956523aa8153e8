import Core

/// The scores of some pairs in a file: their bit patterns, under the key of all that they follow from, and a digest over both.
struct RewardScoresFile {
    /// Its path.
    let path: String
    /// Stands for all that the scores follow from.
    let key: Digest
    /// The pairs.
    let rows: Range<Int>

    private func content(_ scores: [(Double, Double)]) -> JSONObject {
        [
            "schema": 1, "key": .digest(key), "first": .integer(rows.lowerBound),
            "scores": .array(
                scores.map { pair in
                    .array([pair.0, pair.1].map { .string(HexFloat.string(bits: $0.bitPattern)) })
                }),
        ]
    }

    /// Writes the scores, whole or not at all. - Throws: `FileError`.
    func write(_ scores: [(Double, Double)]) throws {
        precondition(scores.count == rows.count)
        var object = content(scores)
        object["digest"] = .digest(.of(.document, .object(content(scores))))
        try AtomicFile.write(JSONValue.object(object).pretty + "\n", to: path)
    }

    /// The scores; nil where the file is not there, or is damaged and so to be made again.
    /// - Throws: `FileError` for one that is there and cannot be read.
    func read() throws -> [(Double, Double)]? {
        guard FileContents.exists(path) else { return nil }
        let bytes = try FileContents.read(path)
        guard let root = try? JSONCursor(JSONValue.parse(bytes, file: path), name: "scores", file: path),
            let scores = try? root["scores"].elements().map({ row in
                let numbers = try row.elements().map { try HexFloat.double($0.string()) }
                guard numbers.count == 2, let first = numbers[0], let second = numbers[1] else {
                    throw row.error(expected: "two scores")
                }
                return (first, second)
            }), scores.count == rows.count, let digest = try? root["digest"].digest(),
            digest == .of(.document, .object(content(scores)))
        else { return nil }
        return scores
    }
}
