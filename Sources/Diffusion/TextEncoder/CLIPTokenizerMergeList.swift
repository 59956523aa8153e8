import Core

/// Which neighbours merge, the most important first, with where each merge stands.
struct CLIPTokenizerMergeList {
    /// Two neighbouring tokens.
    struct Entry {
        let left: String
        let right: String
        /// Where it stands: `:12` behind a file's name for its line, `: model.merges[10]` for a place in a document.
        let line: Int?
    }

    /// The file, for messages.
    let file: String
    /// In order.
    let entries: [Entry]

    /// `merges.txt`: an optional `#version` line, then two tokens a line.
    /// - Throws: `CLIPTokenizerError`.
    init(text bytes: [UInt8], file: String) throws {
        self.file = file
        var lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
        while let last = lines.last, last.isEmpty || last == [0x0D] { lines.removeLast() }
        entries = try lines.enumerated().compactMap { index, line in
            if index == 0, line.starts(with: "#version".utf8) { return nil }
            let text = String(validating: line.last == 0x0D ? line.dropLast() : line, as: UTF8.self)
            return try Self.entry(text, file: file, line: index + 1)
        }
    }

    /// `model.merges` of `tokenizer.json`: pairs of tokens, or texts with a space between the two.
    /// - Throws: `CLIPTokenizerError`, `JSONShapeError`.
    init(_ cursor: JSONCursor) throws {
        file = cursor.file
        entries = try cursor.elements().map { element in
            if case .string(let text)? = element.value {
                let parts = text.split(separator: " ", omittingEmptySubsequences: false)
                guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty }) else {
                    throw element.error(expected: "two tokens with a space between them", found: "\"\(text)\"")
                }
                return Entry(left: String(parts[0]), right: String(parts[1]), line: nil)
            }
            let parts = try element.elements().map { try $0.string() }
            guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty }) else {
                throw element.error(expected: "two tokens", found: "\(parts.count)")
            }
            return Entry(left: parts[0], right: parts[1], line: nil)
        }
    }

    private static func entry(_ text: String?, file: String, line: Int) throws -> Entry {
        let parts = text?.split(separator: " ", omittingEmptySubsequences: false) ?? []
        guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty }) else {
            throw CLIPTokenizerError(
                file: file, line: line, "not a merge", expected: "two tokens with a space between them",
                found: text.map { "\"\($0)\"" } ?? "invalid UTF-8")
        }
        return Entry(left: String(parts[0]), right: String(parts[1]), line: line)
    }

    /// By the ids of the two. - Throws: `CLIPTokenizerError` for tokens that `vocabulary` does not have.
    func ranks(_ vocabulary: CLIPTokenizerVocabulary) throws -> [CLIPTokenizerPair: CLIPTokenizerMerge] {
        var merges: [CLIPTokenizerPair: CLIPTokenizerMerge] = [:]
        for (rank, entry) in entries.enumerated() {
            func id(_ token: String) throws -> Int {
                if let id = vocabulary[token] { return id }
                throw CLIPTokenizerError(
                    file: file, line: entry.line,
                    "\"\(token)\"\(entry.line == nil ? " of merge \(rank)" : "") is not in \(vocabulary.file)")
            }
            let pair = CLIPTokenizerPair(left: try id(entry.left), right: try id(entry.right))
            let merge = CLIPTokenizerMerge(rank: rank, id: try id(entry.left + entry.right))
            if let earlier = merges.updateValue(merge, forKey: pair) {
                let first = entries[earlier.rank].line.map { "it only on line \($0)" }
                throw CLIPTokenizerError(
                    file: file, line: entry.line,
                    "the merge of \"\(entry.left)\" and \"\(entry.right)\" stands here again",
                    expected: first ?? "it only as merge \(earlier.rank)", found: first == nil ? "merge \(rank)" : nil)
            }
        }
        return merges
    }

    /// The place of the first merge in which two lists differ; nil when they are equal.
    func firstDifference(from other: CLIPTokenizerMergeList) -> Int? {
        let common = zip(entries, other.entries).enumerated().first { _, pair in
            !utf8Equal(pair.0.left, pair.1.left) || !utf8Equal(pair.0.right, pair.1.right)
        }
        if let common { return common.offset }
        return entries.count == other.entries.count ? nil : min(entries.count, other.entries.count)
    }
}
