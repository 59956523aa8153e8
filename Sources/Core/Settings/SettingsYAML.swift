import Yams

/// Yams with its errors turned into ours.
enum SettingsYAML {
    /// The text's root; `nil` when there is none. - Throws: `SettingsError`.
    static func compose(_ text: String, place: (TextMark) -> SettingsPlace) throws -> Node? {
        do {
            return try yams(text)
        } catch let error as YamlError {
            throw settingsError(error, in: text, place: place)
        }
    }

    /// UTF-8 by name: Yams' default encoding depends on the environment.
    private static func yams(_ text: String) throws -> Node? { try Yams.compose(yaml: text, .basic, .default, .utf8) }

    private static func settingsError(
        _ error: YamlError, in text: String, place: (TextMark) -> SettingsPlace
    ) -> SettingsError {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            return syntax(problem, at: place(TextMark(mark)))
        case .reader(let problem, let offset, _, _):
            return syntax(problem, at: place(TextMark(after: Array(text.prefix(offset ?? 0).unicodeScalars))))
        case .duplicatedKeysInMapping(let names, let context):
            let first = TextMark(context.mark)
            return duplicate(names.first ?? "", first: first, in: text, place: place)
        default:
            return syntax("\(error)", at: place(TextMark()))
        }
    }

    private static func syntax(_ problem: String, at place: SettingsPlace) -> SettingsError {
        SettingsError(.syntax, at: place, key: "", expected: "YAML", found: "an error: \(problem)")
    }

    // MARK: Keys that stand twice

    /// Yams reports the first of two equal keys. The second stands in the last line of the shortest part of the text that
    /// has the fault, in the same column. Where the name is not found there, as in `{a: 1, a: 2}`, the first is reported.
    private static func duplicate(
        _ name: String, first: TextMark, in text: String, place: (TextMark) -> SettingsPlace
    ) -> SettingsError {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let faults = lines.indices.lazy.compactMap { index in
            fault(in: lines[...index].joined(separator: "\n")).map { (line: index + 1, $0.name, $0.first) }
        }
        guard let (line, name, first) = faults.first, line > first.line,
            let second = column(of: name, in: lines[line - 1]), second == first.column
        else { return SettingsError(.duplicateKey, at: place(first), key: name) }
        var mark = first
        mark.line = line
        return SettingsError(.duplicateKey, at: place(mark), key: name, hint: "first given in line \(first.line)")
    }

    /// The key that stands twice in a text, and where it stands first.
    private static func fault(in text: String) -> (name: String, first: TextMark)? {
        do {
            _ = try yams(text)
        } catch YamlError.duplicatedKeysInMapping(let names, let context) {
            return names.first.map { ($0, TextMark(context.mark)) }
        } catch {}
        return nil
    }

    /// The column of a key that begins a line, with or without quotes.
    private static func column(of name: String, in line: Substring) -> Int? {
        let spaces = line.prefix { $0 == " " }
        let rest = line[spaces.endIndex...]
        return ["", "\"", "'"].contains { rest.hasPrefix($0 + name) } ? spaces.count + 1 : nil
    }
}
