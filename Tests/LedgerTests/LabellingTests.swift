import Core
import Foundation
import Testing

@testable import Ledger

/// What scorers made of folders of pairs.
@Suite struct LabellingTests {
    private static let labelling = LabellingRecord(
        folder: "data/pairs", scorer: .of(.document, "scorer"), scorerParts: ["config.json": "x"],
        data: .of(.dataset, "data"), gamma: 10, scoreRange: 0.1...0.30000001192092896,
        items: [
            .init(
                item: "pair-000001", images: [.of(.file, "a"), .of(.file, "b")], scores: [0.1, 0.30000001192092896],
                alpha: 7.310585975646973, weight: 4.621171951293945),
            .init(
                item: "pair-000002", images: [.of(.file, "a"), .of(.file, "c")], scores: [-0.0625, 0.1], alpha: nil,
                weight: nil),
        ])

    @Test func whatIsRecordedIsReadBack() throws {
        try Sample.withFolder { folder in
            let store = try LedgerStore(path: folder + "/ledger.sqlite")
            #expect(try store.labellings() == [])
            #expect(try store.record(Self.labelling) == 1)
            #expect(try store.record(Self.labelling) == 2)
            #expect(try store.labellings() == [Self.labelling, Self.labelling])
            try store.checkpoint()
            // By hand, exactly.
            let rows = try Sample.sqlite(
                folder + "/ledger.sqlite",
                "SELECT printf('%!.17g', score_1), weight IS NULL FROM scores WHERE labelling_id = 1 ORDER BY position")
            #expect(rows.contains("0.30000001192092896|0") && rows.contains("|1"), "\(rows)")
            #expect(try store.health().strangeTables == [])
        }
    }

    /// A ledger of version 2 can be read as it is, and has the new tables once it is written to.
    @Test func aLedgerOfVersionTwoIsTakenOver() throws {
        try Sample.withFolder { folder in
            let path = folder + "/ledger.sqlite"
            let manifest = try Sample.record(into: LedgerStore(path: path), name: "run-1")
            _ = try Sample.sqlite(
                path,
                "DROP TABLE scores; DROP TABLE labellings; DELETE FROM grdb_migrations WHERE identifier = '3'; "
                    + "PRAGMA user_version = 2")
            let old = try LedgerStore(path: path, readOnly: true)
            #expect(try old.schema().version == 2)
            #expect(try old.schema().strangeTables == [])
            #expect(try old.labellings() == [])
            #expect(try old.verify("run-1").manifest.digest == manifest.digest)
            let new = try LedgerStore(path: path)
            #expect(try new.schema().version == 3)
            #expect(try new.schema().strangeTables == [])
            #expect(try new.verify("run-1").manifest.digest == manifest.digest)
            try new.record(Self.labelling)
            #expect(try new.labellings() == [Self.labelling])
        }
    }

    @Test func aDamagedRowIsNoLabelling() throws {
        try Sample.withFolder { folder in
            let path = folder + "/ledger.sqlite"
            try LedgerStore(path: path).record(Self.labelling)
            _ = try Sample.sqlite(path, "UPDATE labellings SET score_min = 2")
            #expect(throws: TamperError.self) { try LedgerStore(path: path, readOnly: true).labellings() }
        }
    }
}
