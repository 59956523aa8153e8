import Core
import GRDB

/// The right to record one run, and the way to do it. While it lives, no other process records that run.
///
/// A recorder that goes away without `finish` or `interrupt` (a crash) leaves a run of whole steps in the state
/// `running`, which can be resumed.
package final class RunRecorder {
    /// The name of the run.
    package let name: String
    /// The run's inputs.
    package let inputs: ManifestInputs
    /// Under what circumstances it was begun.
    package let circumstances: ManifestCircumstances
    /// The chain of the steps recorded so far.
    package private(set) var chain: Chain

    /// The level of the recording.
    package let level: RecordLevel

    private let store: LedgerStore
    private let id: Int64
    private let lock: WriterLock
    private var isFinished = false
    private var digests = TensorDigestWriter()

    init(
        store: LedgerStore, lock: WriterLock, id: Int64, name: String, level: RecordLevel, inputs: ManifestInputs,
        circumstances: ManifestCircumstances, chain: Chain
    ) {
        self.store = store
        self.lock = lock
        self.id = id
        self.name = name
        self.level = level
        self.inputs = inputs
        self.circumstances = circumstances
        self.chain = chain
        lock.announce()
    }

    /// Records the next step in one transaction; gives the new head. After an error nothing of the step is recorded,
    /// and the same step can be tried again.
    /// - Parameters:
    ///   - step: the record, and its tensors, of which is kept what the run's level says.
    ///   - stored: where values of this step's tensors were put.
    ///   - operators: what ran, at the level `operators`.
    /// - Throws: `LedgerError` (`doesNotExtend`, `finished`, `diskFull`, …), `TamperError` when the last recorded head
    ///   is not the one that this recorder wrote.
    @discardableResult
    package func append(
        _ step: StepTrace, stored: [StoredTensor] = [], operators: OperatorTrace? = nil
    ) throws -> Digest {
        let record = step.record
        guard !isFinished else { throw LedgerError.finished(run: name) }
        guard record.step == chain.count + 1 else {
            throw LedgerError.doesNotExtend(run: name, expected: chain.count + 1, found: record.step)
        }
        let phases = record.phases.map { (record: $0, bytes: $0.json.canonicalBytes) }
        let bytes = StepRecord.canonicalBytes(
            step: record.step, phases: phases.map { ($0.record.phase, $0.bytes) })
        let digest = Digest.of(.stepRecord, bytes)
        let head = chain.link(digest)
        // The digests of what is stored are what the stored values are held against.
        let storedPhases = Set(stored.map(\.phase))
        let kept = level >= .tensors ? step.tensors : step.tensors.filter { storedPhases.contains($0.key) }
        var digests = digests
        try store.write { db in
            try requireTail(db)
            try db.cachedStatement(sql: "INSERT INTO steps (run_id, step, record, digest, head) VALUES (?, ?, ?, ?, ?)")
                .execute(arguments: [id, record.step, String(decoding: bytes, as: UTF8.self), digest.data, head.data])
            for phase in phases { try insert(phase.record, phase.bytes, step: record.step, db) }
            for tensor in stored { try insert(tensor, step: record.step, db) }
            try digests.write(kept, run: id, step: record.step, db)
            if let operators { try OperatorStore.write(operators, run: id, step: record.step, db) }
        }
        self.digests = digests
        chain.append(digest)
        return head
    }

    /// Records where the parts of a checkpoint are. - Throws: `LedgerError`.
    package func record(_ checkpoint: StoredCheckpoint) throws {
        try store.write { db in
            let sql = "INSERT OR REPLACE INTO checkpoints (run_id, step, part, object, digest) VALUES (?, ?, ?, ?, ?)"
            try db.execute(
                sql: sql,
                arguments: [
                    id, checkpoint.step, checkpoint.part, checkpoint.object.data, checkpoint.digest.data,
                ])
        }
    }

    /// Records what was measured of the state after a step, besides the trace. - Throws: `LedgerError`.
    package func record(measure: String, _ value: Double, step: Int) throws {
        try store.write { db in
            try db.execute(
                sql: "INSERT OR REPLACE INTO measures (run_id, step, name, bits) VALUES (?, ?, ?, ?)",
                arguments: [id, step, measure, HexFloat.string(bits: value.bitPattern)])
        }
    }

    /// Records the items of the data set in their order, in place of any before. - Throws: `LedgerError`.
    package func record(_ items: [DataItem]) throws {
        try store.write { db in
            try db.execute(sql: "DELETE FROM data_items WHERE run_id = ?", arguments: [id])
            for (position, item) in items.enumerated() {
                try db.cachedStatement(
                    sql: "INSERT INTO data_items (run_id, position, item, digest) VALUES (?, ?, ?, ?)"
                )
                .execute(arguments: [id, position, item.item, item.digest.data])
                for (label, bits) in item.labels.sorted(by: { utf8Less($0.key, $1.key) }) {
                    try db.cachedStatement(sql: "INSERT INTO labels (run_id, position, name, bits) VALUES (?, ?, ?, ?)")
                        .execute(arguments: [id, position, label, HexFloat.string(bits: bits)])
                }
            }
        }
    }

    /// Ends the run: records the outcome and gives the manifest, which the caller writes to `Manifests/`. `files` are
    /// those of the model that the run hands over, with the digests of their bytes. What the ledger holds of the run is
    /// sealed: nothing more can be recorded.
    /// - Throws: `LedgerError`, `TamperError`.
    package func finish(weightsDigest: Digest, files: [String: Digest] = [:]) throws -> Manifest {
        guard !isFinished else { throw LedgerError.finished(run: name) }
        let manifest = try store.write { db in
            try requireTail(db)
            var other = JSONObject()
            if level == .operators {
                other[OperatorStore.rootMember] = .digest(
                    try OperatorStore.root(id, steps: chain.count, file: store.path, run: name, db))
            }
            let outcome = ManifestOutcome(
                chain: chain, weightsDigest: weightsDigest, files: files,
                ledger: try LedgerSeal(of: id, level: level, db), other: other)
            let manifest = Manifest(run: name, inputs: inputs, circumstances: circumstances, outcome: outcome)
            try db.execute(
                sql: """
                    UPDATE runs SET state = 'finished', outcome = ?, manifest_digest = ?,
                        ended_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now') WHERE id = ?
                    """, arguments: [outcome.json.canonical, manifest.digest.data, id])
            return manifest
        }
        isFinished = true
        settle()
        return manifest
    }

    /// Ends recording before the run's end; `LedgerStore.resumeRun` takes it up again. - Throws: `LedgerError`.
    package func interrupt() throws {
        guard !isFinished else { return }
        try store.write { db in
            let sql = """
                UPDATE runs SET state = 'interrupted', ended_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now') WHERE id = ?
                """
            try db.execute(sql: sql, arguments: [id])
        }
        settle()
    }

    /// Makes the database file complete without its log, so that it can be copied or mounted read-only. The run is
    /// recorded in any case; a reader may hold the log, and SQLite settles it later.
    private func settle() {
        try? store.checkpoint()
    }

    /// The last recorded step must be the one that this recorder wrote or verified last.
    private func requireTail(_ db: Database) throws {
        let sql = "SELECT step, head FROM steps WHERE run_id = ? ORDER BY step DESC LIMIT 1"
        let row = try Row.fetchOne(try db.cachedStatement(sql: sql), arguments: [id])
        let last = row?.integer("step") ?? 0
        guard last == chain.count else {
            throw LedgerError.doesNotExtend(run: name, expected: Int(last) + 1, found: chain.count + 1)
        }
        guard let row, row.digest("head") != chain.head else { return }
        throw TamperError(
            file: store.path, run: name, step: chain.count, field: "steps.head", expected: chain.head.hex,
            found: row.shown("head"))
    }

    private func insert(_ phase: PhaseRecord, _ bytes: [UInt8], step: Int, _ db: Database) throws {
        try db.cachedStatement(sql: "INSERT INTO phases (run_id, step, phase, entries, digest) VALUES (?, ?, ?, ?, ?)")
            .execute(
                arguments: [
                    id, step, phase.phase.rawValue, phase.count, Digest.of(.phaseRecord, bytes).data,
                ])
    }

    private func insert(_ tensor: StoredTensor, step: Int, _ db: Database) throws {
        let shape = JSONValue.array(tensor.shape.map { .integer($0) }).canonical
        try db.cachedStatement(
            sql: """
                INSERT INTO \(StoredTensor.table) (run_id, step, phase, name, dtype, shape, object, offset, bytes)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(
            arguments: [
                id, step, tensor.phase.rawValue, tensor.name, tensor.dtype, shape, tensor.object.data, tensor.offset,
                tensor.count,
            ])
    }
}
