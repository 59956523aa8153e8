import Core
import Foundation
import Ledger

/// The runs that manifests and golden folders name.
enum KnownRuns {
    /// Names in use outside the ledger.
    static func names(_ workspace: Workspace) throws -> [String] {
        let manifests = entries(workspace.manifests).filter { $0.hasSuffix(".json") }.map { String($0.dropLast(5)) }
        return manifests + golden(workspace)
    }

    /// Runs with a golden log, in byte order.
    static func golden(_ workspace: Workspace) -> [String] {
        entries(workspace.golden).filter { GoldenLog.exists(folder: workspace.golden($0)) }
    }

    /// Golden runs with the same inputs, and whether they ended with the same chain head.
    static func goldenTwins(of manifest: Manifest, _ workspace: Workspace) throws -> [(run: String, isSame: Bool)] {
        try golden(workspace).compactMap { run in
            let other = try Manifest.read("\(workspace.golden(run))/manifest.json")
            guard other.inputs.digest == manifest.inputs.digest else { return nil }
            return (run, other.outcome?.chainHead == manifest.outcome?.chainHead)
        }
    }

    /// Runs that are not golden whose manifests have the same inputs, and whether they ended with the same chain head.
    /// A manifest that cannot be read is for the audit to tell.
    static func earlierTwins(of manifest: Manifest, _ workspace: Workspace) -> [(run: String, isSame: Bool)] {
        let accepted = Set(golden(workspace))
        return entries(workspace.manifests).filter { $0.hasSuffix(".json") }.compactMap { file in
            guard let other = try? Manifest.read("\(workspace.manifests)/\(file)"), let outcome = other.outcome,
                other.run != manifest.run, !accepted.contains(other.run), other.inputs.digest == manifest.inputs.digest
            else { return nil }
            return (other.run, outcome.chainHead == manifest.outcome?.chainHead)
        }
    }

    private static func entries(_ folder: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted(by: utf8Less)
    }
}
