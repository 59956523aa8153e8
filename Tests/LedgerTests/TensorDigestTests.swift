import Core
import GRDB
import Ledger
import Testing

/// How the digests of a run's tensors are kept: those that changed, and now and then all.
@Suite struct TensorDigestTests {
    /// `count` tensors, of which those change that `changing` names by step and index.
    private func traces(steps: Int, tensors count: Int, changing: (Int, Int) -> Bool) throws -> [StepTrace] {
        var last = [Int](repeating: 0, count: count)
        return try (1...steps).map { step in
            for index in last.indices where changing(step, index) { last[index] = step }
            let digests = last.enumerated().map { (name: "t\($0)", digest: Digest.of(.document, "\($0) \($1)")) }
            return try StepTrace(
                step: step, entries: [.loss: [TraceEntry("loss", Float(step))]],
                tensors: [.gradient: digests, .weights: digests.reversed()])
        }
    }

    private func record(_ traces: [StepTrace], _ folder: String, level: RecordLevel = .tensors) throws -> LedgerStore {
        let store = try LedgerStore(path: folder + "/l.sqlite")
        let recorder = try store.createRun(
            inputs: Sample.inputs(), circumstances: Sample.circumstances, level: level)
        for trace in traces { try recorder.append(trace) }
        _ = try recorder.finish(weightsDigest: Sample.weights)
        return store
    }

    private func bytes(_ folder: String) throws -> Int {
        try DatabaseQueue(path: folder + "/l.sqlite").read {
            try Int.fetchOne($0, sql: "SELECT coalesce(sum(length(digests)), 0) FROM tensor_digests") ?? 0
        }
    }

    /// All, some, other ones every time, none: what is read is what was recorded, at every step.
    @Test func everyStepIsReadAsItWasRecorded() throws {
        let patterns: [((Int, Int) -> Bool, Int)] = [
            ({ _, _ in true }, 80 * 20), ({ _, index in index < 3 }, 3 * 20 + 77 * 3),
            ({ step, index in index == step % 20 }, 3 * 20 + 77), ({ step, _ in step == 1 }, 3 * 20),
            ({ step, _ in step % 7 == 0 }, 12 * 20),
        ]
        for (changing, digests) in patterns {
            try Sample.withFolder { folder in
                let traces = try traces(steps: 80, tensors: 20, changing: changing)
                let store = try record(traces, folder)
                for trace in traces {
                    #expect(try store.tensors(of: "run-1", step: trace.record) == trace.tensors)
                }
                try store.verify("run-1")
                #expect(try bytes(folder) == 2 * 32 * digests)
            }
        }
    }

    /// A list of some of the names before it, as of a last batch with fewer items, is a list of its own; then all again.
    @Test func listsMayShrinkAndGrow() throws {
        try Sample.withFolder { folder in
            let counts = [6, 6, 4, 4, 6, 3, 3, 8, 6]
            let traces = try counts.enumerated().map { index, count in
                try StepTrace(
                    step: index + 1, entries: [:],
                    tensors: [
                        .batch: (0..<count).map { tensor in
                            (name: "\(tensor)", digest: Digest.of(.document, "\(tensor) \(tensor < 2 ? index : 0)"))
                        }
                    ])
            }
            let store = try record(traces, folder)
            try store.verify("run-1")
            for trace in traces { #expect(try store.tensors(of: "run-1", step: trace.record) == trace.tensors) }
        }
    }

    @Test func theLevelStepsKeepsRecordsAlone() throws {
        try Sample.withFolder { folder in
            let traces = try traces(steps: 5, tensors: 20) { _, _ in true }
            let store = try record(traces, folder, level: .steps)
            #expect(try bytes(folder) == 0 && store.level(of: "run-1") == .steps)
            #expect(try store.tensors(of: "run-1", step: traces[2].record).isEmpty)
            let all = try Sample.withFolder { try record(traces, $0).verify("run-1").chain.head }
            #expect(try store.verify("run-1").chain.head == all)
        }
    }

    /// The steps after a resumption are read without those that were taken back.
    @Test func aResumedRunBeginsWithAllOfThem() throws {
        try Sample.withFolder { folder in
            let traces = try traces(steps: 9, tensors: 20) { _, index in index < 2 }
            let store = try LedgerStore(path: folder + "/l.sqlite")
            do {
                let recorder = try store.createRun(inputs: Sample.inputs(), circumstances: Sample.circumstances)
                for trace in traces.prefix(6) { try recorder.append(trace) }
                try recorder.interrupt()
            }
            let recorder = try store.resumeRun("run-1", afterStep: 4)
            for trace in traces[4...] { try recorder.append(trace) }
            for trace in traces { #expect(try store.tensors(of: "run-1", step: trace.record) == trace.tensors) }
            try store.verify("run-1")
        }
    }

    @Test func theViewShowsThem() throws {
        try Sample.withFolder { folder in
            let traces = try traces(steps: 3, tensors: 4) { _, index in index == 2 }
            _ = try record(traces, folder)
            let rows = try Sample.sqlite(
                folder + "/l.sqlite", "SELECT step, name, digest FROM tensors WHERE phase = 'gradient' AND step > 1")
            #expect(
                rows == [2, 3].map { "\($0)|t2|\(Digest.of(.document, "2 \($0)").hex)" }.joined(separator: "\n"))
        }
    }
}
