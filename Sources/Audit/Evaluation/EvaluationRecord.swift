import Core
import Ledger

/// The report of an evaluation on prompts as `smpo eval --prompts … --json` wrote it: what was found, the digest that stands for
/// it, and what was asked for, by which it can be made again.
package struct EvaluationRecord: Sendable {
    /// The form of the report that this program writes and reads. 1 had paths among the content.
    package static let schema = 2
    /// The file's name in the folder of a golden evaluation.
    package static let fileName = "evaluation.json"
    /// The members that the digest does not stand for.
    private static let outside = ["asked", "digest", "made_now"]

    /// The file.
    package let file: String
    /// All that the digest is to stand for.
    package let content: JSONObject
    /// The digest that the file states.
    package let digest: Digest
    /// What was asked for: the options of `smpo eval` by their names.
    package let asked: JSONCursor
    /// Pictures of all models, and scores of them by all reward models.
    package let pictures: Int, scores: Int

    /// Whether the stated digest is that of the content.
    package var holds: Bool { .of(.document, .object(content)) == digest }

    /// Reads a report. - Throws: `FileError`, `JSONSyntaxError`, `JSONShapeError` with the place for a file that is none.
    package static func read(_ file: String) throws -> EvaluationRecord {
        try EvaluationRecord(JSONValue.read(file), file: file)
    }

    /// Reads a report's JSON; `file` stands in errors. - Throws: `JSONShapeError`.
    package init(_ value: JSONValue, file: String) throws {
        let cursor = JSONCursor(value, name: "report", file: file)
        let schema = try cursor["schema"].int()
        guard schema == Self.schema, try cursor["prompts"].present != nil, try cursor["asked"].present != nil else {
            throw try cursor["schema"].error(
                expected: "\(Self.schema), of a report by smpo eval --prompts --json",
                found: schema == Self.schema
                    ? "one without prompts or without what was asked for"
                    : "\(schema)" + (schema < Self.schema ? ": an earlier program wrote it; make it anew" : ""))
        }
        let count = try cursor["prompts"]["count"].count()
        let (models, rewards) = (try cursor["models"].elements(), try cursor["rewards"].elements().count)
        func require(_ list: JSONCursor, _ expected: Int, _ what: String) throws {
            let found = try list.array().count
            guard found == expected, expected > 0 else {
                throw list.error(expected: "\(expected) \(what), at least 1", found: "\(found)")
            }
        }
        guard !models.isEmpty, rewards > 0 else {
            throw try cursor[models.isEmpty ? "models" : "rewards"].error(expected: "at least one", found: "none")
        }
        for model in models {
            try require(model["pictures"], count, "pictures")
            for picture in try model["pictures"].elements() { _ = try picture.digest() }
            try require(model["scores"], rewards, "reward models")
            for reward in try model["scores"].elements() {
                try require(reward["scores"], count, "scores")
                for score in try reward["scores"].elements() { _ = try score.double() }
            }
        }
        var content = try cursor.object()
        for key in Self.outside { content[key] = nil }
        (self.file, self.content) = (file, content)
        (digest, asked) = (try cursor["digest"].digest(), try cursor["asked"])
        (pictures, scores) = (count * models.count, count * models.count * rewards)
    }
}

extension Workspace {
    /// The report of a golden evaluation.
    package func goldenEvaluation(_ name: String) -> String { "\(golden(name))/\(EvaluationRecord.fileName)" }
}
