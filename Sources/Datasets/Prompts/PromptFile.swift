import Core
import Tables

/// Reads the files in which sets of prompts are passed on: HPDv2's lists, PartiPrompts' table, Pick-a-Pic's Parquet files,
/// ImageReward's and MaPO's lists, and plain text, a prompt a line.
///
/// Source: the files themselves (HPDv2: `benchmark_*.json` and `test.json`; PartiPrompts: `PartiPrompts.tsv`, which has no
/// quoting; ImageReward: `benchmark-prompts.json`).
package enum PromptFile {
    /// The most bytes of a file of texts; PartiPrompts has 123 kB.
    static let byteLimit = 256 << 20

    /// The prompts at `path`: a file, a folder of HPDv2's lists, one a style, or a folder of Parquet files.
    /// - Throws: `PromptFileError`, `FileError`, `JSONSyntaxError`, `TableError`.
    package static func read(_ path: String) throws -> PromptSet {
        let set = FileContents.isFolder(path) ? try folder(path) : try file(path)
        guard !set.prompts.isEmpty else {
            throw PromptFileError(file: path, place: nil, what: "no prompts in it", hint: forms)
        }
        return set
    }

    private static let forms =
        "read are .json (a list of texts, or of objects with \"prompt\"), .tsv with a column Prompt, "
        + ".parquet with a column caption, .txt, a prompt a line, and a folder of HPDv2's lists, a style each"

    private static func folder(_ path: String) throws -> PromptSet {
        // What other systems leave beside files begins with a dot.
        let names = try FileContents.names(in: path).filter { !$0.hasPrefix(".") }
        let isTable = names.contains {
            $0.hasSuffix(".parquet") || $0 == "data" && FileContents.isFolder("\(path)/data")
        }
        return isTable && !names.contains { $0.hasSuffix(".json") } ? try parquet(path) : try styles(names, in: path)
    }

    private static func file(_ path: String) throws -> PromptSet {
        if path.hasSuffix(".parquet") { return try parquet(path) }
        let source = PromptSet.Source(path: path, digest: try .file(path))
        if let size = FileContents.size(path), size > byteLimit {
            throw PromptFileError(
                file: path, place: nil, what: "\(size) bytes, expected at most \(byteLimit)", hint: "take a part of it")
        }
        if path.hasSuffix(".json") { return try json(path, source) }
        if path.hasSuffix(".tsv") { return try table(path, source) }
        if path.hasSuffix(".txt") { return try lines(path, source) }
        throw PromptFileError(file: path, place: nil, what: "no kind of file that is read", hint: forms)
    }

    // MARK: - JSON

    private static func json(_ path: String, _ source: PromptSet.Source) throws -> PromptSet {
        switch try JSONValue.read(path) {
        case .array(let values): return try list(values, path, source)
        case .object(let object):
            // MaPO's: lists by name.
            let texts = try object.members.flatMap { name, value -> [(String, String?)] in
                guard case .array(let values) = value else {
                    throw PromptFileError(
                        file: path, place: "\"\(name)\"", what: "expected a list of texts, found \(value.kind)",
                        hint: forms)
                }
                return try values.enumerated().map { (try text($1, $0, path, in: name), name) }
            }
            return PromptSet(texts, sources: [source], form: "JSON, lists by name")
        case let other:
            throw PromptFileError(file: path, place: nil, what: "expected a list, found \(other.kind)", hint: forms)
        }
    }

    private static func list(_ values: [JSONValue], _ path: String, _ source: PromptSet.Source) throws -> PromptSet {
        guard case .object? = values.first else {
            let texts = try values.enumerated().map { (try text($1, $0, path), nil as String?) }
            return PromptSet(texts, sources: [source], form: "JSON, a list of texts")
        }
        let texts = try values.enumerated().map { index, value -> (String, String?) in
            guard case .object(let object) = value, let prompt = object["prompt"] else {
                throw PromptFileError(
                    file: path, place: "prompt \(index + 1)",
                    what: "expected an object with \"prompt\", found \(value.kind) without it", hint: forms)
            }
            return (try text(prompt, index, path), nil)
        }
        return PromptSet(texts, sources: [source], form: "JSON, a list of objects with \"prompt\"")
    }

    private static func text(_ value: JSONValue, _ index: Int, _ path: String, in name: String? = nil) throws -> String
    {
        guard case .string(let text) = value else {
            throw PromptFileError(
                file: path, place: (name.map { "\"\($0)\", " } ?? "") + "prompt \(index + 1)",
                what: "expected a text, found \(value.kind)", hint: forms)
        }
        return text
    }

    /// HPDv2's benchmark: a list of texts a style, the file named after it; its benchmark says nothing of other files.
    private static func styles(_ names: [String], in folder: String) throws -> PromptSet {
        var texts: [(String, String?)] = []
        var sources: [PromptSet.Source] = []
        var leftOut: [String] = []
        for name in names {
            let path = "\(folder)/\(name)"
            guard name.hasSuffix(".json"), case .array(let values) = try JSONValue.read(path),
                case .string? = values.first
            else {
                leftOut.append("\(name): no list of texts")
                continue
            }
            let style = String(name.dropLast(5)).without(prefix: "benchmark_")
            texts += try values.enumerated().map { (try text($1, $0, path), style) }
            sources.append(PromptSet.Source(path: path, digest: try .file(path)))
        }
        return PromptSet(texts, sources: sources, form: PromptSet.benchmarkForm, leftOut: leftOut)
    }

    // MARK: - Lines

    private static func lines(of path: String) throws -> [String] {
        let bytes = try FileContents.read(path)
        var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        return try lines.enumerated().map { index, line in
            let ended = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
            guard let text = String(validating: ended, as: UTF8.self) else {
                throw PromptFileError(
                    file: path, place: "line \(index + 1)", what: "the bytes are no UTF-8", hint: "save it as UTF-8")
            }
            return index == 0 && text.utf8.starts(with: [0xEF, 0xBB, 0xBF])
                ? String(text.unicodeScalars.dropFirst()) : text
        }
    }

    private static func lines(_ path: String, _ source: PromptSet.Source) throws -> PromptSet {
        let all = try lines(of: path)
        let kept = all.filter { !$0.utf8.allSatisfy { $0 == 0x20 || $0 == 0x09 } }
        return PromptSet(
            kept.map { ($0, nil) }, sources: [source], form: "text, a prompt a line",
            leftOut: empty(all.count - kept.count))
    }

    private static func empty(_ count: Int) -> [String] {
        count > 0 ? ["\(count) empty \(count == 1 ? "line" : "lines")"] : []
    }

    /// PartiPrompts: a header, then a row a line, columns between tabs; marks of quotation are part of the texts.
    private static func table(_ path: String, _ source: PromptSet.Source) throws -> PromptSet {
        let rows = try lines(of: path).map {
            $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
        }
        let header = rows.first ?? []
        func column(_ name: String) -> Int? { header.firstIndex { $0.lowercased() == name } }
        guard let prompt = column("prompt") ?? column("caption") else {
            throw PromptFileError(
                file: path, place: "line 1",
                what: "expected a header with a column Prompt, found \"\(header.joined(separator: "\", \""))\"",
                hint: forms)
        }
        let category = column("category") ?? column("style")
        // A line of nothing is no row; of more than one column it would be one without a prompt.
        let isRow = { (row: [String]) in header.count == 1 || row != [""] }
        let texts = try rows.enumerated().dropFirst().filter { isRow($0.element) }.map {
            index, row -> (String, String?) in
            guard row.count == header.count else {
                throw PromptFileError(
                    file: path, place: "line \(index + 1)",
                    what: "expected \(header.count) columns between tabs, found \(row.count)",
                    hint: "a tab or the end of a line within a text cannot be told apart here")
            }
            return (row[prompt], category.map { row[$0] })
        }
        return PromptSet(
            texts, sources: [source], form: "table between tabs, without quoting",
            leftOut: empty(rows.dropFirst().count { !isRow($0) }))
    }

    // MARK: - Parquet

    /// Pick-a-Pic's captions, each once, at the place of its first row; or a set's own column of prompts.
    private static func parquet(_ path: String) throws -> PromptSet {
        let table: Table
        do {
            table = try Table.parquet(path)
        } catch let error as TableError where error.kind == .layout {
            throw PromptFileError(
                file: path, place: nil,
                what: error.problem + (error.expected.map { ", expected \($0)" } ?? ""),
                hint: "name the files of one split by a pattern, such as 'FOLDER/data/test-*.parquet'")
        }
        let name =
            try ["caption", "Prompt", "prompt"].first(where: table.hasColumn)
            ?? {
                throw PromptFileError(
                    file: path, place: nil,
                    what:
                        "expected a column caption or Prompt, found \(table.columns.map(\.name).joined(separator: ", "))",
                    hint: forms)
            }()
        let style = ["Category", "category", "style"].first(where: table.hasColumn)
        let rows = Array(0..<table.rowCount)
        let styles = try style.map { try TableScan.values(of: table.column($0), in: rows, table) }
        var seen: Set<[UInt8]> = []
        var texts: [(String, String?)] = []
        try TableScan.forEach(of: table.column(name), in: rows, table) { row, value in
            guard case .text(let text) = value else {
                throw PromptFileError(
                    file: path, place: "row \(row)", what: "\(name): expected a string, found \(value.kind)",
                    hint: forms)
            }
            guard seen.insert(Array(text.utf8)).inserted else { return }
            var category: String?
            if let styles, case .text(let text) = styles[row] { category = text }
            texts.append((text, category))
        }
        let repeated = table.rowCount - texts.count
        return PromptSet(
            texts, sources: try table.files.map { .init(path: $0.path, digest: try .file($0.path)) },
            form: "Parquet, column \(name), each text once",
            leftOut: repeated > 0 ? ["\(repeated) rows with a caption that came before"] : [])
    }
}

extension String {
    /// Without `prefix`, where it begins with that.
    fileprivate func without(prefix: String) -> String {
        utf8.starts(with: prefix.utf8) ? String(dropFirst(prefix.count)) : self
    }
}
