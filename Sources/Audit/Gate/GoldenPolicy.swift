import Digests
import Tensors
import Training

/// How a golden run is audited by the gate: the file `Golden/RUN/policy.yaml`. Without one it is compared bit by bit,
/// all of it, in one way.
///
///     compare: exact
///     recipe:
///       path: Manifests/recipes/shapes-dpo.yaml
///       set: [training.steps=4]
///     steps: 20
///     isa: [avx2, baseline]
///     workers: [1, 3]
public struct GoldenPolicy: Sendable, Equatable {
    /// How numbers are compared.
    public enum Comparison: String, Sendable, CaseIterable {
        /// Bit by bit.
        case exact
    }

    /// How numbers are compared.
    public var comparison = Comparison.exact
    /// The recipe that the run was recorded by: what it says today must be what the manifest says.
    public var recipe: RecipeSource?
    /// Only so many steps, from the first, are replayed; nil for all.
    public var steps: Int?
    /// The instruction sets and the numbers of workers under which the run is replayed.
    public var isas: [ISA] = [], workers: [Int] = []

    /// Bit by bit, all steps, in one way.
    public init() {}

    /// The file's name in the folder of a golden run.
    public static let fileName = "policy.yaml"

    /// Reads a policy; the default where there is no file. Unknown keys are errors with line, column and the nearest
    /// name. - Throws: `RecipeError`, `FileError`.
    public static func read(_ path: String) throws -> GoldenPolicy {
        guard FileContents.exists(path) else { return GoldenPolicy() }
        return try parse(String(decoding: try FileContents.read(path), as: UTF8.self), file: path)
    }

    /// Reads a policy from its text; `file` stands in errors. - Throws: `RecipeError`.
    public static func parse(_ text: String, file: String) throws -> GoldenPolicy {
        let root = try RecipeSection(
            root: try RecipeDocument.parse(text, file: file), style: .written,
            keys: ["compare", "recipe", "steps", "isa", "workers"])
        var policy = GoldenPolicy()
        policy.comparison = try root["compare"].choice(default: .exact)
        if root["recipe"].given != nil {
            let section = try root.section("recipe", keys: ["path", "set"])
            policy.recipe = RecipeSource(
                path: try section["path"].text("the path of a recipe"),
                overrides: try list(section["set"], "texts KEY.PATH=VALUE") { try $0.text("KEY.PATH=VALUE") })
        }
        policy.steps = try root["steps"].given.map { _ in try root["steps"].int(1...Int.max) }
        policy.isas = try list(root["isa"], "instruction sets") { try $0.choice() }
        policy.workers = try list(root["workers"], "numbers of workers") { try $0.int(1...256) }
        return policy
    }

    private static func list<Value>(
        _ field: RecipeField, _ what: String, _ read: (RecipeField) throws -> Value
    ) throws -> [Value] {
        guard field.given != nil else { return [] }
        return try field.list(of: what)?.map(read) ?? []
    }
}
