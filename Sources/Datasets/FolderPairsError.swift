import Core

/// One line of `pairs.jsonl`, or one pair of the folders `w` and `l`, that cannot be used.
package struct FolderPairsProblem: Error, Sendable, Hashable, CustomStringConvertible {
    /// The path of `pairs.jsonl`; without a list that of the file at fault.
    package let file: String
    /// The line, from 1; without a list the pair's number, or 0 for a file of none.
    package let line: Int
    /// Whether there is a list.
    package let isInList: Bool
    /// The picture's path as the line writes it, where the picture is the trouble.
    package let image: String?
    /// What was found, and what was expected instead.
    package let what: String
    /// What a person can do about it.
    package let hint: String
    /// Whether the picture's file could not be opened at all, so that nothing is known of what it holds.
    package let isUnreachable: Bool

    init(
        file: String, line: Int, isInList: Bool = true, image: String? = nil, what: String, hint: String,
        isUnreachable: Bool = false
    ) {
        self.file = file
        self.line = line
        self.isInList = isInList
        self.image = image
        self.what = what
        self.hint = hint
        self.isUnreachable = isUnreachable
    }

    /// The name that the line's pair has in its data set.
    package var item: String { FolderPairsLine.id(line) }

    /// One line: file, line, picture, trouble, hint.
    package var description: String { (isInList ? "\(file):\(line)" : file) + ": \(what) (\(hint))" }
}

/// A folder that is refused because of at least one line.
package struct FolderPairsError: ErrorInLines, Sendable, Equatable, CustomStringConvertible {
    /// The folder.
    package let folder: String
    /// What is wrong, in the order of the lines; empty when there is no usable pair at all.
    package let problems: [FolderPairsProblem]
    /// Lines in the file, or pairs.
    package let lines: Int
    /// What was counted.
    package var unit = "lines"
    /// What a person can do about it.
    package let hint: String

    /// Whether all that is wrong is files that could not be opened.
    package var isUnreachable: Bool { !problems.isEmpty && problems.allSatisfy(\.isUnreachable) }

    /// How many problems `description` spells out.
    package static let shown = 10

    /// The number of problems, then the first ten of them, then the hint.
    package var description: String {
        guard !problems.isEmpty else { return "\(VisibleText.of(folder)): no pairs in \(lines) \(unit) (\(hint))" }
        var text =
            "\(VisibleText.of(folder)): \(problems.count) \(problems.count == 1 ? "problem" : "problems") in \(lines) \(unit)"
        for problem in problems.prefix(Self.shown) { text += "\n  \(VisibleText.of("\(problem)"))" }
        if problems.count > Self.shown { text += "\n  and \(problems.count - Self.shown) more" }
        return text + "\n  \(hint)"
    }
}

/// A picture whose bytes are no longer those that were there when the folder was loaded.
package struct FolderImageChanged: Error, Sendable, Equatable, CustomStringConvertible {
    /// The picture's path.
    package let file: String
    /// The pair it belongs to.
    package let item: String
    /// Digest of the bytes when the folder was loaded.
    package let expected: Digest
    /// Digest of the bytes now.
    package let found: Digest

    /// One line: file, pair, both digests, hint.
    package var description: String {
        "\(file): changed on disk since \(item) was loaded: expected digest \(expected.hex), found \(found.hex)"
            + " (put the old file back, or load the folder again as another data set)"
    }
}
