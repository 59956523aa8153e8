import Audit
import Compute
import Core
import Foundation
import Ledger
import Testing
import TinyRuns
import Training

/// Forgeries whose every digest and link holds: only the replay finds them, and it names the place.
@Suite struct ForgeryTests {
    @Test func aChangedLossDivergesByOneUnitInTheLastPlace() throws {
        try RecordedRun.with { run in
            var old: UInt32 = 0
            try run.forge { step in
                guard step.record.step == 2, case .float32(let bits)? = step.record[.loss]?["loss"]?.value else {
                    return step
                }
                old = bits[0]
                return try step.replacing(.loss, TraceEntry("loss", .float32([old + 1])))
            }
            let report = try run.audit()
            #expect(report.verdict == .diverged)
            let divergence = try #require(report.divergence)
            #expect(divergence.step == 2 && divergence.phase == .loss && divergence.tensor == "loss")
            #expect(divergence.lastEqualStep == 1 && report.equalSteps == 1)
            let element = try #require(divergence.element)
            #expect(element.index == 0 && element.ulp == 1)
            #expect(element.expectedBits == HexFloat.string(bits: old + 1))
            #expect(element.foundBits == HexFloat.string(bits: old))
            let json = try JSONCursor(report.json, name: "report")["divergence"]
            #expect(try json["step"].int() == 2)
            #expect(try json["element"]["ulp"].int() == 1)
            #expect(try json["last_equal_step"].int() == 1)
        }
    }

    @Test func aChangedDigestDivergesWithItsTensor() throws {
        try RecordedRun.with { run in
            let forged = Digest.of(.document, "forged")
            try run.forge { step in
                step.record.step == 3 ? try step.replacing(.policy, "0001.winner", by: forged) : step
            }
            let divergence = try #require(try run.audit().divergence)
            #expect(divergence.step == 3 && divergence.phase == .policy && divergence.tensor == "0001.winner")
            #expect(divergence.expected == forged.hex && divergence.element == nil)
        }
    }

    /// A run recorded with one bit of one latent changed, stored values and all: the element is found in them.
    @Test func aChangedLatentIsFoundInTheStoredValues() throws {
        try RecordedRun.with { run in
            let (store, objects) = (try run.workspace.openLedger(), run.workspace.objects)
            let (steps, name, element) = (try run.traces(), "0001.loser", 700)
            var latents: [[StoredTensor]] = []
            for step in steps { latents.append(try store.storedTensors(of: "run-1", step: step.record.step)) }
            let recorder = try store.createRun(
                inputs: run.manifest.inputs, circumstances: RecordedRun.circumstances, name: "forged")
            for (step, stored) in zip(steps, latents) {
                guard step.record.step == 2 else {
                    try recorder.append(step, stored: stored)
                    continue
                }
                let place = try #require(stored.first { $0.name == name })
                var bytes = try objects.get(place.object)
                bytes[place.offset + 4 * element] ^= 2
                let object = try objects.put(bytes)
                let digest = bytes[place.offset..<place.offset + place.count].withUnsafeBytes {
                    Digest.tensor(name: name, dtype: "F32", shape: place.shape, bytes: $0)
                }
                let moved = stored.map {
                    StoredTensor(
                        phase: $0.phase, name: $0.name, dtype: $0.dtype, shape: $0.shape, object: object,
                        offset: $0.offset, count: $0.count)
                }
                try recorder.append(try step.replacing(.inversion, name, by: digest), stored: moved)
            }
            let weights = try #require(run.manifest.outcome?.weightsDigest)
            _ = try recorder.finish(weightsDigest: weights)
            try store.verify("forged", objects: objects)

            let report = try run.audit("forged")
            #expect(report.verdict == .diverged && report.equalSteps == 1)
            let divergence = try #require(report.divergence)
            #expect(divergence.step == 2 && divergence.phase == .inversion && divergence.tensor == name)
            #expect(divergence.lastEqualStep == 1)
            let found = try #require(divergence.element)
            #expect(found.index == element && found.coordinates == [2, 11, 12])
            #expect(found.ulp == 2)
            #expect(try run.audit("run-1").verdict == .reproduced)
        }
    }

    /// Only the outcome speaks of the weights once the log is rewritten.
    @Test func anotherWeightsDigestIsNoPass() throws {
        try RecordedRun.with { run in
            try run.forge(weights: .of(.document, "other weights")) { $0 }
            let report = try run.audit()
            #expect(report.verdict == .diverged)
            #expect(report.reason?.contains("outcome.weights_digest") == true, "\(report.reason ?? "")")
        }
    }

    /// The last step left out, all the rest rewritten to fit: the recipe still says how many there were.
    @Test func aRunWithoutItsLastStepIsNoPass() throws {
        try RecordedRun.with { run in
            try run.forge { $0.record.step == 3 ? nil : $0 }
            let report = try run.audit()
            #expect(report.verdict == .tampered)
            #expect(report.reason?.contains("outcome.steps") == true, "\(report.reason ?? "")")
        }
    }

    /// Every document must say what the replay says, not only the one that is read first.
    @Test func aManifestThatContradictsTheGoldenLogIsNoPass() throws {
        try RecordedRun.with { run in
            try run.promote()
            var manifest = run.manifest
            var chain = Chain(inputs: manifest.inputs.digest)
            for record in try run.records() { chain.append(record.digest) }
            chain.append(.of(.document, "more"))
            let count = try #require(manifest.outcome).steps
            let recorded = try #require(manifest.outcome)
            var other = ManifestOutcome(chain: chain, weightsDigest: recorded.weightsDigest)
            (other.steps, other.files, other.ledger) = (count, recorded.files, recorded.ledger)
            manifest.outcome = other
            try manifest.write(to: run.workspace.manifest("run-1"))
            let report = try run.audit()
            #expect(report.verdict == .diverged)
            #expect(report.reason?.contains("Manifests/run-1.json: outcome.chain_head") == true)
        }
    }

    /// Another learning rate with all hashes made anew: the weights tell.
    @Test func anotherRecipeDivergesWhereItActs() throws {
        try RecordedRun.with { run in
            let other = try Recipe.read(path: run.runs.smpo(), overrides: ["optimizer.weight_decay=0.5"])
            let session = try TrainingSession(recipe: other, engine: run.engine)
            let steps = try run.traces()
            var chain = Chain(inputs: session.inputs.digest)
            for step in steps { chain.append(step.record.digest) }
            var manifest = run.manifest
            manifest.inputs = session.inputs
            manifest.outcome = ManifestOutcome(
                chain: chain, weightsDigest: try #require(run.manifest.outcome?.weightsDigest))
            try GoldenLog.write(folder: run.workspace.golden("run-1"), manifest: manifest) { append in
                for step in steps { try append(step) }
            }
            try manifest.write(to: run.workspace.manifest("run-1"))
            try run.removeLedger()
            let divergence = try #require(try run.audit().divergence)
            #expect(divergence.step == 1 && divergence.phase == .weights)
            #expect(divergence.tensor == steps[0].tensors[.weights]?.names.first)
        }
    }
}
