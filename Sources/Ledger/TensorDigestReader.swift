import Core
import GRDB

/// Reads the digests of a run's tensors and holds them against the records' commitments.
struct TensorDigestReader {
    let file: String, run: String
    let id: Int64
    private var lists: [Int64: (digest: Digest, names: [String])] = [:]
    /// The digests of a phase's tensors after the last row that was applied, in the order of the last list of names
    /// that was whole.
    private var state: [Phase: State] = [:]
    /// The last list that was held against its commitment.
    private var known: [Phase: (commitment: TensorCommitment, list: TensorList)] = [:]

    private struct State {
        var names: [String]
        var digests: [Digest]
        var places: [String: Int]?

        mutating func set(_ name: String, _ digest: Digest) -> Bool {
            if places == nil { places = Dictionary(uniqueKeysWithValues: zip(names, names.indices)) }
            guard let place = places?[name] else { return false }
            digests[place] = digest
            return true
        }
    }

    init(file: String, run: String, id: Int64) { (self.file, self.run, self.id) = (file, run, id) }

    /// The tensors of the next step, which follows the last one that was asked for; nil for a phase of which nothing is
    /// kept. - Throws: `TamperError` when what is kept is not what the record commits to.
    mutating func next(_ record: StepRecord, level: RecordLevel, _ db: Database) throws -> [Phase: TensorList] {
        let statement = try db.cachedStatement(
            sql: "SELECT phase, names_id, digests FROM tensor_digests WHERE run_id = ? AND step = ?")
        var touched: Set<Phase> = []
        for row in try Row.fetchAll(statement, arguments: [id, record.step]) {
            guard let phase = row.text("phase").flatMap(Phase.init), let tensors = record[phase]?.tensors else {
                throw tampered(record.step, "phase", "a phase with tensors", row.shown("phase"))
            }
            try apply(row, phase, record.step, whole: tensors.names, db)
            touched.insert(phase)
        }
        var result: [Phase: TensorList] = [:]
        for phase in record.phases {
            guard let commitment = phase.tensors else { continue }
            guard level >= .tensors || state[phase.phase] != nil else { continue }
            if let known = known[phase.phase], known.commitment == commitment, !touched.contains(phase.phase) {
                result[phase.phase] = known.list
            } else {
                let list = try self.list(phase.phase, commitment, record.step, db)
                known[phase.phase] = (commitment, list)
                result[phase.phase] = list
            }
        }
        return result
    }

    /// The tensors of one step by itself: from the last whole list of each phase onwards.
    mutating func tensors(_ record: StepRecord, level: RecordLevel, _ db: Database) throws -> [Phase: TensorList] {
        for phase in record.phases {
            guard let tensors = phase.tensors else { continue }
            let sql = """
                SELECT step, names_id, digests FROM tensor_digests
                WHERE run_id = ? AND phase = ? AND step < ? ORDER BY step DESC LIMIT \(TensorDigestWriter.fullEvery)
                """
            let rows = try Row.fetchAll(
                try db.cachedStatement(sql: sql), arguments: [id, phase.phase.rawValue, record.step])
            for row in rows.reversed() {
                try apply(row, phase.phase, Int(row.integer("step") ?? 0), whole: tensors.names, db)
            }
        }
        return try next(record, level: level, db)
    }

    /// Takes in a row. One of the names that the record speaks of (`whole`) is the whole list; one of other names
    /// changes some of the list before it.
    private mutating func apply(
        _ row: Row, _ phase: Phase, _ step: Int, whole: Digest, _ db: Database
    ) throws {
        let (namesDigest, names) = try self.names(row.integer("names_id"), step, db)
        let bytes = row.bytes("digests") ?? []
        guard let digests = Digest.list(bytes: bytes), digests.count == names.count else {
            throw tampered(
                step, "digests (\(phase.rawValue))", "\(names.count * Digest.byteCount) bytes", "\(bytes.count) bytes")
        }
        guard namesDigest != whole, var changed = state[phase] else {
            state[phase] = State(names: names, digests: digests)
            return
        }
        state[phase] = nil
        for (name, digest) in zip(names, digests) where !changed.set(name, digest) {
            changed = State(names: names, digests: digests)
            break
        }
        state[phase] = changed
    }

    private mutating func list(
        _ phase: Phase, _ commitment: TensorCommitment, _ step: Int, _ db: Database
    ) throws -> TensorList {
        let field = "\(phase.rawValue)"
        guard let state = state[phase], TensorList.digest(ofNames: state.names) == commitment.names else {
            throw tampered(step, field, "the digests of \(commitment.count) tensors", "of others, or none")
        }
        let root = MerkleTree.root(leaves: state.digests)
        guard state.names.count == commitment.count, root == commitment.root else {
            throw tampered(
                step, field, "\(commitment.count) with the root \(commitment.root)", "\(state.names.count), \(root)")
        }
        return TensorList(names: state.names, digests: state.digests)
    }

    private mutating func names(_ id: Int64?, _ step: Int, _ db: Database) throws -> (digest: Digest, names: [String]) {
        guard let id else { throw tampered(step, "names_id", "a number", "nothing") }
        if let known = lists[id] { return known }
        let sql = "SELECT digest, CAST(names AS BLOB) AS names FROM name_lists WHERE id = ?"
        guard let row = try Row.fetchOne(db, sql: sql, arguments: [id]), let digest = row.digest("digest"),
            let bytes = row.bytes("names"), let json = try? JSONValue.parse(bytes, file: file),
            let names = try? JSONCursor(json, name: "names", file: file).elements().map({ try $0.string() })
        else { throw tampered(step, "names_id", "a list of names", "\(id)") }
        let found = TensorList.digest(ofNames: names)
        guard found == digest else {
            throw TamperError(
                file: file, run: run, step: step, field: "name_lists.names", expected: digest.hex, found: found.hex)
        }
        lists[id] = (digest, names)
        return (digest, names)
    }

    private func tampered(_ step: Int, _ field: String, _ expected: String, _ found: String) -> TamperError {
        TamperError(
            file: file, run: run, step: step, field: "tensor_digests (\(field))", expected: expected, found: found)
    }
}

extension LedgerStore {
    /// The tensors of a step of a run, held against what its record commits to; phases of which nothing is kept are
    /// absent. - Throws: `LedgerError`, `TamperError`.
    package func tensors(of run: String, step record: StepRecord) throws -> [Phase: TensorList] {
        try read { db in
            let id = try Self.id(of: run, db)
            var reader = TensorDigestReader(file: path, run: run, id: id)
            return try reader.tensors(record, level: try level(id, run, db), db)
        }
    }

    /// The level at which a run was recorded. - Throws: `LedgerError`, `TamperError`.
    package func level(of run: String) throws -> RecordLevel {
        try read { db in try level(try Self.id(of: run, db), run, db) }
    }

    func level(_ id: Int64, _ run: String, _ db: Database) throws -> RecordLevel {
        let row = try Row.fetchOne(db, sql: "SELECT level FROM runs WHERE id = ?", arguments: [id])
        if let level = row?.text("level").flatMap(RecordLevel.init) { return level }
        throw TamperError(
            file: path, run: run, step: nil, field: "runs.level", expected: "steps, tensors or operators",
            found: row?.shown("level") ?? "nothing")
    }
}
