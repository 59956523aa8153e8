import Checkpoints
import Compute
import Core
import Ledger
import Training

/// What is known of a run before it is replayed: manifest, golden log, ledger, signatures, all of them checked against
/// themselves and against each other.
package struct Evidence {
    /// The manifest, its digest verified.
    package let manifest: Manifest
    /// The golden log's steps, their chain verified; nil if the run has none.
    package let golden: [GoldenStep]?
    /// The ledger's steps, verified; nil if the ledger does not have the run.
    package let ledger: [StoredStep]?
    /// What each document says the run came to, and the document's path.
    package let outcomes: [(file: String, outcome: ManifestOutcome)]
    /// Who has signed the run; empty when nobody has.
    package let signers: Attestations.Signers
    /// Whether the ledger has a run of this name that the golden one has taken the place of; it counts for nothing.
    package let replacesRun: Bool
    /// What the ledger's outcome says of the rows beside the steps, which hold; nil where it says nothing.
    package let seal: LedgerSeal?
    /// The steps of checkpoints that the ledger's outcome states and that were taken out since.
    let prunedCheckpoints: [Int]
    /// Whether the ledger holds the run as one that is not finished, although a document says what it came to: an older
    /// copy, or one of which somebody took the outcome, and with it what its rows are held against.
    package let statesMoreThanLedger: Bool
    private let store: LedgerStore?
    private let log: GoldenLog?

    /// Nothing is known of a run.
    package struct UnknownRun: Error, CustomStringConvertible {
        /// The run.
        package let run: String
        /// Runs that are known.
        package let known: [String]
        /// The message.
        package var description: String {
            "no run named \"\(run)\": expected Manifests/\(run).json, Golden/\(run)/ or a run in the ledger"
                + (known.isEmpty ? "" : "; known runs: \(known.joined(separator: ", "))")
        }
    }

    /// Gathers and verifies; an acceptance that was cut off is finished first. Signatures are held against `keys`. Throws `TamperError` when a hash, a link or a signature
    /// does not hold, `UnknownRun` without any evidence.
    package init(run: String, workspace: Workspace, keys: [VerifyingKey] = []) throws {
        try AcceptanceJournal.finish(in: workspace)
        let hasManifest = FileContents.exists(workspace.manifest(run))
        let hasGolden = GoldenLog.exists(folder: workspace.golden(run))
        let log = hasGolden ? try GoldenLog(folder: workspace.golden(run)) : nil
        var collected: [GoldenStep] = []
        try log?.forEachStep { collected.append($0) }
        if let log { try GoldenHistory(of: run, in: workspace).check(log) }
        golden = log == nil ? nil : collected
        self.log = log

        let store = try workspace.existingLedger()
        let known = try store?.runs().map(\.name) ?? []
        var recorded: [StoredStep] = []
        var verified =
            known.contains(run) ? try store?.verify(run, objects: workspace.objects) { recorded.append($0) } : nil
        replacesRun = try Evidence.isReplaced(verified, log, workspace)
        if replacesRun { verified = nil }
        ledger = verified == nil ? nil : recorded
        (seal, prunedCheckpoints) = (verified?.manifest.outcome?.ledger, verified?.prunedCheckpoints ?? [])
        self.store = verified == nil ? nil : store

        let written = hasManifest ? try Manifest.read(workspace.manifest(run)) : nil
        guard let manifest = written ?? log?.manifest ?? verified?.manifest else {
            throw UnknownRun(run: run, known: known)
        }
        let documents = [
            (workspace.manifest(run), written), ("\(workspace.golden(run))/manifest.json", log?.manifest),
            (workspace.ledger, verified?.manifest),
        ]
        for case (let file, let other?) in documents {
            try Evidence.require(other.run == run, file, run, "run", expected: run, found: other.run)
            // The ledger's run of the same name may be another one: the golden one is what its name promises.
            try Evidence.require(
                other.inputs.digest == manifest.inputs.digest, file, run, "inputs digest",
                expected: manifest.inputs.digest.hex, found: other.inputs.digest.hex)
        }
        if let log, let written {
            // An acceptance writes both: one brought down to an older format would state less.
            try Evidence.require(
                log.manifest.format == written.format, "\(workspace.golden(run))/manifest.json", run, "format",
                expected: "\(written.format), as \(workspace.manifest(run)) has", found: "\(log.manifest.format)")
            // Whoever takes the golden run away must not have taken its mark away before.
            let (mark, other) = (try log.manifest.goldenMark(), try written.goldenMark(file: workspace.manifest(run)))
            try Evidence.require(
                mark == other, workspace.manifest(run), run, "circumstances.\(GoldenMark.key)",
                expected: mark?.json.canonical ?? "nothing", found: other?.json.canonical ?? "nothing")
        }
        outcomes = documents.compactMap { file, manifest in manifest?.outcome.map { (file, $0) } }
        try Evidence.requireOneStatement(outcomes, run)
        statesMoreThanLedger = verified.map { $0.manifest.outcome == nil } == true && !outcomes.isEmpty
        self.manifest = manifest
        signers = try Attestations.read(workspace.attestations(run))?.check(manifest, keys: keys) ?? .init()
    }

    /// What documents state beside that which a replay proves, they must state alike: no replay would tell who is right.
    private static func requireOneStatement(
        _ outcomes: [(file: String, outcome: ManifestOutcome)], _ run: String
    ) throws {
        var first: [String: (file: String, text: String)] = [:]
        for (file, outcome) in outcomes {
            var members = outcome.other.members.map { (key: $0.key, text: $0.value.canonical) }
            // A golden run that was accepted from a review states no ledger; nor does format 2.
            if let ledger = outcome.ledger { members.append((key: "ledger", text: ledger.json.canonical)) }
            for (key, text) in members {
                guard let known = first[key] else {
                    first[key] = (file, text)
                    continue
                }
                try require(
                    known.text == text, file, run, "outcome.\(key)", expected: "\(known.text), as \(known.file) says",
                    found: text)
            }
        }
    }

    /// Whether the ledger's run is what the golden one was before somebody accepted another in its place, with a reason:
    /// the name means the golden run now.
    private static func isReplaced(_ verified: VerifiedRun?, _ log: GoldenLog?, _ workspace: Workspace) throws -> Bool {
        guard let verified, let log else { return false }
        let head = verified.chain.head
        // Of equal steps another model may have been accepted: files that are written otherwise.
        guard head != log.outcome.chainHead || verified.manifest.outcome?.files != log.outcome.files else {
            return false
        }
        return try GoldenHistory(of: log.manifest.run, in: workspace).records.contains { $0.oldHead == head }
    }

    private static func require(
        _ holds: Bool, _ file: String, _ run: String, _ field: String, expected: String, found: String
    ) throws {
        guard !holds else { return }
        throw TamperError(file: file, run: run, step: nil, field: field, expected: expected, found: found)
    }

    /// That nobody known has signed.
    func missingSignature(_ path: String) -> String {
        "\(path): expected a signature by a known key, found "
            + (signers.unknown.isEmpty ? "none" : "one by \(signers.unknown.joined(separator: ", "))")
    }

    /// The number of steps that are known: the outcome's, or those in the ledger of a run that is not finished.
    package var stepCount: Int { outcomes.first?.outcome.steps ?? ledger?.count ?? 0 }

    /// What each source says of a step, where it knows it.
    func records(of step: Int) -> [StepRecord] {
        [goldenRecord(step), ledgerRecord(step)].compactMap(\.self)
    }

    /// The records of all steps, of the golden log where there is one, else of the ledger; empty where neither has any.
    package var records: [StepRecord] { golden?.map(\.record) ?? ledger?.map(\.record) ?? [] }

    /// What each source says of a step, with what it keeps of the step's tensors; the golden log comes first.
    /// - Throws: `LedgerError`, `TamperError`, `FileError`.
    package func traces(of step: Int) throws -> [StepTrace] {
        var traces: [StepTrace] = []
        if let record = goldenRecord(step), let golden, let log {
            traces.append(StepTrace(record: record, tensors: try log.tensors(of: step, in: golden)))
        }
        if let record = ledgerRecord(step), let store {
            traces.append(StepTrace(record: record, tensors: try store.tensors(of: manifest.run, step: record)))
        }
        return traces
    }

    /// Whether the digests of single tensors lie beside the golden log.
    var hasGoldenTensors: Bool { log?.hasTensors ?? false }

    /// The number of steps of which there is a record.
    var recordedSteps: Int { max(golden?.count ?? 0, ledger?.count ?? 0) }

    /// What every operator of a step took and gave, where the ledger holds it.
    func operators(of step: Int) throws -> OperatorTrace? {
        guard ledger != nil, let store else { return nil }
        return try store.operators(of: manifest.run, step: step)
    }

    /// What the ledger has of a step; nil where it does not have the step.
    func ledgerTrace(of step: Int) throws -> StepTrace? {
        guard let store, let record = ledgerRecord(step) else { return nil }
        return StepTrace(record: record, tensors: try store.tensors(of: manifest.run, step: record))
    }

    private func goldenRecord(_ step: Int) -> StepRecord? {
        golden.flatMap { $0.indices.contains(step - 1) ? $0[step - 1].record : nil }
    }

    private func ledgerRecord(_ step: Int) -> StepRecord? {
        ledger.flatMap { $0.indices.contains(step - 1) ? $0[step - 1].record : nil }
    }

    /// The recorded chain up to a step; nil when not all its records are known.
    func chain(upTo step: Int) -> Chain? {
        let digests = ledger?.map(\.digest) ?? golden?.map(\.digest) ?? []
        guard digests.count >= step else { return nil }
        var chain = Chain(inputs: manifest.inputs.digest)
        for digest in digests.prefix(step) { chain.append(digest) }
        return chain
    }

    /// The states after steps that are stored and whose records are known, in the order of the steps.
    package func checkpoints() throws -> [StoredCheckpoint] {
        guard let ledger, let store else { return [] }
        return try store.checkpoints(of: manifest.run).filter {
            $0.part == "state" && ledger.indices.contains($0.step - 1)
        }
    }

    /// The stored state after a step, held against the record of that step. Throws `TamperError` when it is another one.
    func open(_ checkpoint: StoredCheckpoint, workspace: Workspace, engine: Engine) throws -> Checkpoint {
        try TrainingCheckpoint.open(
            checkpoint, of: ledger ?? [], run: manifest.run, workspace: workspace, engine: engine)
    }

    /// Puts the state after the last checkpoint before `step` into the session, held against the record of its step;
    /// gives the recorded chain up to there. Without such a checkpoint the session stays at its beginning.
    func takeUp(_ session: TrainingSession, before step: Int, workspace: Workspace) throws -> Chain {
        guard let checkpoint = try checkpoints().last(where: { $0.step < step }),
            let chain = chain(upTo: checkpoint.step)
        else { return Chain(inputs: session.inputs.digest) }
        let file = try open(checkpoint, workspace: workspace, engine: session.trainer.model.engine)
        try TrainingCheckpoint.restore(file, into: session.trainer)
        return chain
    }

    /// The recorded values of an entry as Float32 bit patterns, where they are stored and intact.
    package func storedBits(step: Int, phase: Phase, name: String, workspace: Workspace) -> (
        bits: [UInt32], shape: [Int]
    )? {
        guard let store, let places = try? store.storedTensors(of: manifest.run, step: step),
            let place = places.first(where: { $0.phase == phase && $0.name == name }), place.dtype == "F32",
            let bytes = try? workspace.objects.get(place.object), place.offset + place.count <= bytes.count
        else { return nil }
        let bits = bytes[place.offset..<place.offset + place.count].withUnsafeBytes { raw in
            (0..<place.count / 4).map { raw.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self) }
        }
        return (bits, place.shape)
    }

    /// The ledger's list of the run's items and labels; empty where it has none. - Throws: `LedgerError`, `TamperError`.
    package func dataItems() throws -> [DataItem] { ledger == nil ? [] : try store?.dataItems(of: manifest.run) ?? [] }

    /// Where the ledger says that values of a step are stored.
    func storedTensors(of step: Int) throws -> [StoredTensor] {
        ledger == nil ? [] : try store?.storedTensors(of: manifest.run, step: step) ?? []
    }

    /// Digests of data items by their names, as far as the ledger or the golden log know them.
    func itemDigests() -> [String: String] {
        var digests: [String: String] = [:]
        for item in (try? dataItems()) ?? [] { digests[item.item] = item.digest.hex }
        for step in golden ?? [] {
            guard let ids = step.record[Entries.Batch.ids], let items = step.record[Entries.Batch.items] else {
                continue
            }
            for (id, digest) in zip(ids, items) { digests[id] = digest }
        }
        return digests
    }
}
