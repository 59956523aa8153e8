import Core
import Foundation
import GRDB
import Ledger
import Testing

/// Every column that evidence rests on, changed behind the ledger's back.
@Suite struct LedgerTamperTests {
    @Test(arguments: [
        ("UPDATE steps SET record = replace(record, '0x3e800000', '0x3e800001') WHERE step = 2", 2, "steps.record"),
        ("UPDATE steps SET record = record || ' ' WHERE step = 3", 3, "steps.record"),
        ("UPDATE steps SET record = 'no JSON' WHERE step = 1", 1, "steps.record"),
        ("UPDATE steps SET digest = zeroblob(32) WHERE step = 2", 2, "steps.digest"),
        ("UPDATE steps SET head = zeroblob(32) WHERE step = 2", 2, "steps.head"),
        ("UPDATE steps SET head = zeroblob(32) WHERE step = 3", 3, "steps.head"),
        ("UPDATE steps SET step = 7 WHERE step = 3", 3, "steps.step"),
        ("DELETE FROM steps WHERE step = 1", 1, "steps.step"),
        ("DELETE FROM steps WHERE step = 3", nil, "outcome.steps"),
        ("UPDATE phases SET digest = zeroblob(32) WHERE step = 2 AND phase = 'loss'", 2, "phases (loss).digest"),
        ("UPDATE phases SET entries = 9 WHERE step = 2 AND phase = 'loss'", 2, "phases (loss).entries"),
        ("UPDATE phases SET phase = 'policy' WHERE step = 2 AND phase = 'loss'", 2, "phases (loss)"),
        ("DELETE FROM phases WHERE step = 2 AND phase = 'loss'", 2, "phases (loss)"),
        ("INSERT INTO phases VALUES (1, 2, 'policy', 0, zeroblob(32))", 2, "phases"),
        (
            "UPDATE tensor_digests SET digests = zeroblob(96) WHERE step = 2 AND phase = 'gradient'", 2,
            "tensor_digests (gradient)"
        ),
        (
            "UPDATE tensor_digests SET digests = zeroblob(64) WHERE step = 2 AND phase = 'gradient'", 2,
            "tensor_digests (digests (gradient))"
        ),
        ("UPDATE tensor_digests SET phase = 'loss' WHERE step = 2 AND phase = 'gradient'", 2, "tensor_digests (phase)"),
        (
            "UPDATE tensor_digests SET names_id = 1 WHERE step = 2 AND phase = 'gradient'", 2,
            "tensor_digests (digests (gradient))"
        ),
        ("DELETE FROM tensor_digests WHERE step = 1", 1, "tensor_digests (inversion)"),
        ("DELETE FROM tensor_digests WHERE step = 3 AND phase = 'gradient'", 3, "tensor_digests (gradient)"),
        ("UPDATE name_lists SET names = replace(names, 'layer.1', 'layer.9')", 1, "name_lists.names"),
        ("UPDATE name_lists SET names = 'x' WHERE names LIKE '%layer%'", 1, "tensor_digests (names_id)"),
        ("UPDATE runs SET inputs = replace(inputs, '18446744073709551615', '7')", nil, "runs.inputs"),
        ("UPDATE runs SET inputs_digest = zeroblob(32)", nil, "runs.inputs"),
        ("UPDATE runs SET outcome = replace(outcome, '\"steps\":3', '\"steps\":2')", nil, "outcome.steps"),
        ("UPDATE runs SET outcome = 'x'", nil, "runs.outcome"),
        ("UPDATE runs SET outcome = NULL", nil, "runs.state"),
        ("UPDATE runs SET state = 'running'", nil, "runs.state"),
        ("UPDATE runs SET manifest_digest = zeroblob(32)", nil, "runs.manifest_digest"),
        (
            "UPDATE environments SET circumstances = replace(circumstances, 'avx2', 'avx3')", nil,
            "environments.circumstances"
        ),
        ("UPDATE environments SET digest = zeroblob(32)", nil, "environments.circumstances"),
    ])
    func changesAreNamedByStepAndColumn(sql: String, step: Int?, field: String) throws {
        try Sample.withFolder { folder in
            let path = folder + "/l.sqlite"
            let store = try LedgerStore(path: path)
            try Sample.record(into: store)
            try DatabaseQueue(path: path).write { db in
                try db.execute(sql: "PRAGMA defer_foreign_keys = ON; PRAGMA foreign_keys = OFF")
                try db.execute(sql: sql)
                #expect(db.changesCount > 0)
                // Cascades do not follow an updated key; the rows below go with their step.
                for table in ["phases", "tensor_digests"] {
                    try db.execute(
                        sql:
                            "DELETE FROM \(table) WHERE NOT EXISTS (SELECT 1 FROM steps WHERE steps.step = \(table).step)"
                    )
                }
            }
            let error = try #require(throws: TamperError.self) { try store.verify("run-1") }
            #expect(error.step == step)
            #expect(error.field == field)
            #expect(error.run == "run-1")
            #expect(error.expected != error.found)
        }
    }

    /// One bit after the other of the record, the digest and the head of the middle step.
    @Test func everyFlippedBitOfAStepRowIsFound() throws {
        try Sample.withFolder { folder in
            let path = folder + "/l.sqlite"
            let store = try LedgerStore(path: path)
            try Sample.record(into: store)
            let queue = try DatabaseQueue(path: path)
            try queue.inDatabase { try $0.execute(sql: "PRAGMA synchronous = OFF") }
            for column in ["record", "digest", "head"] {
                let sql = "SELECT CAST(\(column) AS BLOB) FROM steps WHERE step = 2"
                let source = try #require(try queue.read { try [UInt8].fetch($0, sql) })
                for index in source.indices {
                    var bytes = source
                    bytes[index] ^= 1 << (index % 8)
                    try queue.write { try Self.set($0, column, bytes) }
                    let error = try #require(throws: TamperError.self, "\(column) byte \(index)") {
                        try store.verify("run-1")
                    }
                    #expect(error.step == 2)
                    #expect(error.field == "steps.\(column)")
                }
                try queue.write { try Self.set($0, column, source) }
            }
            #expect(try store.verify("run-1").chain.count == 3)
        }
    }

    private static func set(_ db: Database, _ column: String, _ bytes: [UInt8]) throws {
        let value = column == "record" ? "CAST(? AS TEXT)" : "?"
        try db.execute(
            sql: "UPDATE steps SET \(column) = \(value) WHERE step = 2", arguments: [bytes.withUnsafeBytes { Data($0) }]
        )
    }

    @Test func storedValuesAreHeldAgainstTheRecord() throws {
        try Sample.withFolder { folder in
            let path = folder + "/l.sqlite"
            let objects = ObjectStore(folder: folder + "/objects")
            let store = try LedgerStore(path: path)
            let recorder = try store.createRun(inputs: Sample.inputs(), circumstances: Sample.circumstances)
            for (index, step) in try Sample.traces().enumerated() {
                let values: [Float] = [9, 1, 2, 3, Float(index + 1)]
                let object = try values.withUnsafeBytes { try objects.put($0) }
                try recorder.append(
                    step,
                    stored: [
                        StoredTensor(
                            phase: .inversion, name: "latent.0", dtype: "F32", shape: [2, 2], object: object, offset: 4,
                            count: 16)
                    ])
            }
            try store.verify("run-1", objects: objects)
            let places = try store.storedTensors(of: "run-1", step: 2)
            #expect(places.map(\.name) == ["latent.0"])
            for sql in [
                "UPDATE latents SET offset = 0 WHERE step = 2", "UPDATE latents SET offset = 8 WHERE step = 2",
                "UPDATE latents SET bytes = 20 WHERE step = 2", "UPDATE latents SET shape = '[4]' WHERE step = 2",
                "UPDATE latents SET shape = 'x' WHERE step = 2", "UPDATE latents SET dtype = 'I32' WHERE step = 2",
                "UPDATE latents SET name = 'latent.9' WHERE step = 2",
                "UPDATE latents SET phase = 'nothing' WHERE step = 2",
            ] {
                let copy = folder + "/copy.sqlite"
                _ = try Sample.sqlite(path, "VACUUM INTO '\(copy)'")
                _ = try Sample.sqlite(copy, sql)
                let error = try #require(throws: TamperError.self, "\(sql)") {
                    try LedgerStore(path: copy, readOnly: true).verify("run-1", objects: objects)
                }
                #expect(error.step == 2)
                #expect(error.field.hasPrefix("latents"))
                try FileManager.default.removeItem(atPath: copy)
            }
            let file = objects.path(of: try #require(places.first).object)
            var bytes = try FileContents.read(file)
            bytes[7] ^= 1
            try AtomicFile.write(bytes, to: file)
            let error = try #require(throws: TamperError.self) { try store.verify("run-1", objects: objects) }
            #expect(error.file == file)
            #expect(error.field == "object")
            try FileManager.default.removeItem(atPath: file)
            #expect(throws: MissingObject.self) { try store.verify("run-1", objects: objects) }
            try store.verify("run-1")
        }
    }
}

extension [UInt8] {
    fileprivate static func fetch(_ db: Database, _ sql: String) throws -> [UInt8]? {
        try Data.fetchOne(db, sql: sql).map { Array($0) }
    }
}
