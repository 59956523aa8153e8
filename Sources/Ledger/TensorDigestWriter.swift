import Core
import Foundation
import GRDB

/// Puts the digests of a run's tensors into the ledger, step by step: a row names those that changed since the step
/// before, every `fullEvery`-th row all of them, so that a step is read from a bounded number of rows.
struct TensorDigestWriter {
    /// A phase's list is written whole after this many steps without a whole one.
    static let fullEvery = 32

    private struct Last {
        var list: TensorList
        var fullStep: Int
    }

    private var last: [Phase: Last] = [:]

    /// Writes the lists of step `step`.
    mutating func write(_ tensors: [Phase: TensorList], run: Int64, step: Int, _ db: Database) throws {
        for (phase, list) in tensors.sorted(by: { $0.key < $1.key }) {
            let changed = self.changed(list, phase, step)
            if changed?.isEmpty == true {
                last[phase]?.list = list
                continue
            }
            let names = changed.map { $0.map { list.names[$0] } } ?? list.names
            let digests = changed.map { $0.map { list.digests[$0] } } ?? list.digests
            try db.cachedStatement(
                sql: "INSERT INTO tensor_digests (run_id, step, phase, names_id, digests) VALUES (?, ?, ?, ?, ?)"
            ).execute(
                arguments: [
                    run, step, phase.rawValue, try Self.names(names, db), Self.data(digests),
                ])
            last[phase] = Last(list: list, fullStep: changed == nil ? step : last[phase]?.fullStep ?? step)
        }
    }

    /// The places of those that changed since the last list; nil where all are to be written.
    private func changed(_ list: TensorList, _ phase: Phase, _ step: Int) -> [Int]? {
        guard let last = last[phase], last.list.names == list.names, step - last.fullStep < Self.fullEvery else {
            return nil
        }
        let changed = list.digests.indices.filter { list.digests[$0] != last.list.digests[$0] }
        // A part that is nearly the whole would cost a list of names of its own.
        return changed.count * 4 > list.digests.count * 3 ? nil : changed
    }

    /// The row of a list of names, made where there is none.
    static func names(_ names: [String], _ db: Database) throws -> Int64 {
        let digest = TensorList.digest(ofNames: names)
        let find = "SELECT id FROM name_lists WHERE digest = ?"
        if let id = try Row.fetchOne(try db.cachedStatement(sql: find), arguments: [digest.data])?.integer("id") {
            return id
        }
        let text = JSONValue.array(names.map { .string($0) }).canonical
        try db.execute(sql: "INSERT INTO name_lists (digest, names) VALUES (?, ?)", arguments: [digest.data, text])
        return db.lastInsertedRowID
    }

    static func data(_ digests: [Digest]) -> Data {
        var data = Data(capacity: digests.count * Digest.byteCount)
        for digest in digests { data.append(contentsOf: digest.bytes) }
        return data
    }
}
