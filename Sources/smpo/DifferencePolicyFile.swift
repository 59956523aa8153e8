import Comparison
import Core

/// The YAML file of `smpo diff --policy`.
///
///     tolerance: exact
///     ignore_metadata: true        # or patterns: ["format", "*config.json: _name_or_path"]
///     allow_rename: false
///     tensors:
///       - pattern: "*.norm*"
///         tolerance: ulp:2
///       - pattern: "*.position_ids"
///         ignore: true
///     files:
///       - pattern: "vae/*.onnx"
///         ignore: true
enum DifferencePolicyFile {
    /// Reads a policy. Unknown keys are errors with line, column and the nearest name.
    /// - Throws: `SettingsError`, `FileError`.
    static func read(_ path: String) throws -> DifferencePolicy {
        let root = try SettingsSection(
            root: try SettingsDocument.read(path),
            keys: ["tolerance", "ignore_metadata", "allow_rename", "tensors", "files"])
        var policy = DifferencePolicy()
        policy.tolerance = try tolerance(root["tolerance"]) ?? .exact
        if case .list? = root["ignore_metadata"].node?.content {
            policy.ignoredMetadata =
                try root["ignore_metadata"].list(of: "patterns of keys")?.map { try $0.text() } ?? []
        } else {
            policy.ignoresMetadata = try root["ignore_metadata"].bool(default: false)
        }
        policy.allowsRename = try root["allow_rename"].bool(default: false)
        if let node = root["tensors"].node {
            guard case .list(let list) = node.content else { throw root["tensors"].wrongType("a list of rules") }
            policy.rules = try list.map(rule)
        }
        policy.ignoredFiles = try root["files"].list(of: "rules")?.map(ignoredFile) ?? []
        return policy
    }

    private static func ignoredFile(_ field: SettingsField) throws -> String {
        guard let node = field.node else { throw field.missing("a rule") }
        let section = try SettingsSection(root: node, keys: ["pattern", "ignore"])
        let pattern = try section["pattern"].text("a pattern of relative paths, such as \"vae/*.onnx\"")
        guard try section["ignore"].bool() else {
            throw section["ignore"].outOfRange("true, which is all that files can be")
        }
        return pattern
    }

    private static func rule(_ node: SettingsNode) throws -> DifferencePolicy.Rule {
        let section = try SettingsSection(root: node, keys: ["pattern", "tolerance", "ignore"])
        let pattern = try section["pattern"].text("a pattern of names, such as \"*.norm*\"")
        let tolerance = try tolerance(section["tolerance"])
        let ignores = try section["ignore"].bool(default: false)
        guard (tolerance == nil) == ignores else {
            throw SettingsError(
                .conflict, at: node.place, key: "pattern", expected: "either a tolerance or ignore: true",
                found: ignores ? "both" : "neither")
        }
        return DifferencePolicy.Rule(pattern: pattern, tolerance: tolerance)
    }

    private static func tolerance(_ field: SettingsField) throws -> Tolerance? {
        guard field.node != nil else { return nil }
        let expected = "exact, ulp:N, rtol:R, atol:A or rtol:R,atol:A"
        guard let tolerance = Tolerance(try field.text(expected)) else { throw field.outOfRange(expected) }
        return tolerance
    }
}
