import Core
import Foundation
import Testing

@testable import Training

/// The page on formats lists the members of a resolved recipe with their defaults: each row is resolved here, and the
/// canonical JSON that a manifest has is held against it.
@Suite struct RecipePageTests {
    private struct Row {
        let section: String
        let overrides: [String]
        /// `key: value`, a value of `…` standing for any.
        let members: [(key: String, value: String)]
    }

    private static let base = """
        name: base
        data: {kind: shapes, size: 16}
        model: {path: m}
        objective: {name: smpo}
        optimizer: {lr: 1e-3}
        training: {steps: 3, pairs_per_step: 2}
        """

    private static func quoted(_ cell: Substring) -> [String] { cell.matches(of: /`([^`]+)`/).map { "\($0.1)" } }

    private static func rows() throws -> [Row] {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().path
        let page = String(decoding: try FileContents.read(root + "/Sources/Ledger/FORMAT.md"), as: UTF8.self)
        let table = try #require(page.split(separator: "| section | with | members |").last)
        return table.split(separator: "\n").drop { !$0.hasPrefix("|---") }.dropFirst().prefix { $0.hasPrefix("| ") }
            .map { line in
                let cells = line.split(separator: "|")
                return Row(
                    section: cells[0].trimmingCharacters(in: .whitespaces), overrides: quoted(cells[1]),
                    members: quoted(cells[2]).map { member in
                        let parts = member.split(separator: ": ", maxSplits: 1)
                        return ("\(parts[0])", "\(parts[1])")
                    })
            }
    }

    /// A value as the page writes it, in the form of a manifest: a number with a fraction or an exponent is a text of bits.
    private static func json(_ listed: String) -> JSONValue {
        if listed.hasPrefix("[") {
            return .array(listed.dropFirst().dropLast().components(separatedBy: ", ").map(json))
        }
        if let word = ["null": JSONValue.null, "true": true, "false": false][listed] { return word }
        if let integer = Int64(listed) { return .integer(integer) }
        return Double(listed).map { JSONValue.bits($0) } ?? .string(listed)
    }

    private static func members(_ json: JSONValue) throws -> JSONObject {
        guard case .object(let members) = json else { throw NotAnObject() }
        return members
    }

    @Test func everyRowIsWhatARecipeResolvesTo() throws {
        let rows = try RecipePageTests.rows()
        #expect(rows.count > 30)
        for row in rows {
            let label = "\(row.section) \(row.overrides)"
            let recipe = try Recipe.parse(RecipePageTests.base, file: "base.yaml", overrides: row.overrides)
            var found = try RecipePageTests.members(JSONValue.parse(recipe.json.canonicalBytes, file: label))
            if row.section != "all" { found = try RecipePageTests.members(#require(found[row.section], "\(label)")) }
            #expect(row.members.map(\.key).sorted() == found.members.map(\.key).sorted(), "\(label)")
            for (key, value) in row.members where value != "…" {
                #expect(found[key] == RecipePageTests.json(value), "\(label): \(key)")
            }
        }
        let objectives = rows.filter { $0.section == "objective" }.compactMap { $0.members.first?.value }
        let kinds = VocabularyTests.kinds.map { $0.objective.prefix { $0 != "," } }
        #expect(Set(objectives) == Set(kinds.map(String.init)))
    }

    private struct NotAnObject: Error {}
}
