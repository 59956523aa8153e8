import Digests
import Ledger

/// Makes a run the golden one: writes its log, its manifest, the record of the acceptance and the list of golden runs.
public struct GoldenAcceptance {
    /// Where runs live.
    public let workspace: Workspace
    /// Why; needed where a golden run is replaced.
    public let reason: String?
    /// The day, as `2026-11-28`.
    public let date: String
    /// Who signs.
    public let key: SigningKey?

    /// A golden run would be replaced without a word on why.
    public struct NoReason: Error, Equatable, CustomStringConvertible {
        /// The run.
        public let run: String
        /// The message.
        public var description: String {
            "\(run) is golden already: expected --reason with what changed and why it was meant"
        }
    }

    /// What was done.
    public struct Result: Sendable {
        /// The record that stands in the history.
        public let record: Acceptance
        /// Signatures of the manifest that was replaced, which no longer held and are gone.
        public let removedSignatures: Int
        /// The number of steps.
        public let steps: Int
    }

    /// Acceptances for a reason on a day.
    public init(workspace: Workspace, reason: String?, date: String, key: SigningKey?) {
        (self.workspace, self.reason, self.date, self.key) = (workspace, reason, date, key)
    }

    /// Accepts the run of `manifest`, whose steps `body` appends one by one. What it is compared with is the golden run of
    /// its name. - Throws: `NoReason`, `GoldenBackendError`, `FileError`, `TamperError`, or what `body` throws.
    public func accept(
        _ manifest: Manifest, _ body: @escaping (_ append: (StepTrace) throws -> Void) throws -> Void
    ) throws -> Result {
        let (run, folder) = (manifest.run, workspace.golden(manifest.run))
        let isReplaced = GoldenLog.exists(folder: folder)
        if isReplaced, (reason ?? "").isEmpty { throw NoReason(run: run) }
        // A golden run that no longer holds can be replaced too; it cannot be compared.
        let old = isReplaced ? try? GoldenLog(folder: folder) : nil
        var history = try GoldenHistory(of: run, in: workspace)
        if let old { try history.requireEnd(old.outcome.chainHead) }
        var list = try GoldenList.read(workspace.goldenList)
        var held = SucceedingSteps(manifest, replacing: old)
        // Statements on the manifest that goes do not hold for the one that comes: they must not stand beside it.
        let path = workspace.attestations(run)
        let signatures = (try? Attestations.read(path))?.envelopes.count ?? (FileContents.exists(path) ? 1 : 0)
        try GoldenLog.write(folder: folder, manifest: manifest) { append in
            try body { step in
                try held.take(step)
                try append(step)
            }
            try held.requireWhole(file: "\(folder)/manifest.json")
        }
        let drift = held.drift
        try FileContents.remove([path])
        try FileContents.makeFolder(workspace.manifests)
        try manifest.write(to: workspace.manifest(run))
        var record = Acceptance(
            date: date, reason: reason, oldHead: old?.outcome.chainHead,
            newHead: manifest.outcome?.chainHead ?? Chain(inputs: manifest.inputs.digest).head,
            kind: drift.kind?.word, difference: drift.divergence?.description)
        if let key {
            if let statement = RunStatement.json(manifest) {
                var attestations = Attestations(path: path)
                try attestations.add(Envelope(statement.canonicalBytes, by: [key]))
            }
            try record.sign(run: run, by: key)
        }
        try history.add(record)
        if list == nil { list = GoldenList(path: workspace.goldenList, runs: GateSelection.present(workspace)) }
        list?.add(run)
        try list?.write()
        return Result(record: record, removedSignatures: signatures, steps: held.count)
    }
}
