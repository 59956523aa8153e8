import Compute
import Core
import Training

/// The gate's policy for a golden run: the file `Golden/RUN/policy.yaml`. Without other words the run is compared bit
/// by bit, all of it, in one way.
///
///     compare: exact
///     recipe:
///       path: Manifests/recipes/shapes-dpo.yaml
///       set: [training.steps=4]
///     steps: 20
///     isa: [avx2, baseline]
///     workers: [1, 3]
///
/// A run that no recipe can watch says so, and why:
///
///     recipe: unwatched
///     reason: the recipe was never kept
package struct GoldenPolicy: Sendable, Equatable {
    /// The comparison of numbers.
    package enum Comparison: String, Sendable, CaseIterable {
        /// Bit by bit.
        case exact
    }

    /// The comparison of numbers.
    package var comparison = Comparison.exact
    /// The recipe that the run was recorded by: what it says today must be what the manifest says.
    package var recipe: RecipeSource?
    /// The reason why no recipe watches the run, where the policy says that none does.
    package var unwatched: String?
    /// Only so many steps, from the first, are replayed; nil for all.
    package var steps: Int?
    /// The instruction sets and the numbers of workers under which the run is replayed.
    package var isas: [ISA] = [], workers: [Int] = []

    /// Bit by bit, all steps, in one way.
    package init() {}

    /// The file's name in the folder of a golden run.
    package static let fileName = "policy.yaml"

    /// The word in place of a recipe that says that none watches the run.
    private static let unwatchedWord = "unwatched"

    /// Reads a policy; the default, which names no recipe, where there is no file. Unknown keys are errors with line,
    /// column and the nearest name, and so is a file that says nothing. - Throws: `SettingsError`, `FileError`.
    package static func read(_ path: String) throws -> GoldenPolicy {
        guard FileContents.exists(path) else { return GoldenPolicy() }
        return try GoldenPolicy(SettingsDocument.read(path))
    }

    /// Reads a policy from its text; `file` stands in errors. - Throws: `SettingsError`.
    package static func parse(_ text: String, file: String) throws -> GoldenPolicy {
        try GoldenPolicy(SettingsDocument.parse(text, file: file))
    }

    private init(_ document: SettingsNode) throws {
        if case .section(let members) = document.content, members.isEmpty {
            throw SettingsError(
                .missingKey, at: document.place, key: "recipe", expected: "a policy", found: "nothing",
                hint: "a golden run that nothing is to watch says `recipe: unwatched` and a `reason:`")
        }
        let root = try SettingsSection(
            root: document, keys: ["compare", "recipe", "reason", "steps", "isa", "workers"])
        comparison = try root["compare"].choice(default: .exact)
        try readRecipe(root)
        steps = try root["steps"].given.map { _ in try root["steps"].int(1...Int.max) }
        isas = try GoldenPolicy.list(root["isa"], "instruction sets") { try $0.choice() }
        workers = try GoldenPolicy.list(root["workers"], "numbers of workers") { try $0.int(1...256) }
    }

    private mutating func readRecipe(_ root: SettingsSection) throws {
        let field = root["recipe"]
        if case .scalar(let word, _)? = field.given?.content {
            guard word == GoldenPolicy.unwatchedWord else {
                throw field.wrongType("a section of keys, or the word \(GoldenPolicy.unwatchedWord)")
            }
            unwatched = try root["reason"].text("why no recipe watches the run")
            guard unwatched?.contains(where: { !$0.isWhitespace }) == true else {
                throw root["reason"].outOfRange("why no recipe watches the run")
            }
            return
        }
        if root["reason"].given != nil {
            throw SettingsError(
                .conflict, at: root["reason"].keyPlace, key: "reason",
                expected: "it with `recipe: \(GoldenPolicy.unwatchedWord)`", found: "it without")
        }
        guard field.given != nil else { return }
        let section = try root.section("recipe", keys: ["path", "set"])
        recipe = RecipeSource(
            path: try section["path"].text("the path of a recipe"),
            overrides: try GoldenPolicy.list(section["set"], "texts KEY.PATH=VALUE") { try $0.text("KEY.PATH=VALUE") })
    }

    /// The policy as a file, which reads as this policy again.
    package var text: String {
        var lines = ["compare: \(comparison.rawValue)"]
        if let recipe {
            lines += ["recipe:", "  path: \(GoldenPolicy.scalar(recipe.path))"]
            if !recipe.overrides.isEmpty {
                lines += ["  set:"] + recipe.overrides.map { "    - \(GoldenPolicy.scalar($0))" }
            }
        } else if let unwatched {
            lines += ["recipe: \(GoldenPolicy.unwatchedWord)", "reason: \(GoldenPolicy.scalar(unwatched))"]
        }
        if let steps { lines.append("steps: \(steps)") }
        if !isas.isEmpty { lines.append("isa: [\(isas.map(\.rawValue).joined(separator: ", "))]") }
        if !workers.isEmpty { lines.append("workers: [\(workers.map(String.init).joined(separator: ", "))]") }
        return lines.map { $0 + "\n" }.joined()
    }

    /// A text as YAML: a JSON text is one, and a name or a path needs no quotes.
    private static func scalar(_ text: String) -> String {
        let isPlain = text.utf8.enumerated().allSatisfy { index, byte in
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"): true
            case UInt8(ascii: "0")...UInt8(ascii: "9"): index > 0
            default: index > 0 && "/._-=+".utf8.contains(byte)
            }
        }
        // A word alone could be `true` or `null`.
        if isPlain && (text.contains("/") || text.contains("=")) { return text }
        return JSONValue.string(text).canonical.unicodeScalars.reduce(into: "") { result, scalar in
            switch scalar.value {
            // Characters that end a line in YAML, or are none of it, and are neither in JSON.
            case 0x7F...0x9F, 0x2028, 0x2029, 0xFEFF, 0xFFFE, 0xFFFF:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
    }

    private static func list<Value>(
        _ field: SettingsField, _ what: String, _ read: (SettingsField) throws -> Value
    ) throws -> [Value] {
        guard field.given != nil else { return [] }
        return try field.list(of: what)?.map(read) ?? []
    }
}
