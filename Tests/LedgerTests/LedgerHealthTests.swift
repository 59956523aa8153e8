import Core
import Foundation
import GRDB
import Ledger
import Testing

/// What a look at a ledger's file finds.
@Suite struct LedgerHealthTests {
    @Test func aWholeLedger() throws {
        try Sample.withFolder { folder in
            let store = try LedgerStore(path: folder + "/ledger.sqlite")
            try Sample.record(into: store)
            let health = try LedgerStore(path: store.path, readOnly: true).health()
            #expect(health.schema == LedgerHealth.newestSchema && health.damage.isEmpty && health.writers.isEmpty)
            #expect(health.strangeTables.isEmpty, "\(health.strangeTables)")
        }
    }

    /// A view that shows other numbers, a trigger that changes rows, a table that is not there.
    @Test(arguments: [
        (
            "DROP VIEW losses; CREATE VIEW losses AS SELECT 'run-1' AS run, 1 AS step, '0x0' AS bits",
            "view losses is defined"
        ),
        ("CREATE TRIGGER t AFTER INSERT ON steps BEGIN DELETE FROM audits; END", "trigger t does not belong"),
        ("DROP TABLE labels", "table labels is missing"),
    ]) func strangeTablesAreFound(sql: String, message: String) throws {
        try Sample.withFolder { folder in
            let store = try LedgerStore(path: folder + "/ledger.sqlite")
            try Sample.record(into: store)
            try DatabaseQueue(path: store.path).write { try $0.execute(sql: sql) }
            let strange = try store.health().strangeTables
            #expect(strange.count == 1 && strange[0].hasPrefix(message), "\(strange)")
        }
    }

    /// The writer is named while it records, and can still begin beside one who looks.
    @Test func theWriterIsNamed() throws {
        try Sample.withFolder { folder in
            let store = try LedgerStore(path: folder + "/ledger.sqlite")
            let recorder = try store.createRun(inputs: Sample.inputs(), circumstances: Sample.circumstances)
            let writer = try #require(try store.health().writers.first)
            #expect(writer.hasPrefix(recorder.name + ", process "), "\(writer)")
            try recorder.interrupt()
            withExtendedLifetime(recorder) {}
        }
    }

    /// A row that belongs to no run, and a page that is overwritten.
    @Test func damageIsFound() throws {
        try Sample.withFolder { folder in
            let path = folder + "/ledger.sqlite"
            let store = try LedgerStore(path: path)
            try Sample.record(into: store)
            try store.checkpoint()
            var configuration = Configuration()
            configuration.foreignKeysEnabled = false
            try DatabaseQueue(path: path, configuration: configuration).writeWithoutTransaction { db in
                try db.execute(sql: "INSERT INTO data_items VALUES (77, 0, 'nobody', zeroblob(32))")
                _ = try db.checkpoint(.truncate)
            }
            let orphan = try LedgerStore(path: path, readOnly: true).health()
            #expect(orphan.damage == ["a row of data_items belongs to none of runs"])

            var bytes = try FileContents.read(path)
            let record = try #require(String(decoding: bytes, as: UTF8.self).isEmpty ? nil : bytes.count / 4096)
            for page in 2..<record {
                bytes.replaceSubrange(page * 4096..<page * 4096 + 8, with: [UInt8](repeating: 0x5a, count: 8))
            }
            try AtomicFile.write(bytes, to: path)
            let error = Result { try LedgerStore(path: path, readOnly: true).health() }
            switch error {
            case .success(let health): #expect(!health.damage.isEmpty)
            case .failure(let error): #expect(error is LedgerError, "\(error)")
            }
        }
    }
}
