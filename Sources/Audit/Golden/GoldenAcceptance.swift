import Core
import Ledger

/// Makes a run the golden one: writes its log, its manifest, its policy, the record of the acceptance and the list of
/// golden runs.
package struct GoldenAcceptance {
    package let workspace: Workspace
    /// The reason; needed where a golden run is replaced.
    package let reason: String?
    /// The day, as `2026-11-28`.
    package let date: String
    /// The key of the person who signs.
    package let key: SigningKey?

    /// A golden run would be replaced without a word on why.
    package struct NoReason: Error, Equatable, CustomStringConvertible {
        /// The run.
        package let run: String
        /// The message.
        package var description: String {
            "\(run) is golden already: expected --reason with what changed and why it was meant"
        }
    }

    /// The golden folder is a link: what it holds is not in the project.
    package struct Linked: Error, Equatable, CustomStringConvertible {
        /// The folder.
        package let folder: String
        /// The message.
        package var description: String {
            "\(folder): expected a folder, found a symbolic link; put the folder itself in its place"
        }
    }

    package struct Result: Sendable {
        /// The record that stands in the history.
        package let record: Acceptance
        /// Signatures of the manifest that was replaced, which no longer held and are gone.
        package let removedSignatures: Int
        /// The number of steps.
        package let steps: Int
        /// The run's policy, and whether it was written.
        package let policy: GoldenPolicy, isNewPolicy: Bool
    }

    /// Acceptances for a reason on a day.
    package init(workspace: Workspace, reason: String?, date: String, key: SigningKey?) {
        self.workspace = workspace
        self.reason = reason
        self.date = date
        self.key = key
    }

    /// Accepts the run of `manifest`, whose steps `body` appends one by one. What it is compared with is the golden run
    /// of its name. `watch` is the recipe that is to watch it, or why none is; without it that is found
    /// (`GoldenWatching`). All files arrive in their places, or none (`AcceptanceJournal`).
    /// - Throws: `NoReason`, `GoldenBackendError`, `FileError`, `TamperError`, an error that says that no recipe would
    ///   watch the run, or what `body` throws.
    package func accept(
        _ manifest: Manifest, watch: RecipeWatch? = nil,
        _ body: @escaping (_ append: (StepTrace) throws -> Void) throws -> Void
    ) throws -> Result {
        let (run, folder) = (manifest.run, workspace.golden(manifest.run))
        guard manifest.inputs.backend == ManifestInputs.referenceBackend else {
            throw GoldenBackendError(folder: folder, run: run, backend: manifest.inputs.backend)
        }
        if FileContents.isLink(folder) { throw Linked(folder: folder) }
        let journal = try AcceptanceJournal(run, in: workspace)
        let isReplaced = GoldenLog.exists(folder: folder)
        if isReplaced, (reason ?? "").isEmpty { throw NoReason(run: run) }
        let (policy, isNewPolicy) = try GoldenWatching(workspace: workspace, manifest: manifest).policy(watch)
        // A golden run that no longer holds can be replaced too; it cannot be compared.
        let old = isReplaced ? try? GoldenLog(folder: folder) : nil
        var history = try GoldenHistory(of: run, in: workspace)
        if let old { try history.check(old) }
        var list = try GoldenList.read(workspace.goldenList)
        var held = SucceedingSteps(manifest, replacing: old)
        try GoldenLog.write(folder: journal.goldenFolder(), manifest: manifest) { append in
            try body { step in
                try held.take(step)
                try append(step)
            }
            try held.requireWhole(file: "\(folder)/manifest.json")
        }
        let drift = held.drift
        var record = Acceptance(
            date: date, reason: reason, oldHead: old?.outcome.chainHead,
            newHead: manifest.outcome?.chainHead ?? Chain(inputs: manifest.inputs.digest).head,
            kind: drift.kind?.word, difference: drift.divergence?.description)
        if let key { try record.sign(run: run, by: key) }
        history.add(record)
        // The manifest says by what it is watched and what its history is: neither goes missing unnoticed.
        var marked = manifest.marked(history.mark)
        marked.circumstances = marked.circumstances.noting(policy.recipe)
        try marked.write(to: "\(journal.goldenFolder())/manifest.json")
        try journal.takeGoldenFolder(["log.jsonl", "manifest.json", "names.json", "tensors.bin"])
        try history.write(to: journal.place(for: history.path))
        if isNewPolicy {
            try AtomicFile.write(policy.text, to: journal.place(for: "\(folder)/\(GoldenPolicy.fileName)"))
        }
        try marked.write(to: journal.place(for: workspace.manifest(run)))
        let removed = try replaceSignatures(marked, journal)
        if list == nil { list = GoldenList(path: workspace.goldenList, runs: GateSelection.present(workspace)) }
        list?.add(run)
        try list?.write(to: journal.place(for: workspace.goldenList))
        try journal.commit()
        return Result(
            record: record, removedSignatures: removed, steps: held.count, policy: policy, isNewPolicy: isNewPolicy)
    }

    /// Statements on the manifest that goes do not hold for the one that comes: they must not stand beside it. Gives
    /// their number; the new manifest is signed where there is a key.
    private func replaceSignatures(_ manifest: Manifest, _ journal: AcceptanceJournal) throws -> Int {
        let path = workspace.attestations(manifest.run)
        let count = (try? Attestations.read(path))?.envelopes.count ?? (FileContents.exists(path) ? 1 : 0)
        if let key, let statement = RunStatement.json(manifest) {
            var attestations = Attestations(path: journal.place(for: path))
            try attestations.add(Envelope(statement.canonicalBytes, by: [key]))
        } else {
            journal.remove(path)
        }
        return count
    }
}
