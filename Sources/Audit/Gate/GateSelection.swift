import Core
import Foundation
import Ledger

/// The golden runs that a gate is to audit.
package struct GateSelection: Sendable {
    /// The runs in byte order.
    package let runs: [String]
    /// The golden evaluations in byte order: folders with a report of `smpo eval --prompts` in place of a golden log.
    package let evaluations: [String]
    /// Runs of which the list and the folder do not agree, with what is wrong: they are failures.
    package let missing: [String: String]
    /// The list, where there is one.
    package let list: GoldenList?
    /// Golden runs that match no pattern, and runs that have a manifest and are not golden, in byte order.
    package let notSelected: [String], notGolden: [String]

    /// There is nothing to audit: a gate that audits nothing is not open.
    package struct Empty: Error, Equatable, CustomStringConvertible {
        /// The pattern that no run matches; nil without golden runs.
        package let pattern: String?
        /// The golden runs there are.
        package let known: [String]
        /// The folder.
        package let folder: String
        /// The message.
        package var description: String {
            guard let pattern else {
                return "\(folder): expected golden runs, found none; `smpo golden accept` makes one"
            }
            return "no golden run matches \"\(pattern)\"; golden runs: \(known.joined(separator: ", "))"
        }
    }

    /// All that was selected, in byte order.
    package var names: [String] { (runs + evaluations).sorted(by: utf8Less) }

    /// The golden runs and evaluations of a workspace, those in the folder, those in the list and those whose manifest says that they are
    /// golden, that match one of `patterns` (of `fnmatch(3)`), or all. An acceptance that was cut off is finished first.
    /// - Throws: `Empty` when there are none, also for a single pattern; `FileError`, `GoldenList.BadLine`,
    ///   `AcceptanceJournal.Damaged`.
    package init(_ workspace: Workspace, patterns: [String] = []) throws {
        try AcceptanceJournal.finish(in: workspace)
        list = try GoldenList.read(workspace.goldenList)
        let (present, listed) = (GateSelection.present(workspace), list?.runs ?? [])
        let manifests = try ManifestSurvey(workspace)
        let all = Set(present).union(listed).union(manifests.golden).union(manifests.unreadable.keys)
            .sorted(by: utf8Less)
        guard !all.isEmpty else { throw Empty(pattern: nil, known: [], folder: workspace.golden) }
        for pattern in patterns where !all.contains(where: { GateSelection.matches(pattern, $0) }) {
            throw Empty(pattern: pattern, known: all, folder: workspace.golden)
        }
        let isSelected = { (run: String) in
            patterns.isEmpty || patterns.contains { GateSelection.matches($0, run) }
        }
        let selected = all.filter(isSelected)
        let evaluations = selected.filter {
            FileContents.exists(workspace.goldenEvaluation($0)) && !GoldenLog.exists(folder: workspace.golden($0))
        }
        self.evaluations = evaluations
        runs = selected.filter { !evaluations.contains($0) }
        notSelected = all.filter { !isSelected($0) }
        notGolden = manifests.others.filter { !all.contains($0) }
        var missing: [String: String] = [:]
        for name in selected {
            missing[name] =
                evaluations.contains(name)
                ? GateSelection.fault(ofEvaluation: name, workspace, manifests)
                : GateSelection.fault(of: name, workspace, manifests)
            guard missing[name] == nil else { continue }
            if list == nil {
                missing[name] =
                    "\(workspace.goldenList): expected the list of golden runs, found no such file: another may be missing; "
                    + "bring it back (git checkout -- \(workspace.goldenList)), or accept a run, which writes it"
            } else if !listed.contains(name) {
                missing[name] =
                    "\(workspace.golden(name)): not listed in \(workspace.goldenList); "
                    + (evaluations.contains(name) ? "" : "accept it (`smpo golden accept`), ")
                    + "add the line, or remove the folder"
            } else if !evaluations.contains(name), !FileContents.exists(workspace.manifest(name)) {
                missing[name] = "\(workspace.manifest(name)): the golden run has no manifest there"
            }
        }
        self.missing = missing
    }

    /// What is wrong with the folder of a golden run, whatever the list says; nil where nothing is.
    private static func fault(of run: String, _ workspace: Workspace, _ manifests: ManifestSurvey) -> String? {
        let folder = workspace.golden(run)
        if FileContents.isLink(folder) { return linkFault(folder) }
        guard GoldenLog.exists(folder: folder) else {
            return manifests.unreadable[run]
                ?? "\(folder): expected a golden run, found neither log nor manifest, nor an evaluation"
                + (manifests.golden.contains(run)
                    ? "; \(workspace.manifest(run)) says that one was accepted (to give the run up, remove that file too)"
                    : "")
        }
        return FileContents.exists(workspace.goldenEvaluation(run))
            ? "\(folder): expected a golden run or a golden evaluation, found both; give \(EvaluationRecord.fileName) a folder "
                + "of its own" : nil
    }

    /// The same of the folder of a golden evaluation, which must not stand where a golden run was.
    private static func fault(
        ofEvaluation name: String, _ workspace: Workspace, _ manifests: ManifestSurvey
    ) -> String? {
        let folder = workspace.golden(name)
        if FileContents.isLink(folder) { return linkFault(folder) }
        if let unreadable = manifests.unreadable[name] { return unreadable }
        return manifests.golden.contains(name)
            ? "\(folder): expected the golden run that \(workspace.manifest(name)) says was accepted, found an evaluation"
            : nil
    }

    private static func linkFault(_ folder: String) -> String {
        "\(folder): expected a folder, found a symbolic link: what it holds is not in the project"
    }

    /// The folders of a workspace that hold golden runs or evaluations, or at least a policy, in byte order; `Golden` may
    /// hold models too.
    package static func present(_ workspace: Workspace) -> [String] {
        let names = (try? FileContents.names(in: workspace.golden)) ?? []
        return names.filter {
            let folder = workspace.golden($0)
            return GoldenLog.exists(folder: folder) || FileContents.exists("\(folder)/\(GoldenPolicy.fileName)")
                || FileContents.exists(workspace.goldenEvaluation($0))
        }
    }

    /// Whether a pattern of `fnmatch(3)` matches a name.
    package static func matches(_ pattern: String, _ name: String) -> Bool { fnmatch(pattern, name, 0) == 0 }
}
