import Core

/// The JSON form of a finding. Parts stand under their keys, those that are not there in a list of their own; `order` has
/// the keys of both. It reads back as the same value.
extension Finding {
    /// All of it; `schema` is raised when a member changes its meaning.
    package var json: JSONValue {
        var object = members
        object["schema"] = 1
        object["not_checked"] = .array(unchecked.map(\.json))
        object["sections"] = .object(JSONObject(children.filter { $0.absence == nil }.map(\.member)))
        object["missing"] = .array(children.filter { $0.absence != nil }.map { .object($0.members) })
        return .object(object)
    }

    private var member: (String, JSONValue) {
        var object = members
        (object["says"], object["data"]) = (.array(says.map(JSONValue.string)), data)
        return (key, .object(object))
    }

    /// Whatever is there.
    private var members: JSONObject {
        var object: JSONObject = ["title": .string(title)]
        object["key"] = absence == nil ? nil : .string(key)
        object["why"] = absence.map { .string($0) }
        object["subject"] = subject.isEmpty ? nil : .string(subject)
        object["verdict"] = conclusion?.json
        object["place"] = place.map { ["file": .string($0.file), "line": .integer($0.line)] }
        object["says"] = says.isEmpty ? nil : .array(says.map(JSONValue.string))
        object["shows"] = contents.isEmpty ? nil : .array(contents.map(\.json))
        object["not_checked"] = unchecked.isEmpty ? nil : .array(unchecked.map(\.json))
        object["advice"] = advice.map { .string($0) }
        object["data"] = data == .null ? nil : data
        guard !children.isEmpty else { return object }
        object["order"] = .array(children.map { .string($0.key) })
        object["sections"] = .object(JSONObject(children.filter { $0.absence == nil }.map(\.member)))
        object["missing"] = .array(children.filter { $0.absence != nil }.map { .object($0.members) })
        return object
    }

    /// Whether a document is a finding's form.
    package static func isFinding(_ value: JSONValue?) -> Bool {
        guard case .object(let object)? = value else { return false }
        return object["schema"] == 1 && object["sections"] != nil && object["missing"] != nil
            && object["not_checked"] != nil
    }

    /// Reads `json` back. - Throws: `JSONShapeError`.
    package init(json cursor: JSONCursor) throws {
        let schema = try cursor["schema"].int()
        guard schema == 1 else { throw try cursor["schema"].error(expected: "1", found: "\(schema)") }
        self = try Finding(key: "", cursor)
    }

    private init(key: String, _ cursor: JSONCursor) throws {
        func list<Item>(_ name: String, _ read: (JSONCursor) throws -> Item) throws -> [Item] {
            try cursor[name].present?.elements().map(read) ?? []
        }
        // A key becomes an anchor: it must not end the attribute of a page that it stands in.
        guard key.utf8.allSatisfy({ (97...122).contains($0) || (48...57).contains($0) || $0 == 45 }) else {
            throw cursor.error(expected: "a key of lower-case letters, digits and hyphens", found: "\"\(key)\"")
        }
        self.init(key, try cursor["title"].string(), says: try list("says") { try $0.string() })
        subject = try cursor["subject"].present?.string() ?? ""
        conclusion = try cursor["verdict"].present.map { try Conclusion(json: $0) }
        place = try cursor["place"].present.map {
            Place(file: try $0["file"].string(), line: try $0["line"].int())
        }
        contents = try list("shows") { try Content(json: $0) }
        unchecked = try list("not_checked") { Omission(try $0["what"].string(), try $0["why"].string()) }
        absence = try cursor["why"].present?.string()
        advice = try cursor["advice"].present?.string()
        data = try cursor["data"].value ?? .null
        let missing = try list("missing") { try Finding(key: $0["key"].string(), $0) }
        children = try list("order") { place in
            let key = try place.string()
            if let child = try cursor["sections"][key].present { return try Finding(key: key, child) }
            guard let child = missing.first(where: { utf8Equal($0.key, key) }) else {
                throw place.error(expected: "a section, or one that is missing", found: "\"\(key)\"")
            }
            return child
        }
        guard Set(children.map(\.key)).count == children.count else {
            throw try cursor["order"].error(expected: "every key once", found: "\(children.map(\.key))")
        }
    }
}

extension Finding.Omission {
    var json: JSONValue { ["what": .string(what), "why": .string(why)] }
}

extension Finding.Conclusion {
    var json: JSONValue {
        [
            "word": .string(word), "tone": .string(status.tone.rawValue), "status": .string(status.rawValue),
            "sentence": .string(sentence),
        ]
    }

    init(json cursor: JSONCursor) throws {
        let word = try cursor["status"].string()
        guard let status = Status(rawValue: word) else {
            throw try cursor["status"].error(
                expected: "one of \(Status.allCases.map(\.rawValue))", found: "\"\(word)\"")
        }
        self.init(try cursor["word"].string(), status, try cursor["sentence"].string())
    }
}
