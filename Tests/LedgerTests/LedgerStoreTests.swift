import Core
import Foundation
import Ledger
import Testing

@Suite struct LedgerStoreTests {
    @Test func runsRoundTrip() throws {
        try Sample.withFolder { folder in
            let path = folder + "/.smpo/ledger.sqlite"
            let manifest: Manifest
            do {
                let store = try LedgerStore(path: path)
                manifest = try Sample.record(into: store)
                #expect(manifest.run == "run-1")
            }
            let store = try LedgerStore(path: path, readOnly: true)
            let run = try store.verify("run-1")
            #expect(run.manifest == manifest)
            #expect(try store.steps(of: "run-1").map(\.record) == Sample.records())
            #expect(try store.steps(of: "run-1", in: 2...2).map(\.record) == [Sample.records()[1]])
            let summary = try store.run("run-1")
            #expect(summary.state == .finished)
            #expect(summary.steps == 3)
            #expect(try summary.head == Sample.known()["steps"][2]["head"].digest())
            #expect(summary.endedAt != nil)
        }
    }

    @Test func namesAreChosenPastThoseTaken() throws {
        try Sample.withFolder { folder in
            let store = try LedgerStore(path: folder + "/l.sqlite")
            let inputs = try Sample.inputs()
            func begin(_ name: String?, _ taken: [String]) throws -> String {
                try store.createRun(inputs: inputs, circumstances: Sample.circumstances, name: name, taken: taken).name
            }
            #expect(try begin(nil, ["run-1", "run-42"]) == "run-2")
            #expect(try begin(nil, []) == "run-1")
            #expect(try begin("mine", []) == "mine")
            #expect(throws: LedgerError.nameNotUsable(name: "mine", reason: "it is taken")) { try begin("mine", []) }
            #expect(throws: LedgerError.self) { try begin("../x", []) }
            #expect(throws: LedgerError.unknownRun(name: "x", known: ["run-2", "run-1", "mine"])) { try store.run("x") }
            #expect(throws: LedgerError.unknownRun(name: "x", known: ["run-2", "run-1", "mine"])) {
                try store.verify("x")
            }
        }
    }

    @Test func stepsMustFollowEachOther() throws {
        try Sample.withFolder { folder in
            let store = try LedgerStore(path: folder + "/l.sqlite")
            let records = try Sample.traces()
            let recorder = try store.createRun(inputs: Sample.inputs(), circumstances: Sample.circumstances)
            try recorder.append(records[0])
            #expect(throws: LedgerError.doesNotExtend(run: "run-1", expected: 2, found: 3)) {
                try recorder.append(records[2])
            }
            #expect(throws: LedgerError.doesNotExtend(run: "run-1", expected: 2, found: 1)) {
                try recorder.append(records[0])
            }
            try recorder.append(records[1])
            _ = try recorder.finish(weightsDigest: Sample.weights)
            #expect(throws: LedgerError.finished(run: "run-1")) { try recorder.append(records[2]) }
            #expect(try store.verify("run-1").chain.count == 2)
        }
    }

    @Test(arguments: [nil, 0, 1, 3, 99]) func interruptedRunsGoOn(afterStep: Int?) throws {
        try Sample.withFolder { folder in
            let path = folder + "/l.sqlite"
            let records = try Sample.traces()
            do {
                let recorder = try LedgerStore(path: path).createRun(
                    inputs: Sample.inputs(), circumstances: Sample.circumstances)
                for record in records.prefix(2) { try recorder.append(record) }
                try recorder.interrupt()
            }
            let store = try LedgerStore(path: path)
            #expect(try store.run("run-1").state == .interrupted)
            #expect(try store.verify("run-1").manifest.outcome == nil)
            let recorder = try store.resumeRun("run-1", afterStep: afterStep)
            #expect(recorder.chain.count == min(afterStep ?? 2, 2))
            for record in records[recorder.chain.count...] { try recorder.append(record) }
            let manifest = try recorder.finish(weightsDigest: Sample.weights)
            #expect(try manifest.outcome?.chainHead == Sample.known()["steps"][2]["head"].digest())
            #expect(try store.verify("run-1").manifest == manifest)
            #expect(throws: LedgerError.recordedElsewhere(run: "run-1", holder: "process \(getpid())")) {
                try store.resumeRun("run-1")
            }
        }
    }

    /// Two runs are recorded step by step in turn; one run by two is refused at once.
    @Test func runsAreRecordedBesideEachOther() throws {
        try Sample.withFolder { folder in
            let path = folder + "/l.sqlite"
            let (inputs, records) = (try Sample.inputs(), try Sample.traces())
            let (first, second) = (try LedgerStore(path: path), try LedgerStore(path: path))
            do {
                let recorders = try [first, second].map {
                    try $0.createRun(inputs: inputs, circumstances: Sample.circumstances)
                }
                #expect(recorders.map(\.name) == ["run-1", "run-2"])
                for record in records { for recorder in recorders { try recorder.append(record) } }
                let start = ContinuousClock.now
                let error = try #require(throws: LedgerError.self) { try second.resumeRun("run-1") }
                #expect(error == .recordedElsewhere(run: "run-1", holder: "process \(getpid())"))
                #expect(ContinuousClock.now - start < .seconds(2))
                try second.recordAudit(of: "run-0", verdict: "reproduced", report: ["steps": 3])
                #expect(try first.health().writers.map { $0.prefix(5) } == ["run-1", "run-2"])
                _ = try recorders[1].finish(weightsDigest: Sample.weights)
                try recorders[0].interrupt()
            }
            #expect(try second.health().writers == [])
            #expect(try second.resumeRun("run-1").chain.head == second.verify("run-2").chain.head)
        }
    }

    @Test func auditsItemsAndCheckpointsAreKept() throws {
        try Sample.withFolder { folder in
            let store = try LedgerStore(path: folder + "/l.sqlite")
            let recorder = try store.createRun(inputs: Sample.inputs(), circumstances: Sample.circumstances)
            let items = (0..<3).map {
                DataItem(
                    item: "pair-\($0)", digest: Digest.of(.dataItem, "\($0)"),
                    labels: ["w": 0x3f80_0000, "l": UInt32($0)])
            }
            try recorder.record(items)
            try recorder.record(items)
            #expect(try store.dataItems(of: "run-1") == items)
            let checkpoint = StoredCheckpoint(
                step: 0, part: "weights", object: Digest.of(.object, "x"), digest: Sample.weights)
            try recorder.record(checkpoint)
            #expect(try store.checkpoints(of: "run-1") == [checkpoint])
            try store.recordAudit(of: "run-1", verdict: "reproduced", report: ["a": 1])
            try store.recordAudit(of: "run-42", verdict: "diverged", report: [])
            #expect(try store.audits().map(\.verdict) == ["reproduced", "diverged"])
            #expect(try store.audits(of: "run-42").map(\.report) == [[]])
        }
    }

    @Test func theCommandLineToolReadsIt() throws {
        try Sample.withFolder { folder in
            let path = folder + "/l.sqlite"
            let store = try LedgerStore(path: path)
            try Sample.record(into: store)
            let known = try Sample.known()["steps"]
            #expect(try Sample.sqlite(path, "SELECT record FROM steps WHERE step = 2") == known[1]["record"].string())
            #expect(
                try Sample.sqlite(path, "SELECT lower(hex(head)) FROM steps WHERE step = 3")
                    == known[2]["head"].string())
            #expect(
                try Sample.sqlite(path, "SELECT step, bits FROM losses") == "1|0x3f000000\n2|0x3e800000\n3|0x3e2aaaab")
            #expect(try Sample.sqlite(path, "SELECT count(*) FROM tensors WHERE step = 1") == "4")
            #expect(
                try Sample.sqlite(path, "SELECT digest FROM tensors WHERE step = 1 AND phase = 'inversion'")
                    == Sample.traces()[0].tensors[.inversion]?["latent.0"]?.hex)
            #expect(try Sample.sqlite(path, "PRAGMA journal_mode; PRAGMA integrity_check") == "wal\nok")
            let strict =
                "SELECT count(*) FROM pragma_table_list WHERE type = 'table' AND strict = 0 AND name NOT LIKE 'sqlite%'"
            #expect(try Sample.sqlite(path, strict + " AND name <> 'grdb_migrations'") == "0")
        }
    }
}
