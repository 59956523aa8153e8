import Core

/// One place at which two JSON documents differ.
package struct DocumentDifference: Sendable, Equatable {
    /// The keys from the root, joined by dots.
    package let path: String
    /// The values there, as canonical JSON; nil where there is none.
    package let left: String?, right: String?

    /// The path and what stands there on either side, as canonical JSON; null where nothing does.
    package var json: JSONValue {
        [
            "path": .string(path), "left": left.map { .string($0) } ?? .null,
            "right": right.map { .string($0) } ?? .null,
        ]
    }

    /// A place.
    init(path: String, left: String?, right: String?) { (self.path, self.left, self.right) = (path, left, right) }

    /// Reads `json` back. - Throws: `JSONShapeError`.
    package init(json cursor: JSONCursor) throws {
        self.init(
            path: try cursor["path"].string(), left: try cursor["left"].present?.string(),
            right: try cursor["right"].present?.string())
    }

    /// The place, and what stands there on either side, for people.
    package var description: String { "\(path): \(Self.shown(left)) | \(Self.shown(right))" }

    /// Bits of a Float64 as a number; documents of more than `most` characters cut.
    package static func shown(_ text: String?, most: Int = 80) -> String {
        guard let text else { return "nothing" }
        let bare = text.filter { $0 != "\"" }
        if text.count == 20, let number = HexFloat.double(bare) { return "\(number)" }
        return bare.count > most ? bare.prefix(most - 3) + "…" : bare
    }

    /// All places at which two documents differ, in byte order of their paths. Lists are compared whole.
    package static func all(_ left: JSONValue, _ right: JSONValue, path: String = "") -> [DocumentDifference] {
        guard left != right else { return [] }
        guard case .object(let a) = left, case .object(let b) = right else {
            return [DocumentDifference(path: path, left: left.canonical, right: right.canonical)]
        }
        return Set(a.keys + b.keys).sorted(by: utf8Less).flatMap { key -> [DocumentDifference] in
            let inner = path.isEmpty ? key : "\(path).\(key)"
            guard let x = a[key], let y = b[key] else {
                return [DocumentDifference(path: inner, left: a[key]?.canonical, right: b[key]?.canonical)]
            }
            return all(x, y, path: inner)
        }
    }
}
