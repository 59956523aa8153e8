import Core
import GRDB

/// Changes what a ledger holds behind the recorder's back, as somebody with `sqlite3` could. It is for copies, on which
/// the self-test of the audit (`smpo audit --self-test`) sees whether such changes are found; no command changes a ledger
/// that was recorded.
package struct LedgerForgery {
    private let store: LedgerStore
    private let run: String

    /// Forgeries of `run` in the ledger at `path`. - Throws: `LedgerError`.
    package init(path: String, run: String) throws {
        store = try LedgerStore(path: path)
        self.run = run
    }

    /// Writes the record of a step and leaves every hash as it is. - Throws: `LedgerError`.
    package func set(_ record: StepRecord) throws {
        try change("UPDATE steps SET record = ? WHERE run_id = ? AND step = \(record.step)", record.json.canonical)
    }

    /// Writes the head after a step. - Throws: `LedgerError`.
    package func set(head: Digest, after step: Int) throws {
        try change("UPDATE steps SET head = ? WHERE run_id = ? AND step = \(step)", head.data)
    }

    /// Writes the bits of a label of the first item that has it. - Throws: `LedgerError`.
    package func set(label: String, _ bits: UInt32) throws {
        let name = label.replacing("'", with: "''")
        try change(
            """
            UPDATE labels SET bits = ?1 WHERE run_id = ?2 AND name = '\(name)' AND position =
                (SELECT min(position) FROM labels WHERE run_id = ?2 AND name = '\(name)')
            """, HexFloat.string(bits: bits))
    }

    /// Names another object where stored values and checkpoints named `old`. - Throws: `LedgerError`.
    package func replace(object old: Digest, by new: Digest) throws {
        for table in [StoredTensor.table, "checkpoints"] {
            try change("UPDATE \(table) SET object = ? WHERE run_id = ? AND object = x'\(old.hex)'", new.data)
        }
    }

    /// Writes other inputs and other records, with every hash that stands on them made anew: the chain, the phases, the
    /// outcome, the manifest. - Throws: `LedgerError`, `TamperError` when the run did not hold before.
    package func rewrite(inputs: ManifestInputs, records: [StepRecord]) throws {
        var manifest = try store.verify(run).manifest
        manifest.inputs = inputs
        var chain = Chain(inputs: inputs.digest)
        for record in records {
            let digest = record.digest
            let head = chain.append(digest)
            try change(
                "UPDATE steps SET record = ?, digest = x'\(digest.hex)', head = x'\(head.hex)' "
                    + "WHERE run_id = ? AND step = \(record.step)", record.json.canonical)
            for phase in record.phases {
                let name = phase.phase.rawValue
                try change(
                    "UPDATE phases SET digest = ? WHERE run_id = ? AND step = \(record.step) AND phase = '\(name)'",
                    phase.digest.data)
            }
        }
        try change("UPDATE runs SET inputs = ? WHERE id = ?", inputs.json.canonical)
        try change("UPDATE runs SET inputs_digest = ? WHERE id = ?", inputs.digest.data)
        guard let outcome = manifest.outcome else { return }
        let forged = outcome.of(chain)
        manifest.outcome = forged
        try change("UPDATE runs SET outcome = ? WHERE id = ?", forged.json.canonical)
        try change("UPDATE runs SET manifest_digest = ? WHERE id = ?", manifest.digest.data)
    }

    /// One statement with a value and the run's id.
    private func change(_ sql: String, _ value: some DatabaseValueConvertible) throws {
        try store.write { db in
            try db.cachedStatement(sql: sql).execute(arguments: [value, try LedgerStore.id(of: run, db)])
        }
    }
}
