import Digests
import Foundation
import Ledger

/// Which golden runs a gate is to audit.
public struct GateSelection: Sendable {
    /// The runs in byte order.
    public let runs: [String]
    /// Runs of which the list and the folder do not agree, with what is wrong: they are failures.
    public let missing: [String: String]
    /// The list, where there is one.
    public let list: GoldenList?

    /// There is nothing to audit: a gate that audits nothing is not open.
    public struct Empty: Error, Equatable, CustomStringConvertible {
        /// The pattern that no run matches; nil without golden runs.
        public let pattern: String?
        /// The golden runs there are.
        public let known: [String]
        /// The folder.
        public let folder: String
        /// The message.
        public var description: String {
            guard let pattern else {
                return "\(folder): expected golden runs, found none; `smpo golden accept` makes one"
            }
            return "no golden run matches \"\(pattern)\"; golden runs: \(known.joined(separator: ", "))"
        }
    }

    /// The golden runs of a workspace, those in the folder and those in the list, that match one of `patterns` (of
    /// `fnmatch(3)`), or all. - Throws: `Empty` when there are none, also for a single pattern; `FileError`,
    /// `GoldenList.BadLine`.
    public init(_ workspace: Workspace, patterns: [String] = []) throws {
        list = try GoldenList.read(workspace.goldenList)
        let present = GateSelection.present(workspace)
        let listed = list?.runs ?? present
        let all = Set(present).union(listed).sorted(by: utf8Less)
        guard !all.isEmpty else { throw Empty(pattern: nil, known: [], folder: workspace.golden) }
        for pattern in patterns where !all.contains(where: { GateSelection.matches(pattern, $0) }) {
            throw Empty(pattern: pattern, known: all, folder: workspace.golden)
        }
        runs = all.filter { run in patterns.isEmpty || patterns.contains { GateSelection.matches($0, run) } }
        var missing: [String: String] = [:]
        for run in runs {
            if !GoldenLog.exists(folder: workspace.golden(run)) {
                missing[run] = "\(workspace.golden(run)): expected a golden run, found neither log nor manifest"
            } else if !listed.contains(run) {
                missing[run] =
                    "\(workspace.golden(run)): not listed in \(workspace.goldenList); accept it (`smpo golden accept`), "
                    + "add the line, or remove the folder"
            } else if !FileContents.exists(workspace.manifest(run)) {
                missing[run] = "\(workspace.manifest(run)): the golden run has no manifest there"
            }
        }
        self.missing = missing
    }

    /// The folders of a workspace that hold golden runs, or at least a policy, in byte order; `Golden` may hold models
    /// too.
    public static func present(_ workspace: Workspace) -> [String] {
        let names = (try? FileContents.names(in: workspace.golden)) ?? []
        return names.filter {
            let folder = workspace.golden($0)
            return GoldenLog.exists(folder: folder) || FileContents.exists("\(folder)/\(GoldenPolicy.fileName)")
        }
    }

    /// Whether a pattern of `fnmatch(3)` matches a name.
    public static func matches(_ pattern: String, _ name: String) -> Bool { fnmatch(pattern, name, 0) == 0 }
}
