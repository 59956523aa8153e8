import Core

/// What one line of `pairs.jsonl` says of a pair, or the folders `w` and `l`, checked as far as that goes without looking at a picture.
struct FolderPairsLine {
    let number: Int
    let caption: String
    let image0: String
    let image1: String
    let label0: Double
    let label1: Double
    let score0: Double?
    let score1: Double?

    /// Whether a line has to name its pictures. Where it need not, names that are missing are empty.
    enum Pictures { case required, optional }

    private static let keys = ["caption", "image_0", "image_1", "label_0", "label_1", "score_0", "score_1"]

    /// All lines of the list `file` of `folder`. - Throws: `FolderPairsError` with every malformed line, `FileError`.
    static func readAll(
        _ file: String, folder: String, pictures: Pictures, allowsUnknownKeys: Bool = false
    ) throws -> [FolderPairsLine] {
        var pieces = try FileContents.read(file).split(separator: 0x0A, omittingEmptySubsequences: false)
        // What follows the last line break is a line only when there is something.
        if pieces.last?.isEmpty ?? false { pieces.removeLast() }
        var lines: [FolderPairsLine] = []
        var problems: [FolderPairsProblem] = []
        for (index, piece) in pieces.enumerated() {
            do {
                lines.append(
                    try FolderPairsLine(
                        Array(piece), number: index + 1, file: file, pictures: pictures,
                        allowsUnknownKeys: allowsUnknownKeys))
            } catch let problem as FolderPairsProblem {
                problems.append(problem)
            }
        }
        guard problems.isEmpty, !pieces.isEmpty else {
            let name = FolderPairs.listName
            throw FolderPairsError(
                folder: folder, problems: problems, lines: pieces.count,
                hint: pieces.isEmpty ? "\(name) is empty" : "mend these lines of \(name)")
        }
        return lines
    }

    /// The pair's name in its data set: `pair-` and the line number with six digits.
    var id: String { Self.id(number) }

    /// The name of the pair in line `number`.
    static func id(_ number: Int) -> String { "pair-" + PaddedNumber.text(number, digits: 6) }

    /// A pair without scores, of which `winner` is preferred.
    init(number: Int, caption: String, winner: String, loser: String) {
        (self.number, self.caption, image0, image1) = (number, caption, winner, loser)
        (label0, label1, score0, score1) = (1, 0, nil, nil)
    }

    /// Reads line `number` (from 1) of `file`. - Throws: `FolderPairsProblem`.
    private init(
        _ bytes: [UInt8], number: Int, file: String, pictures: Pictures, allowsUnknownKeys: Bool
    ) throws {
        self.number = number
        let fields = Fields(object: try Self.object(bytes, number: number, file: file), line: number, file: file)
        if !allowsUnknownKeys { try fields.refuseUnknown(known: Self.keys) }
        caption = try fields.string("caption")
        func picture(_ key: String) throws -> String {
            pictures == .optional && fields.object[key] == nil ? "" : try fields.path(key)
        }
        image0 = try picture("image_0")
        image1 = try picture("image_1")
        label0 = try fields.label("label_0")
        label1 = try fields.label("label_1")
        score0 = try fields.score("score_0")
        score1 = try fields.score("score_1")
        guard label0 + label1 == 1 else {
            throw fields.problem(
                "label_0 = \(label0) and label_1 = \(label1) add up to \(label0 + label1), not 1",
                hint: "1 and 0 for a winner, 0.5 and 0.5 for a tie")
        }
        guard (score0 == nil) == (score1 == nil) else {
            throw fields.problem(
                "only one of score_0 and score_1 is there", hint: "give both scores, or none for this pair")
        }
    }

    private static func object(_ bytes: [UInt8], number: Int, file: String) throws -> JSONObject {
        let blank = bytes.allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
        let value: JSONValue
        do {
            guard !blank else {
                throw FolderPairsProblem(file: file, line: number, what: "an empty line", hint: "remove it")
            }
            value = try JSONValue.parse(bytes, file: file)
        } catch let error as JSONSyntaxError {
            throw FolderPairsProblem(
                file: file, line: number, what: "column \(error.column): \(error.reason)",
                hint: "every line is one JSON object")
        }
        guard case .object(let object) = value else {
            throw FolderPairsProblem(
                file: file, line: number, what: "expected an object, found \(value.kind)",
                hint: "every line is one JSON object")
        }
        return object
    }
}

/// The members of one line, with errors that name it.
private struct Fields {
    let object: JSONObject
    let line: Int
    let file: String

    func problem(_ what: String, image: String? = nil, hint: String) -> FolderPairsProblem {
        FolderPairsProblem(file: file, line: line, image: image, what: what, hint: hint)
    }

    func refuseUnknown(known: [String]) throws {
        for key in object.keys where !known.contains(key) {
            let nearest = NearestName.among(known, to: key)
            throw problem(
                "unknown key \"\(key)\"",
                hint: nearest.map { "did you mean \"\($0)\"?" } ?? "known keys: \(known.joined(separator: ", "))")
        }
    }

    private func value(_ key: String) throws -> JSONValue {
        guard let value = object[key] else {
            throw problem("the key \"\(key)\" is missing", hint: "every line needs it")
        }
        return value
    }

    func string(_ key: String) throws -> String {
        let value = try value(key)
        guard case .string(let text) = value else {
            throw problem("\(key): expected a string, found \(value.kind)", hint: "write it in double quotes")
        }
        return text
    }

    /// A relative path that does not leave the folder by its spelling; links are checked where the file is opened.
    func path(_ key: String) throws -> String {
        let path = try string(key)
        guard !path.isEmpty, !path.utf8.contains(0) else {
            throw problem("\(key): \"\(path)\" is no path", image: path, hint: "name a file below the folder")
        }
        let parts = path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard !parts[0].isEmpty, !parts.contains(where: { $0.elementsEqual("..".utf8) }) else {
            throw problem(
                "\(key): \"\(path)\" leads out of the folder", image: path,
                hint: "name a file below the folder, without .. and without a leading /")
        }
        return path
    }

    func label(_ key: String) throws -> Double {
        let value = try value(key)
        guard case .number(let number) = value else {
            throw problem("\(key): expected 0, 0.5 or 1, found \(value.kind)", hint: "write a bare number")
        }
        // Also turns -0 into 0, so that one label has one bit pattern.
        guard let label = [0, 0.5, 1].first(where: { $0 == number.double }) else {
            throw problem(
                "\(key): expected 0, 0.5 or 1, found \(number.text)",
                hint: "graded opinions belong into score_0 and score_1")
        }
        return label
    }

    func score(_ key: String) throws -> Double? {
        guard let value = object[key] else { return nil }
        guard case .number(let number) = value, number.double.isFinite else {
            throw problem(
                "\(key): expected a finite number, found \(value.kind)", hint: "leave the key out without one")
        }
        return number.double == 0 ? 0 : number.double
    }
}
