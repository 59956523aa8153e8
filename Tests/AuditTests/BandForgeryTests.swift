import Audit
import Compute
import Core
import Ledger
import Testing
import TinyRuns
import Training

/// Banded runs that are not what they claim, with every digest and link made to fit: the replay names the place.
@Suite struct BandForgeryTests {
    private static let name = "unet/mid_block.resnets.0.conv1.weight"

    @Test func aGradientOutsideTheBand() throws {
        try BandedRun.with { run, _, band in
            let report = try run.forge { step, stored in
                guard step.record.step == 2 else { return (step, stored) }
                return try run.replacing(gradient: Self.name, step, stored) { values in
                    // As much of the whole tensor as ten bands.
                    let size = values.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
                    values[7] += Float(10 * size * band.bounds.gradients[Self.name]!)
                }
            }
            #expect(report.verdict == .diverged && report.equalSteps == 1)
            let divergence = try #require(report.divergence)
            #expect(divergence.step == 2 && divergence.phase == .gradient && divergence.tensor == Self.name)
            #expect(divergence.expected?.hasPrefix("at most ") == true)
            #expect(divergence.found?.hasSuffix("relative L2") == true)
            let excess = try #require(report.band?.excess)
            #expect(excess.share(of: band.bounds) > 8 && excess.share(of: band.bounds) < 12, "\(excess)")
            let json = try JSONCursor(report.json, name: "report")["band"]["excess"]
            #expect(try json["amount"].doubleBits() == excess.amount)
            #expect(try json["bound"].doubleBits() == band.bounds.gradients[Self.name])
        }
    }

    /// So little that the band holds it: then the update that follows from it gives other bits.
    @Test func aGradientInsideTheBandThatWasNotApplied() throws {
        try BandedRun.with { run, _, _ in
            let report = try run.forge { step, stored in
                guard step.record.step == 2 else { return (step, stored) }
                return try run.replacing(gradient: Self.name, step, stored) { $0[7] = $0[7].nextUp }
            }
            #expect(report.verdict == .diverged && report.equalSteps == 1)
            let divergence = try #require(report.divergence)
            #expect(divergence.step == 2 && divergence.phase >= .gradient)
            #expect(report.band?.excess == nil)
        }
    }

    @Test(arguments: [Float.nan, .infinity])
    func aGradientThatIsNoNumber(value: Float) throws {
        try BandedRun.with { run, _, _ in
            let report = try run.forge { step, stored in
                guard step.record.step == 3 else { return (step, stored) }
                return try run.replacing(gradient: Self.name, step, stored) { $0[5] = value }
            }
            #expect(report.verdict == .diverged && report.equalSteps == 2)
            let divergence = try #require(report.divergence)
            #expect(divergence.step == 3 && divergence.phase == .gradient)
            #expect(divergence.tensor.hasPrefix(Self.name))
            #expect(report.band?.power == nil)
        }
    }

    /// A loss one unit off is inside the band, but it does not follow from the recorded errors.
    @Test(arguments: ["loss", "0001", "0000.inside", "0001.difference"])
    func aLossThatDoesNotFollowFromTheErrors(name: String) throws {
        try BandedRun.with { run, _, _ in
            let report = try run.forge { step, stored in
                guard step.record.step == 2, case .float32(let bits)? = step.record[.loss]?[name]?.value else {
                    return (step, stored)
                }
                return (try step.replacing(.loss, TraceEntry(name, .float32([bits[0] ^ 1]))), stored)
            }
            let divergence = try #require(report.divergence)
            #expect(report.verdict == .diverged)
            #expect(divergence.step == 2 && divergence.phase == .loss && divergence.tensor == name)
        }
    }

    @Test func aLossThatIsNoNumber() throws {
        try BandedRun.with { run, _, _ in
            let report = try run.forge { step, stored in
                guard step.record.step == 2 else { return (step, stored) }
                let nan = TraceEntry("0000.errors", .float32([Float.nan.bitPattern, Float.nan.bitPattern]))
                return (try step.replacing(.loss, nan), stored)
            }
            #expect(report.verdict == .diverged && report.divergence?.phase == .loss)
        }
    }

    /// Another learning rate, the record of it forged: the weights that the recorded gradients lead to are others.
    @Test(arguments: ["optimizer.lr=0.001001", "optimizer.weight_decay=0.02"])
    func anotherOptimiser(override: String) throws {
        try BandedRun.with { run, recipe, band in
            let path = try run.runs.smpo(more: "backend: openblas")
            let other = try TrainingSession(
                recipe: try Recipe.read(path: path, overrides: [override]), engine: run.engine)
            let honest = try run.traces()
            let report = try record(other, { try $0.batches.batch($1) }, as: run) { step in
                let rate = try #require(honest[step.record.step - 1].record[.update]?["learning rate"])
                return try step.replacing(.update, rate)
            }
            #expect(report.verdict == .diverged && report.equalSteps == 0)
            let divergence = try #require(report.divergence)
            #expect(divergence.step == 1 && divergence.phase == .weights, "\(divergence.description)")
        }
    }

    /// What the report says of a noise element holds: a run that has it is found, though its batch claims otherwise.
    @Test func aChangedLatentUnderAnHonestName() throws {
        try BandedRun.with { run, recipe, band in
            let other = try TrainingSession(recipe: recipe, engine: run.engine)
            let honest = try run.traces()
            let report = try record(
                other,
                { session, step in
                    let batch = try session.batches.batch(step)
                    if step == 2 { batch.x0.hostValues[0] += 1e-3 }
                    return batch
                }, as: run
            ) { step in
                let batch = try #require(honest[step.record.step - 1].record[.batch])
                var tensors = step.tensors
                tensors[.batch] = honest[step.record.step - 1].tensors[.batch]
                let phases = step.record.phases.map { $0.phase == .batch ? batch : $0 }
                return StepTrace(record: try StepRecord(step: step.record.step, phases: phases), tensors: tensors)
            }
            #expect(report.verdict == .diverged && report.equalSteps == 1)
            let divergence = try #require(report.divergence)
            #expect(divergence.step == 2 && divergence.phase == .inversion && divergence.tensor == "0000.winner")
        }
    }

    /// Records `session` on its own batches, then once more under the honest inputs with each record as `change` gives
    /// it.
    private func record(
        _ session: TrainingSession, _ batch: (TrainingSession, Int) throws -> TrainingBatch, as run: RecordedRun,
        _ change: (StepTrace) throws -> StepTrace
    ) throws -> AuditReport {
        let store = try run.workspace.openLedger()
        let recording = RunRecording(
            session: session, workspace: run.workspace, circumstances: RecordedRun.circumstances,
            keepsGradients: true)
        let recorder = try store.createRun(
            inputs: session.inputs, circumstances: RecordedRun.circumstances, name: "other")
        let forged = try store.createRun(
            inputs: run.manifest.inputs, circumstances: RecordedRun.circumstances, name: "forged")
        let builder = TraceBuilder(keeps: [.inversion, .gradient], engine: session.trainer.model.engine)
        for step in 1...session.recipe.training.steps {
            _ = try session.trainer.step(try batch(session, step), observer: builder)
            let trace = try recording.commit(builder, to: recorder)
            try forged.append(try change(trace), stored: store.storedTensors(of: "other", step: step))
        }
        _ = try forged.finish(
            weightsDigest: try session.trainer.weightsDigest(), files: try session.fileDigests())
        return try run.audit("forged")
    }
}
