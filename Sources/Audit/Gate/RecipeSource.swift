import Comparison
import Digests
import Training

/// The recipe that a golden run was recorded by, as its policy names it.
public struct RecipeSource: Sendable, Equatable {
    /// The path of the file, from the working folder.
    public let path: String
    /// What was set besides, as `smpo train --set` takes it.
    public let overrides: [String]

    /// A recipe's file with what was set besides.
    public init(path: String, overrides: [String] = []) { (self.path, self.overrides) = (path, overrides) }

    /// The recipe as it is today. - Throws: `FileError`, `RecipeError`.
    public func read(root: String = ".") throws -> Recipe {
        try Recipe.read(path: file(root), overrides: overrides)
    }

    /// What is other today than the recorded recipe, each with its line in the file where it stands there.
    /// - Throws: `FileError`, `RecipeError`.
    public func changes(from recorded: JSONValue, root: String = ".") throws -> [RecipeChange] {
        let differences = DocumentDifference.all(recorded, try read(root: root).json)
        guard !differences.isEmpty else { return [] }
        let text = String(decoding: try FileContents.read(file(root)), as: UTF8.self)
        let document = try RecipeDocument.parse(text, file: path)
        return differences.map { RecipeChange($0, file: path, line: document.line(of: $0.path)) }
    }

    private func file(_ root: String) -> String { root == "." || path.hasPrefix("/") ? path : "\(root)/\(path)" }
}

/// A value of a recipe that is another than the recorded one.
public struct RecipeChange: Sendable, Equatable {
    /// The key, what was recorded, and what the recipe says today.
    public let difference: DocumentDifference
    /// The recipe's file, and the line of the key; nil where the file does not have it.
    public let file: String, line: Int?

    /// A change.
    public init(_ difference: DocumentDifference, file: String, line: Int?) {
        (self.difference, self.file, self.line) = (difference, file, line)
    }

    /// Machine-readable form: the values as canonical JSON.
    public var json: JSONValue {
        var object: JSONObject = [
            "file": .string(file), "path": .string(difference.path),
            "recorded": difference.left.map { .string($0) } ?? .null,
            "found": difference.right.map { .string($0) } ?? .null,
        ]
        object["line"] = line.map { .integer($0) }
        return .object(object)
    }
}

extension RecipeNode {
    /// The line of a key, `optimizer.lr`, in the file.
    fileprivate func line(of path: String) -> Int? {
        var (node, place) = (self, RecipePlace?.none)
        for key in path.split(separator: ".") {
            guard case .section(let members) = node.content, let member = members.first(where: { $0.key == key })
            else { return nil }
            (node, place) = (member.value, member.place)
        }
        guard case .file(_, let line, _)? = place else { return nil }
        return line
    }
}
