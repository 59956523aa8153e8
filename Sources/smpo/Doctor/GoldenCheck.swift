import Audit
import Core
import Ledger
import Reports

/// The golden runs of the workspace: whether their manifests and logs hold.
struct GoldenCheck {
    let workspace: Workspace

    var section: HealthReport.Section {
        var (entries, lines): ([JSONValue], [(label: String, text: String)]) = ([], [])
        var faults: [HealthReport.Fault] = []
        for run in KnownRuns.golden(workspace) {
            do {
                let manifest = try verify(run)
                entries.append(["run": .string(run), "manifest_digest": .digest(manifest.digest), "holds": true])
                lines.append((label: run, text: "manifest \(manifest.digest)"))
            } catch {
                entries.append(["run": .string(run), "manifest_digest": .null, "holds": false])
                lines.append((label: run, text: "-"))
                faults.append(HealthReport.Fault(of: error))
            }
        }
        if lines.isEmpty { lines = [(label: "golden runs", text: "none in this folder")] }
        return HealthReport.Section(
            "golden runs", key: "golden", value: .array(entries), lines: lines, faults: faults)
    }

    /// The log against its manifest, and the manifest beside the others against both.
    private func verify(_ run: String) throws -> Manifest {
        try AcceptanceJournal.finish(in: workspace)
        let log = try GoldenLog(folder: workspace.golden(run))
        var last: StepRecord?
        try log.forEachStep { last = $0.record }
        if let last { try log.outcome.check(weightsOf: last, file: "\(log.folder)/manifest.json", run: run) }
        try GoldenHistory(of: run, in: workspace).check(log)
        guard log.manifest.inputs.backend == ManifestInputs.referenceBackend else {
            throw GoldenBackendError(
                folder: log.folder, run: run, backend: log.manifest.inputs.backend)
        }
        let path = workspace.manifest(run)
        guard FileContents.exists(path) else { return log.manifest }
        let other = try Manifest.read(path)
        guard other.inputs.digest == log.manifest.inputs.digest else {
            throw TamperError(
                file: path, run: run, step: nil, field: "inputs digest", expected: log.manifest.inputs.digest.hex,
                found: other.inputs.digest.hex)
        }
        guard let claimed = other.outcome, let (name, expected, found) = log.outcome.firstDifference(from: claimed)
        else {
            return log.manifest
        }
        throw TamperError(
            file: path, run: run, step: nil, field: "outcome.\(name)", expected: expected, found: found)
    }
}
