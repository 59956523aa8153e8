import Digests
import GRDB

/// Reads the digests of a run's tensors and holds them against the records' commitments.
struct TensorDigestReader {
    let file: String, run: String
    let id: Int64
    private var lists: [Int64: (digest: Digest, names: [String])] = [:]
    /// What a phase's tensors were after the last row that was applied.
    private var state: [Phase: [String: Digest]] = [:]
    /// The last list that was held against its commitment.
    private var known: [Phase: (commitment: TensorCommitment, list: TensorList)] = [:]

    init(file: String, run: String, id: Int64) { (self.file, self.run, self.id) = (file, run, id) }

    /// The tensors of the next step, which follows the last one that was asked for; nil for a phase of which nothing is
    /// kept. - Throws: `TamperError` when what is kept is not what the record commits to.
    mutating func next(_ record: StepRecord, level: RecordLevel, _ db: Database) throws -> [Phase: TensorList] {
        let statement = try db.cachedStatement(
            sql: "SELECT phase, names_id, digests FROM tensor_digests WHERE run_id = ? AND step = ?")
        var touched: Set<Phase> = []
        for row in try Row.fetchAll(statement, arguments: [id, record.step]) {
            guard let phase = row.text("phase").flatMap(Phase.init), record[phase]?.tensors != nil else {
                throw tampered(record.step, "phase", "a phase with tensors", row.shown("phase"))
            }
            try apply(row, phase, record.step, db)
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
        for phase in record.phases where phase.tensors != nil {
            let sql = """
                SELECT step, names_id, digests FROM tensor_digests
                WHERE run_id = ? AND phase = ? AND step < ? ORDER BY step DESC LIMIT \(TensorDigestWriter.fullEvery)
                """
            let rows = try Row.fetchAll(
                try db.cachedStatement(sql: sql), arguments: [id, phase.phase.rawValue, record.step])
            for row in rows.reversed() { try apply(row, phase.phase, Int(row.integer("step") ?? 0), db) }
        }
        return try next(record, level: level, db)
    }

    private mutating func apply(_ row: Row, _ phase: Phase, _ step: Int, _ db: Database) throws {
        let names = try self.names(row.integer("names_id"), step, db).names
        let bytes = row.bytes("digests") ?? []
        guard bytes.count == names.count * Digest.byteCount else {
            throw tampered(
                step, "digests (\(phase.rawValue))", "\(names.count * Digest.byteCount) bytes", "\(bytes.count) bytes")
        }
        for (index, name) in names.enumerated() {
            state[phase, default: [:]][name] = Digest(
                bytes: bytes[index * Digest.byteCount..<(index + 1) * Digest.byteCount])
        }
    }

    private mutating func list(
        _ phase: Phase, _ commitment: TensorCommitment, _ step: Int, _ db: Database
    ) throws -> TensorList {
        let field = "\(phase.rawValue)"
        let names: [String]
        if let known = known[phase], known.commitment.names == commitment.names {
            names = known.list.names
        } else {
            let sql = "SELECT id FROM name_lists WHERE digest = ?"
            guard let id = try Row.fetchOne(db, sql: sql, arguments: [commitment.names.data])?.integer("id") else {
                throw tampered(step, field, "the names of the digest \(commitment.names)", "none")
            }
            names = try self.names(id, step, db).names
        }
        let digests = names.compactMap { state[phase]?[$0] }
        guard digests.count == names.count else {
            throw tampered(step, field, "digests of \(names.count) tensors", "of \(digests.count)")
        }
        let list = TensorList(names: names, digests: digests)
        let root = MerkleTree.root(leaves: digests)
        guard names.count == commitment.count, root == commitment.root else {
            throw tampered(
                step, field, "\(commitment.count) with the root \(commitment.root)", "\(names.count), \(root)")
        }
        return list
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
    public func tensors(of run: String, step record: StepRecord) throws -> [Phase: TensorList] {
        try read { db in
            let id = try Self.id(of: run, db)
            var reader = TensorDigestReader(file: path, run: run, id: id)
            return try reader.tensors(record, level: try level(id, run, db), db)
        }
    }

    /// How much was kept of a run. - Throws: `LedgerError`, `TamperError`.
    public func level(of run: String) throws -> RecordLevel {
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
