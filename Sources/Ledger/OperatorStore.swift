import Core
import GRDB

/// The table `operators`: the sections of a step's `OperatorTrace`, a row each.
enum OperatorStore {
    /// The member of a manifest's outcome that holds the Merkle root over the digests of all steps' operators.
    static let rootMember = "operators_root"

    static func write(_ trace: OperatorTrace, run: Int64, step: Int, _ db: Database) throws {
        for (position, section) in trace.sections.enumerated() {
            try db.cachedStatement(
                sql:
                    "INSERT INTO operators (run_id, step, position, section, names_id, digests) VALUES (?, ?, ?, ?, ?, ?)"
            ).execute(
                arguments: [
                    run, step, position, section.name, try TensorDigestWriter.names(section.operators, db),
                    TensorDigestWriter.data(section.digests),
                ])
        }
    }

    /// The operators of a step; nil where none were recorded. - Throws: `TamperError` for rows that hold none.
    static func read(_ id: Int64, step: Int, file: String, run: String, _ db: Database) throws -> OperatorTrace? {
        let statement = try db.cachedStatement(
            sql: """
                SELECT section, CAST(names AS BLOB) AS names, digests FROM operators
                JOIN name_lists ON name_lists.id = names_id WHERE run_id = ? AND step = ? ORDER BY position
                """)
        let rows = try Row.fetchAll(statement, arguments: [id, step])
        guard !rows.isEmpty else { return nil }
        return OperatorTrace(
            sections: try rows.map { row in
                guard let name = row.text("section"), let bytes = row.bytes("digests"),
                    let json = try? JSONValue.parse(row.bytes("names") ?? [], file: file),
                    let names = try? JSONCursor(json, name: "names", file: file).elements().map({ try $0.string() }),
                    let digests = Digest.list(bytes: bytes), digests.count == 2 * names.count
                else {
                    throw TamperError(
                        file: file, run: run, step: step, field: "operators", expected: "names and two digests each",
                        found: "\(row.shown("section"))")
                }
                var section = OperatorTrace.Section(name: name)
                section.operators = names
                section.digests = digests
                return section
            })
    }

    /// The root over the operators of steps 1 to `steps`.
    static func root(_ id: Int64, steps: Int, file: String, run: String, _ db: Database) throws -> Digest {
        var digests: [Digest] = []
        for step in stride(from: 1, through: steps, by: 1) {
            guard let trace = try read(id, step: step, file: file, run: run, db) else {
                throw TamperError(
                    file: file, run: run, step: step, field: "operators", expected: "the operators of the step",
                    found: "none")
            }
            digests.append(trace.digest)
        }
        return MerkleTree.root(leaves: digests)
    }
}

extension LedgerStore {
    /// The operators of a step of a run; nil where they were not recorded. They are held against the manifest by
    /// `verify(_:)`. - Throws: `LedgerError`, `TamperError`.
    package func operators(of run: String, step: Int) throws -> OperatorTrace? {
        try read { db in
            try OperatorStore.read(try Self.id(of: run, db), step: step, file: path, run: run, db)
        }
    }
}
