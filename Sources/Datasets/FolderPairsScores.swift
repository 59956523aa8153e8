import Core

extension FolderPairs {
    /// The same pairs with other scores, as they are after `write(scores:to:)`.
    package func scored(_ scores: [(Double, Double)]) -> FolderPairs {
        precondition(scores.count == count, "\(scores.count) scores for \(count) pairs")
        return replacing(
            items: zip(items, scores).map { item, score in
                PairItem(
                    id: item.id, caption: item.caption, image0: item.image0, image1: item.image1,
                    imageDigest0: item.imageDigest0, imageDigest1: item.imageDigest1, label0: item.label0,
                    label1: item.label1, score0: score.0, score1: score.1)
            })
    }

    /// Puts `score_0` and `score_1` into every line of the folder's list, one pair a line; all other members of a line
    /// keep their values, also those that a training would refuse. Lines become canonical JSON. The list is replaced
    /// whole, through a temporary file that is flushed to the disk.
    /// - Throws: `FolderPairsError`, `JSONSyntaxError`, `FileError`.
    package static func write(scores: [(Double, Double)], to folder: String) throws {
        let path = "\(folder)/\(listName)"
        var lines = try FileContents.read(path).split(separator: 0x0A, omittingEmptySubsequences: false)
        if lines.last?.isEmpty ?? false { lines.removeLast() }
        guard lines.count == scores.count else {
            throw FolderPairsError(
                folder: folder, problems: [], lines: lines.count,
                hint: "\(listName) had \(scores.count) lines when it was read: somebody else is writing it")
        }
        try AtomicFile.write(to: path) { file in
            for (line, score) in zip(lines, scores) {
                guard case .object(var object) = try JSONValue.parse(Array(line), file: path) else {
                    preconditionFailure("the list was read before")
                }
                // −0 and 0 are one score.
                object["score_0"] = .decimal(score.0 == 0 ? 0 : score.0)
                object["score_1"] = .decimal(score.1 == 0 ? 0 : score.1)
                try file.append(JSONValue.object(object).canonicalBytes + [0x0A])
            }
        }
    }
}
