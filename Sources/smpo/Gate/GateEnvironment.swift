import Foundation

/// The environment variables by which a CI server makes itself known.
struct GateEnvironment {
    private let variables: [String: String]

    /// The variables of this process, or others.
    init(_ variables: [String: String] = ProcessInfo.processInfo.environment) { self.variables = variables }

    /// Whether a server runs this, and no person: `CI` is set, to anything but `false`, `0` or nothing.
    var isCI: Bool { isSet("CI") }

    /// Whether that is GitHub Actions.
    var isGitHub: Bool { isSet("GITHUB_ACTIONS") }

    /// The file that GitHub Actions shows as the step's summary.
    var stepSummary: String? { variables["GITHUB_STEP_SUMMARY"].flatMap { $0.isEmpty ? nil : $0 } }

    /// The key to sign with.
    var key: String? { variables["SMPO_KEY"].flatMap { $0.isEmpty ? nil : $0 } }

    private func isSet(_ name: String) -> Bool { !["", "0", "false"].contains(variables[name]?.lowercased() ?? "") }
}
