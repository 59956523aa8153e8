import Core

/// Preference pairs as trainers of the kohya family lay them out: the folders `w` of winners and `l` of losers, with files of
/// the same stem, and captions beside the pictures as `NAME.txt` or `NAME.caption`, in `w`, in `l` or in both.
///
/// The pairs come in the byte order of their stems. Extensions of a pair's pictures may differ. Names that begin with a dot,
/// and files of other kinds, are left alone. A caption is one line of UTF-8 without the white space around it.
struct WinnersAndLosers {
    /// The folders, winners first.
    static let folders = ["w", "l"]
    /// Extensions of pictures that are read, in small letters.
    private static let pictures = ["jpg", "jpeg", "png", "webp"]
    /// Extensions of pictures that are not; to leave one out silently would be to train on other data.
    private static let otherPictures = ["avif", "bmp", "gif", "heic", "jxl", "tif", "tiff"]
    private static let captions = ["caption", "txt"]

    /// The files of one stem, by the place of their folder.
    private struct Files {
        var pictures: [[String]] = [[], []]
        var captions: [String] = []
    }

    private let folder: ImageFolder

    /// The pairs of `folder`. - Throws: `FolderPairsError` with all that is wrong; `FileError` when `w` or `l` is not there.
    static func pairs(in folder: ImageFolder) throws -> [FolderPairsLine] {
        try WinnersAndLosers(folder: folder).pairs()
    }

    private func pairs() throws -> [FolderPairsLine] {
        // By the bytes of the stem, since two spellings that Swift calls equal can be two files.
        var found: [[UInt8]: Files] = [:]
        var problems: [FolderPairsProblem] = []
        for (place, side) in Self.folders.enumerated() {
            for name in try FileContents.names(in: folder.path(of: side)) where !name.hasPrefix(".") {
                let file = "\(side)/\(name)"
                guard !FileContents.isFolder(folder.path(of: file)) else {
                    problems.append(problem(file, 0, "a folder inside \(side)", "put its pictures beside it"))
                    continue
                }
                guard let dot = name.utf8.lastIndex(of: UInt8(ascii: ".")) else { continue }
                let (stem, kind) = (Array(name.utf8[..<dot]), String(name[name.index(after: dot)...]).lowercased())
                if Self.pictures.contains(kind) {
                    found[stem, default: Files()].pictures[place].append(file)
                } else if Self.captions.contains(kind) {
                    found[stem, default: Files()].captions.append(file)
                } else if Self.otherPictures.contains(kind) {
                    problems.append(problem(file, 0, "a picture of a kind that is not read", "make it a PNG"))
                }
            }
        }
        let stems = found.keys.sorted { $0.lexicographicallyPrecedes($1) }
        var lines: [FolderPairsLine] = []
        for (index, stem) in stems.enumerated() {
            do {
                lines.append(try pair(found[stem]!, number: index + 1))
            } catch let problem as FolderPairsProblem {
                problems.append(problem)
            }
        }
        guard problems.isEmpty, !lines.isEmpty else {
            throw FolderPairsError(
                folder: folder.path, problems: problems, lines: stems.count, unit: "pairs",
                hint: problems.isEmpty ? "w and l hold no pictures" : "mend these files of w and l")
        }
        return lines
    }

    private func pair(_ files: Files, number: Int) throws -> FolderPairsLine {
        for (place, side) in Self.folders.enumerated() {
            let (own, others) = (files.pictures[place], files.pictures[1 - place])
            if own.count > 1 {
                throw problem(own[1], number, "a second picture of the stem of \(own[0])", "keep one of them")
            }
            if own.isEmpty, let other = others.first {
                throw problem(
                    other, number, "has no partner in \(side)",
                    "add the picture of the same stem, or take this one away")
            }
        }
        guard let winner = files.pictures[0].first, let loser = files.pictures[1].first else {
            throw problem(files.captions[0], number, "a caption without pictures", "take it away")
        }
        let captions = try files.captions.map { (file: $0, text: try caption($0, number)) }
        guard let first = captions.first else {
            throw problem(winner, number, "has no caption", "write it into a .txt or .caption of the same stem")
        }
        if let other = captions.first(where: { !utf8Equal($0.text, first.text) }) {
            throw problem(other.file, number, "another caption than \(first.file)", "make them equal, or keep one")
        }
        return FolderPairsLine(number: number, caption: first.text, winner: winner, loser: loser)
    }

    private func caption(_ file: String, _ number: Int) throws -> String {
        let bytes: [UInt8]
        do {
            bytes = try folder.bytes(of: file)
        } catch {
            throw problem(file, number, "cannot be read: \(error)", "mend the file", isUnreachable: error is FileError)
        }
        guard let text = String(validating: bytes, as: UTF8.self), !bytes.starts(with: [0xEF, 0xBB, 0xBF]) else {
            throw problem(file, number, "is not plain UTF-8", "save it as UTF-8 without a byte order mark")
        }
        let lines = text.split(whereSeparator: \.isNewline).map { Self.trimmed($0) }.filter { !$0.isEmpty }
        guard lines.count == 1 else {
            throw problem(
                file, number, lines.isEmpty ? "an empty caption" : "\(lines.count) lines",
                "write the caption on one line")
        }
        return lines[0]
    }

    private static func trimmed(_ text: Substring) -> String {
        let inner = text.drop(while: \.isWhitespace)
        return String(inner.reversed().drop(while: \.isWhitespace).reversed())
    }

    private func problem(
        _ file: String, _ number: Int, _ what: String, _ hint: String, isUnreachable: Bool = false
    ) -> FolderPairsProblem {
        FolderPairsProblem(
            file: folder.path(of: file), line: number, isInList: false, what: what, hint: hint,
            isUnreachable: isUnreachable)
    }
}
