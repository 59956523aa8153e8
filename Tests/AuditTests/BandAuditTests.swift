import Audit
import Compute
import Core
import Foundation
import Ledger
import Testing
import TinyRuns
import Training

/// Runs that OpenBLAS recorded with a band: what passes, and what is missing when nothing passes.
@Suite struct BandAuditTests {
    @Test func aRunWithinItsBand() throws {
        try BandedRun.with { run, _, band in
            let report = try run.audit()
            #expect(report.verdict == .withinBand, "\(report.reason ?? "") \(report.divergence?.description ?? "")")
            #expect(report.steps == 3 && report.equalSteps == 3)
            #expect(report.chainHead == run.manifest.outcome?.chainHead)
            let findings = try #require(report.band)
            #expect(findings.band == band && findings.excess == nil)
            // It was another backend: something differed, of each quantity.
            for quantity in BandQuantity.allCases {
                let (_, deviation) = try #require(findings.nearest[quantity])
                #expect(deviation.amount > 0 && deviation.isInside(band.bounds), "\(deviation)")
            }
            let json = JSONCursor(report.json, name: "report")
            #expect(try json["verdict"].string() == "within-band")
            #expect(try json["band"]["nearest"].elements().count == 4)
        }
    }

    /// Every standard tampering is reported; those of the batch and of the learning rate are gross enough to be caught.
    @Test func theReportSaysWhatTheBandWouldLetThrough() throws {
        try BandedRun.with { run, _, _ in
            let report = try run.audit()
            let power = try #require(report.band?.power)
            #expect(power.step == 3)
            #expect(power.findings.map(\.tampering) == Tampering.allCases && power.findings.count == 6)
            for finding in power.findings { #expect(finding.isCaught, "\(finding)") }
            let json = try JSONCursor(report.json, name: "report")["band"]["power"]
            #expect(try json["step"].int() == 3)
            #expect(
                try json["tamperings"].elements().map { try $0["caught"].bool() } == [Bool](repeating: true, count: 6))
        }
    }

    /// A decay of 1e-14 is lost in every weight, and a noise element in so wide a band; a learning rate of 1e-12 still
    /// shows in the biases, which begin at 0.
    @Test func aTamperingInsideTheBandIsSaidToBe() throws {
        try BandedRun.with({
            try $0.smpo(more: "backend: openblas").replacing("lr: 1e-3", by: "lr: 1e-12")
        }) { run, recipe, _ in
            let wide = try BandedRun.calibrate(
                recipe, Workspace(root: run.runs.path("wide")), run.engine, margin: 1000)
            var inputs = run.manifest.inputs
            inputs.other[Band.member] = wide.json
            let report = try run.forge(inputs: inputs) { ($0, $1) }
            #expect(report.verdict == .withinBand, "\(report.reason ?? "") \(report.divergence?.description ?? "")")
            let findings = try #require(report.band?.power?.findings)
            let caught = findings.filter(\.isCaught).map(\.tampering)
            #expect(caught == [.sample, .timestep, .learningRate, .beta2], "\(findings)")
        }
    }

    /// Single pictures with fresh noise, a trained text encoder, averaged weights, a learning rate that changes.
    @Test func aBaseModelWithinItsBand() throws {
        try BandedRun.with({ try $0.base(more: "backend: openblas") }) { run, _, _ in
            let report = try run.audit()
            #expect(report.verdict == .withinBand, "\(report.reason ?? "") \(report.divergence?.description ?? "")")
            #expect(report.equalSteps == 2)
        }
    }

    /// From the checkpoint before it, on every instruction set.
    @Test func aSegmentWithinTheBand() throws {
        try BandedRun.with({
            try $0.smpo(more: "backend: openblas\nrecord: {checkpoint_every: 1, latents: false}")
        }) { run, _, _ in
            for isa in ISA.supported {
                let engine = Engine(isa: isa, workers: 2)
                defer { engine.stop() }
                let report = try Auditor(workspace: run.workspace, engine: engine).audit("run-1", segment: 3...3)
                #expect(report.verdict == .withinBand && report.equalSteps == 1)
                #expect(report.segment?.steps == 3...3 && report.segment?.checkpoint == 2)
                #expect(report.band?.power?.step == 3)
            }
        }
    }

    @Test func anInterruptedRunGoesOnWithItsBand() throws {
        try BandedRun.with(stopAfter: 1) { run, recipe, band in
            #expect(try run.audit().verdict == .withinBand)
            let session = try TrainingSession(recipe: recipe, engine: run.engine, band: band)
            _ = try RunRecording(
                session: session, workspace: run.workspace, circumstances: RecordedRun.circumstances
            ).resume(run: "run-1", onStep: { _, _ in }, shouldStop: { false })
            let report = try run.audit()
            #expect(report.verdict == .withinBand && report.equalSteps == 3)
        }
    }

    // MARK: Missing evidence

    @Test func withoutItsObjectsARunIsIncomparable() throws {
        try BandedRun.with { run, _, _ in
            let place = try #require(
                try run.workspace.openLedger().storedTensors(of: "run-1", step: 2).first { $0.phase == .gradient })
            try FileManager.default.removeItem(atPath: run.workspace.objects.path(of: place.object))
            let report = try run.audit()
            #expect(report.verdict == .incomparable && report.equalSteps == 0)
            #expect(report.reason?.contains("the object is missing") == true)
        }
    }

    @Test func aGradientThatWasNotKeptMakesARunIncomparable() throws {
        try BandedRun.with { run, _, _ in
            // In format 3 the outcome knows which rows there were.
            try run.makeFormatTwo()
            try run.sql("DELETE FROM latents WHERE step = 2 AND phase = 'gradient' AND name = 'unet/conv_in.weight'")
            let report = try run.audit()
            #expect(report.verdict == .incomparable && report.equalSteps == 1)
            let reason = try #require(report.reason)
            #expect(reason.contains("step 2: the values of unet/conv_in.weight"), "\(reason)")
            #expect(report.band?.power == nil)
        }
    }

    @Test func withoutItsLedgerARunIsIncomparable() throws {
        try BandedRun.with { run, _, _ in
            try run.removeLedger()
            let report = try run.audit()
            #expect(report.verdict == .incomparable && report.reason?.contains("no record of the step") == true)
        }
    }

    /// A recording without a band keeps nothing that a band could be put to later: the inputs would be others.
    @Test func aBandThatComesLaterIsNoPass() throws {
        try BandedRun.with { run, recipe, band in
            let plain = try TrainingSession(recipe: recipe, engine: run.engine)
            let workspace = Workspace(root: run.runs.path("plain"))
            let ending = try RunRecording(
                session: plain, workspace: workspace, circumstances: RecordedRun.circumstances
            ).record(name: nil, taken: [], started: { _ in }, onStep: { _, _ in }, shouldStop: { false })
            guard case .finished(var manifest) = ending else { throw CancellationError() }
            let auditor = Auditor(workspace: workspace, engine: run.engine)
            #expect(try auditor.audit("run-1").verdict == .incomparable)
            manifest.inputs.other[Band.member] = band.json
            try manifest.write(to: workspace.manifest("run-1"))
            #expect(try auditor.audit("run-1").verdict == .tampered)
        }
    }

    @Test func aWidenedBandIsFound() throws {
        try BandedRun.with { run, _, band in
            var (manifest, wide) = (run.manifest, band)
            wide.bounds.latents = 0.5
            manifest.inputs.other[Band.member] = wide.json
            try manifest.write(to: run.workspace.manifest("run-1"))
            #expect(try run.audit().verdict == .tampered)
        }
    }
}

extension String {
    /// The recipe at this path with `old` replaced, in its place.
    fileprivate func replacing(_ old: String, by new: String) throws -> String {
        let text = String(decoding: try FileContents.read(self), as: UTF8.self)
        let range = try #require(text.range(of: old))
        try AtomicFile.write(text.replacingCharacters(in: range, with: new), to: self)
        return self
    }
}
