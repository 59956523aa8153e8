import Comparison
import Core
import Foundation
import Ledger
import Training

/// The recipe that a golden run was recorded by, as its policy names it.
package struct RecipeSource: Sendable, Equatable {
    /// The path of the file, from the working folder.
    package let path: String
    /// Overrides, as `smpo train --set` takes them.
    package let overrides: [String]

    /// A recipe's file with what was set besides.
    package init(path: String, overrides: [String] = []) { (self.path, self.overrides) = (path, overrides) }

    /// The recipe as it is today. - Throws: `FileError`, `SettingsError`.
    package func read(root: String = ".") throws -> Recipe {
        try Recipe.read(path: file(root), overrides: overrides)
    }

    /// Today's differences from the recorded recipe, each with its line in the file where it stands there.
    /// - Throws: `FileError`, `SettingsError`.
    package func changes(from recorded: JSONValue, root: String = ".") throws -> [RecipeChange] {
        let differences = DocumentDifference.all(recorded, try read(root: root).json)
        guard !differences.isEmpty else { return [] }
        let document = try SettingsDocument.read(file(root))
        return differences.map { RecipeChange($0, file: path, line: document.line(of: $0.path)) }
    }

    /// The path of a recipe as a project would name it: from the project's folder. Nil for a file outside of it, which
    /// another machine would not have.
    package static func path(inProject path: String, root: String = ".") -> String? {
        let folder = URL(fileURLWithPath: root).standardizedFileURL
        let file = URL(fileURLWithPath: path, relativeTo: URL(fileURLWithPath: root, isDirectory: true))
            .standardizedFileURL
        for (folder, file) in [(folder, file), (folder.resolvingSymlinksInPath(), file.resolvingSymlinksInPath())] {
            let prefix = folder.path.hasSuffix("/") ? folder.path : folder.path + "/"
            if file.path.hasPrefix(prefix) { return String(file.path.dropFirst(prefix.count)) }
        }
        return nil
    }

    /// Whether another source names the same file, perhaps by another path.
    func isSameFile(as other: RecipeSource, root: String) -> Bool {
        func name(_ source: RecipeSource) -> String {
            RecipeSource.path(inProject: source.path, root: root) ?? source.path
        }
        return name(self) == name(other)
    }

    /// Machine-readable form, as a manifest's circumstances keep it.
    package var json: JSONValue { ["path": .string(path), "set": .array(overrides.map { .string($0) })] }

    /// Reads the JSON form. - Throws: `JSONShapeError`.
    package init(json cursor: JSONCursor) throws {
        try cursor.requireOnly(["path", "set"])
        self.init(
            path: try cursor["path"].string(), overrides: try cursor["set"].elements().map { try $0.string() })
    }

    /// The path of the file in a project whose folder is `root`.
    func file(_ root: String) -> String { root == "." || path.hasPrefix("/") ? path : "\(root)/\(path)" }
}

/// A value of a recipe that is another than the recorded one.
package struct RecipeChange: Sendable, Equatable {
    /// The key, what was recorded, and what the recipe says today.
    package let difference: DocumentDifference
    /// The recipe's file, and the line of the key; nil where the file does not have it.
    package let file: String, line: Int?

    /// A change.
    package init(_ difference: DocumentDifference, file: String, line: Int?) {
        self.difference = difference
        self.file = file
        self.line = line
    }

    /// `Manifests/recipes/x.yaml:12: optimizer.lr: 0.1, recorded was 0.2`.
    package var description: String {
        let place = line.map { "\(file):\($0)" } ?? file
        return "\(place): \(difference.path): \(DocumentDifference.shown(difference.right)), recorded was "
            + DocumentDifference.shown(difference.left)
    }

    /// Machine-readable form: the values as canonical JSON.
    package var json: JSONValue {
        var object: JSONObject = [
            "file": .string(file), "path": .string(difference.path),
            "recorded": difference.left.map { .string($0) } ?? .null,
            "found": difference.right.map { .string($0) } ?? .null,
        ]
        object["line"] = line.map { .integer($0) }
        return .object(object)
    }
}

extension Manifest {
    /// The recipe's file and what was set besides when the run was recorded: the member `recipe` of the circumstances.
    /// Nil where that was not noted. - Throws: `JSONShapeError` for a member of another form.
    package func recipeSource(file: String = "") throws -> RecipeSource? {
        guard let value = circumstances.other["recipe"] else { return nil }
        return try RecipeSource(json: JSONCursor(value, name: "manifest.circumstances.recipe", file: file))
    }
}

extension ManifestCircumstances {
    /// These circumstances with the recipe's file noted, in place of what was noted.
    package func noting(_ source: RecipeSource?) -> ManifestCircumstances {
        var noted = self
        noted.other["recipe"] = source?.json
        return noted
    }
}

extension SettingsNode {
    /// The line of a key, `optimizer.lr`, in the file.
    fileprivate func line(of path: String) -> Int? {
        var (node, place) = (self, SettingsPlace?.none)
        for key in path.split(separator: ".") {
            guard case .section(let members) = node.content, let member = members.first(where: { $0.key == key })
            else { return nil }
            (node, place) = (member.value, member.place)
        }
        guard case .file(_, let line, _)? = place else { return nil }
        return line
    }
}
