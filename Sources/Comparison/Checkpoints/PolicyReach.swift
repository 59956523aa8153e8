import Checkpoints
import Core

/// The parts of a policy that meet anything in two checkpoints.
struct PolicyReach {
    let policy: DifferencePolicy
    private let names: [String]
    private let keys: [String]
    private let files: [FolderFile]

    /// The reach of a policy.
    init(_ policy: DifferencePolicy, _ left: Checkpoint, _ right: Checkpoint) {
        self.policy = policy
        names = (left.tensors + right.tensors).map(\.name)
        keys = (left.metadata + right.metadata).map(\.key)
        files = left.files + right.files
    }

    /// Refuses a comparison of nothing, and a pattern of `--only` that meets nothing.
    /// - Throws: `EmptyComparison`.
    func requireSomething(compared: Int) throws {
        guard !names.isEmpty else { throw EmptyComparison("neither A nor B has a tensor") }
        for pattern in policy.only where !names.contains(where: { NamePattern.matches(pattern, $0) }) {
            throw EmptyComparison("--only \"\(pattern)\" matches no tensor of A or B", hint: hint(pattern))
        }
        guard compared > 0 else {
            let ignoring = policy.rules.filter { $0.tolerance == nil }.map { "\"\($0.pattern)\"" }
            throw EmptyComparison(
                "nothing is compared: the policy leaves out all tensors",
                hint: ignoring.isEmpty ? nil : "ignored are \(ignoring.joined(separator: ", "))")
        }
    }

    /// The parts of the policy that meet nothing, in words.
    var unmet: [String] {
        var result: [String] = []
        // The first rule that matches a name holds, so one behind it may meet nothing that is left.
        var met = Set<Int>()
        for name in names {
            if let place = policy.rules.firstIndex(where: { NamePattern.matches($0.pattern, name) }) {
                met.insert(place)
            }
        }
        for (place, rule) in policy.rules.enumerated() where !met.contains(place) {
            let isBehind = names.contains { NamePattern.matches(rule.pattern, $0) }
            result.append(
                "the policy's rule \"\(rule.pattern)\" meets no tensor"
                    + (isBehind ? " that no earlier rule has met" : ""))
        }
        for pattern in policy.ignoredMetadata where !keys.contains(where: { NamePattern.matches(pattern, $0) }) {
            result.append("the pattern \"\(pattern)\" of ignore_metadata meets no metadata")
        }
        for pattern in policy.ignoredFiles where !files.contains(where: { NamePattern.matches(pattern, $0.path) }) {
            result.append("the pattern \"\(pattern)\" of ignored files meets no file")
        }
        return result
    }

    /// The module that was probably meant, and what names begin with.
    private func hint(_ pattern: String) -> String {
        let literal = String(decoding: pattern.utf8.filter { !Array("*?[]\\".utf8).contains($0) }, as: UTF8.self)
        let wanted = literal.hasSuffix("/") || literal.hasSuffix(".") ? String(literal.dropLast()) : literal
        var modules = Set(names)
        for name in names {
            for (place, byte) in zip(name.utf8.indices, name.utf8) where byte == 0x2F || byte == 0x2E {
                modules.insert(String(name[..<place]))
            }
        }
        let near = NearestName.among(modules.sorted(by: utf8Less), to: wanted).map { "the nearest name is \"\($0)\"; " }
        let first = Set(names.map { String($0.prefix { $0 != "/" && $0 != "." }) }).sorted(by: utf8Less)
        return (near ?? "") + "names begin with \(first.prefix(4).joined(separator: ", "))"
            + (first.count > 4 ? " …" : "")
    }
}
