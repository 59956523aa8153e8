import Core
import GRDB

/// A run of the ledger whose every digest and link holds.
package struct VerifiedRun: Sendable, Equatable {
    /// The manifest as the ledger holds it; without outcome while the run is not finished.
    package let manifest: Manifest
    /// The chain over all recorded steps.
    package let chain: Chain
    /// The steps of checkpoints that the outcome states and that have been taken out of the ledger since.
    package let prunedCheckpoints: [Int]
    /// How many objects of the run were not read, where only those of some steps were asked for.
    package let unreadObjects: Int
}

/// The objects of a run that a verification reads.
package enum ObjectScope: Sendable, Equatable {
    /// All.
    case all
    /// What a replay of these steps reads: the checkpoint before them, and what is stored of the steps after it, up to the last
    /// of them.
    case segment(ClosedRange<Int>)
    /// The checkpoints; what is stored of the steps is read by who goes through them.
    case checkpoints
    /// None: somebody else reads them.
    case none
}

extension LedgerStore {
    /// Checks all that the ledger holds of a run: the inputs and circumstances against their digests, every step's
    /// record, digest, head and phases, the places of stored values, and for a finished run the outcome and the
    /// manifest's digest.
    ///
    /// - Parameters:
    ///   - objects: where given, the stored values and checkpoints are read and checked too.
    ///   - scope: which of them; within a band all are read in any case.
    ///   - visit: is handed each step after it was checked; it must not call this store.
    /// - Throws: `TamperError` that names step and column; `MissingObject`; `LedgerError`.
    @discardableResult
    package func verify(
        _ name: String, objects: ObjectStore? = nil, of scope: ObjectScope = .all,
        visit: (StoredStep) throws -> Void = { _ in }
    ) throws -> VerifiedRun {
        try read { db in
            var verifier = RunVerifier(
                store: self, db: db, id: try Self.id(of: name, db), name: name, objects: objects, scope: scope)
            return try verifier.verify(visit)
        }
    }
}

/// The check of one run inside one consistent view.
private struct RunVerifier {
    let store: LedgerStore
    let db: Database
    let id: Int64
    let name: String
    let objects: ObjectStore?
    let scope: ObjectScope
    /// The steps whose stored values are read, and those whose checkpoints are; nil for all, and step 0, which has neither, for
    /// none.
    private var replayed: ClosedRange<Int>?, checkpointed: ClosedRange<Int>?
    private var read: Set<Digest> = [], unread: Set<Digest> = []

    init(
        store: LedgerStore, db: Database, id: Int64, name: String, objects: ObjectStore?, scope: ObjectScope
    ) {
        (self.store, self.db, self.id, self.name) = (store, db, id, name)
        (self.objects, self.scope) = (objects, scope)
    }

    mutating func verify(_ visit: (StoredStep) throws -> Void) throws -> VerifiedRun {
        let (manifest, state) = try runRow()
        if manifest.inputs.other[Band.member] == nil { try limit(to: scope) }
        var chain = Chain(inputs: manifest.inputs.digest)
        var phases: Int64 = 0
        let level = try store.level(id, name, db)
        var reader = TensorDigestReader(file: store.path, run: name, id: id)
        let rows = try Row.fetchCursor(
            db,
            sql: "SELECT step, CAST(record AS BLOB) AS record, digest, head FROM steps WHERE run_id = ? ORDER BY step",
            arguments: [id])
        while let row = try rows.next() {
            let step = try verify(row, &chain)
            try verifyPhases(step.record)
            let tensors = try reader.next(step.record, level: level, db)
            try verifyStoredTensors(StepTrace(record: step.record, tensors: tensors))
            phases += Int64(step.record.phases.count)
            try visit(step)
        }
        let recorded = try Row.fetchOne(db, sql: "SELECT count(*) AS n FROM phases WHERE run_id = ?", arguments: [id])
        guard recorded?.integer("n") == phases else {
            throw tampered(nil, "phases", "\(phases) rows", recorded?.shown("n") ?? "none")
        }
        let pruned = state == "finished" ? try verifyOutcome(manifest, chain, level) : []
        if let objects { try verifyCheckpoints(objects) }
        return VerifiedRun(
            manifest: manifest, chain: chain, prunedCheckpoints: pruned, unreadObjects: unread.subtracting(read).count)
    }

    // MARK: The run

    private func runRow() throws -> (Manifest, state: String) {
        let sql = """
            SELECT state, CAST(inputs AS BLOB) AS inputs, inputs_digest, CAST(outcome AS BLOB) AS outcome,
                CAST(circumstances AS BLOB) AS circumstances, digest
            FROM runs JOIN environments ON environments.id = runs.environment_id WHERE runs.id = ?
            """
        guard let row = try Row.fetchOne(db, sql: sql, arguments: [id]) else {
            throw tampered(nil, "runs.environment_id", "a row of environments", "none")
        }
        try requireDigest(row, "inputs", "inputs_digest", .manifestInputs, field: "runs.inputs")
        try requireDigest(row, "circumstances", "digest", .environment, field: "environments.circumstances")
        let inputs = try document(row, "inputs", "runs.inputs") { try ManifestInputs(json: $0) }
        let circumstances = try document(row, "circumstances", "environments.circumstances") {
            try ManifestCircumstances(json: $0)
        }
        let state = row.text("state") ?? ""
        let hasOutcome = row.bytes("outcome") != nil
        guard hasOutcome == (state == "finished") else {
            throw tampered(nil, "runs.state", hasOutcome ? "finished" : "not finished", state)
        }
        let outcome =
            try hasOutcome ? document(row, "outcome", "runs.outcome") { try ManifestOutcome(json: $0) } : nil
        return (Manifest(run: name, inputs: inputs, circumstances: circumstances, outcome: outcome), state)
    }

    private func requireDigest(
        _ row: Row, _ column: String, _ digestColumn: String, _ domain: DigestDomain, field: String
    ) throws {
        let computed = Digest.of(domain, row.bytes(column) ?? [])
        guard row.digest(digestColumn) == computed else {
            throw tampered(nil, field, row.shown(digestColumn), computed.hex)
        }
    }

    private func document<Value>(
        _ row: Row, _ column: String, _ field: String, _ read: (JSONCursor) throws -> Value
    ) throws -> Value {
        let bytes = row.bytes(column) ?? []
        do {
            let json = try JSONValue.parse(bytes, file: store.path)
            guard json.canonicalBytes == bytes else { throw tampered(nil, field, "canonical JSON", "another form") }
            return try read(JSONCursor(json, name: column, file: store.path))
        } catch let error as TamperError {
            throw error
        } catch {
            throw tampered(nil, field, "a document", "\(error)")
        }
    }

    /// Gives the steps of checkpoints that have gone.
    private func verifyOutcome(_ manifest: Manifest, _ chain: Chain, _ level: RecordLevel) throws -> [Int] {
        try manifest.outcome?.check(manifest.inputs, file: store.path, run: name)
        try manifest.outcome?.check(chain, file: store.path, run: name)
        if let root = manifest.outcome?.other[OperatorStore.rootMember] {
            let found = try OperatorStore.root(id, steps: chain.count, file: store.path, run: name, db)
            guard root == .digest(found) else {
                throw tampered(nil, "operators", root.canonical, found.hex)
            }
        }
        let operators = try Row.fetchOne(
            db, sql: "SELECT count(*) AS n FROM operators WHERE run_id = ?", arguments: [id])
        guard manifest.outcome?.other[OperatorStore.rootMember] != nil || operators?.integer("n") == 0 else {
            throw tampered(nil, "operators", "no rows", operators?.shown("n") ?? "some")
        }
        let row = try Row.fetchOne(db, sql: "SELECT manifest_digest FROM runs WHERE id = ?", arguments: [id])
        guard row?.digest("manifest_digest") == manifest.digest else {
            throw tampered(
                nil, "runs.manifest_digest", row?.shown("manifest_digest") ?? "nothing", manifest.digest.hex)
        }
        return try manifest.outcome?.ledger?.check(id, level: level, file: store.path, run: name, db) ?? []
    }

    // MARK: Steps

    private func verify(_ row: Row, _ chain: inout Chain) throws -> StoredStep {
        let expected = chain.count + 1
        guard row.integer("step") == Int64(expected) else {
            throw tampered(expected, "steps.step", "\(expected)", row.shown("step"))
        }
        let bytes = row.bytes("record") ?? []
        let computed = Digest.of(.stepRecord, bytes)
        let head = row.digest("head")
        guard row.digest("digest") == computed else {
            // The head was made from the digest, so it tells which of the two was changed.
            guard chain.link(computed) == head else {
                throw tampered(expected, "steps.record", row.shown("digest"), computed.hex)
            }
            throw tampered(expected, "steps.digest", computed.hex, row.shown("digest"))
        }
        let link = chain.append(computed)
        guard head == link else { throw tampered(expected, "steps.head", link.hex, row.shown("head")) }
        let step = try StoredStep(row, file: store.path, run: name)
        guard step.record.json.canonicalBytes == bytes else {
            throw tampered(expected, "steps.record", "canonical JSON", "the same values in another form")
        }
        guard step.record.step == expected else {
            throw tampered(expected, "steps.record", "step \(expected)", "step \(step.record.step)")
        }
        return step
    }

    private func verifyPhases(_ record: StepRecord) throws {
        let statement = try db.cachedStatement(
            sql: "SELECT phase, entries, digest FROM phases WHERE run_id = ? AND step = ?")
        let rows = try Row.fetchAll(statement, arguments: [id, record.step])
        for phase in record.phases {
            let field = "phases (\(phase.phase.rawValue))"
            guard let row = rows.first(where: { $0.text("phase") == phase.phase.rawValue }) else {
                throw tampered(record.step, field, "a row", "none")
            }
            guard row.digest("digest") == phase.digest else {
                throw tampered(record.step, "\(field).digest", phase.digest.hex, row.shown("digest"))
            }
            guard row.integer("entries") == Int64(phase.count) else {
                throw tampered(record.step, "\(field).entries", "\(phase.count)", row.shown("entries"))
            }
        }
        guard rows.count == record.phases.count else {
            throw tampered(record.step, "phases", "\(record.phases.count) rows", "\(rows.count)")
        }
    }

    // MARK: Stored values

    private mutating func limit(to scope: ObjectScope) throws {
        switch scope {
        case .all: break
        case .segment(let segment):
            let before = try checkpoint(before: segment.lowerBound)
            (replayed, checkpointed) = (before + 1...segment.upperBound, before...before)
        case .checkpoints: replayed = 0...0
        case .none: (replayed, checkpointed) = (0...0, 0...0)
        }
    }

    private mutating func verifyStoredTensors(_ step: StepTrace) throws {
        let number = step.record.step
        let values = StoredValues(
            of: name, step, try store.storedTensors(id, run: name, step: number, db), ledger: store.path)
        try values.requireNames()
        guard let objects else { return }
        guard replayed?.contains(number) ?? true else { return unread.formUnion(values.objects) }
        try values.read(from: objects)
        read.formUnion(values.objects)
    }

    private func tampered(_ step: Int?, _ field: String, _ expected: String, _ found: String) -> TamperError {
        TamperError(file: store.path, run: name, step: step, field: field, expected: expected, found: found)
    }

    /// The step of the last state that is stored of a step before `step`; 0 where there is none.
    private func checkpoint(before step: Int) throws -> Int {
        let sql = "SELECT max(step) AS last FROM checkpoints WHERE run_id = ? AND part = 'state' AND step < ?"
        return try Row.fetchOne(db, sql: sql, arguments: [id, step])?.integer("last").map { Int($0) } ?? 0
    }

    /// Checks that every part of every checkpoint is in the object store and unchanged; of a segment, of that before it.
    private mutating func verifyCheckpoints(_ objects: ObjectStore) throws {
        let sql = "SELECT step, object FROM checkpoints WHERE run_id = ? ORDER BY step, part"
        for row in try Row.fetchAll(db, sql: sql, arguments: [id]) {
            let step = row.integer("step").map { Int($0) }
            guard let object = row.digest("object") else {
                throw tampered(step, "checkpoints.object", "32 bytes", row.shown("object"))
            }
            if let checkpointed, step.map({ !checkpointed.contains($0) }) ?? true {
                unread.insert(object)
            } else {
                try objects.verify(object)
                read.insert(object)
            }
        }
    }
}
