import Core
import Foundation
import GRDB
import Ledger
import Testing

/// Makes the large ledger of `Tests/Scale/run.sh`: `SMPO_SCALE` is `RUNS,STEPS,TENSORS`, `SMPO_SCALE_FOLDER` a workspace.
@Suite struct ScaleTests {
    private static let environment = ProcessInfo.processInfo.environment

    /// A step of four pairs and of `tensors` tensors, all of which change.
    private func trace(_ step: Int, tensors: Int, seed: Int) throws -> StepTrace {
        let pairs = 0..<4
        let losses = pairs.flatMap { pair in
            ["", ".errors", ".reference errors", ".inside", ".difference"].map {
                TraceEntry("000\(pair)\($0)", Float(step * 7 + pair))
            }
        }
        let digests = (0..<tensors).map {
            (name: "unet/down_blocks.\($0 % 4).resnets.\($0).weight", digest: Digest.of(.file, "\(seed) \(step) \($0)"))
        }
        return try StepTrace(
            step: step,
            entries: [
                .batch: [
                    TraceEntry("ids", .text(pairs.map { "pair-00\(step)\($0)" })),
                    TraceEntry("items", .text(pairs.map { Digest.of(.file, "item \(step) \($0)").hex })),
                ],
                .timestep: [TraceEntry("t", .integers(pairs.map { Int64($0 * step % 1000) }))],
                .loss: losses + [TraceEntry("loss", Float(step))], .gradient: [TraceEntry("norm", Float(step))],
                .update: [TraceEntry("optimizer", Digest.of(.file, "state \(step)"))],
            ], tensors: [.gradient: digests])
    }

    @Test(.enabled(if: environment["SMPO_SCALE"] != nil)) func aLargeLedgerIsMade() throws {
        let numbers = try #require(Self.environment["SMPO_SCALE"]).split(separator: ",").compactMap { Int($0) }
        let workspace = Workspace(root: try #require(Self.environment["SMPO_SCALE_FOLDER"]))
        try #require(numbers.count == 3)
        let (runs, steps, tensors) = (numbers[0], numbers[1], numbers[2])
        let store = try workspace.openLedger()
        // Two runs by the recorder, the second of which parts from the first three quarters of the way.
        for number in 1...2 {
            let recorder = try store.createRun(
                inputs: Sample.inputs(), circumstances: Sample.circumstances, name: "run-\(number)")
            for step in 1...steps {
                let isOther = number == 2 && step > steps * 3 / 4
                try recorder.append(try trace(step, tensors: tensors, seed: isOther ? 2 : 1))
            }
            _ = try recorder.finish(weightsDigest: Sample.weights)
        }
        // The others are copies of the first under other names; a row takes what it takes.
        let queue = try DatabaseQueue(path: workspace.ledger)
        for number in 3...max(3, runs) where number <= runs {
            try queue.write { db in
                for sql in [
                    """
                    INSERT INTO runs SELECT \(number), 'run-\(number)', state, level, inputs, inputs_digest,
                        environment_id, outcome, manifest_digest, started_at, ended_at FROM runs WHERE id = 1
                    """,
                    "INSERT INTO steps SELECT \(number), step, record, digest, head FROM steps WHERE run_id = 1",
                    "INSERT INTO phases SELECT \(number), step, phase, entries, digest FROM phases WHERE run_id = 1",
                    """
                    INSERT INTO tensor_digests SELECT \(number), step, phase, names_id, digests FROM tensor_digests
                    WHERE run_id = 1
                    """,
                ] { try db.execute(sql: sql) }
            }
        }
        #expect(try store.runs().count == runs)
        #expect(try store.verify("run-1").chain.count == steps)
    }
}
