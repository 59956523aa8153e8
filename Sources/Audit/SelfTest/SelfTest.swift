import Compute
import Core
import Ledger
import Training

/// Audits mutants of a run: changed evidence, and replays that go wrong. Each must be caught; other worker counts and
/// instruction sets must not.
///
/// Every mutant goes through `Auditor` (or `Verifier`) as a run does. Only a short part of the run is replayed: the step
/// after its last checkpoint before the end, or its first two steps where there is none. Nothing of the run is changed.
package struct SelfTest {
    package let workspace: Workspace
    package let engine: Engine
    /// Keys whose signatures count.
    package let keys: [VerifyingKey]
    /// Whether a run that none of them has signed cannot be compared.
    package let requiresSignature: Bool
    /// What the run has to be; nil where nobody has looked at it before.
    package var expected: ExpectedRun?

    /// A self-test of runs in `workspace`.
    package init(workspace: Workspace, engine: Engine, keys: [VerifyingKey] = [], requiresSignature: Bool = false) {
        self.workspace = workspace
        self.engine = engine
        self.keys = keys
        self.requiresSignature = requiresSignature
    }

    /// Tests the audit of `run` with the mutants of `share`. `progress` is told how many of how many mutants are done, and may
    /// throw to end it. Throws when the work cannot be done.
    package func run(
        _ run: String, _ share: SelfTestShare = .whole, progress: (Int, Int) throws -> Void = { _, _ in }
    ) throws -> SelfTestReport {
        try self.run(run, share, progress: progress) {
            SelfTestPlan($0, steps: $1, engine: engine).mutants
        }
    }

    /// Tests the audit of `run` with mutants of the caller's choice, made from the run and the steps to replay.
    package func run(
        _ name: String, _ share: SelfTestShare = .whole, progress: (Int, Int) throws -> Void = { _, _ in },
        mutants: (Run, ClosedRange<Int>) throws -> [SelfTestMutant]
    ) throws -> SelfTestReport {
        var auditor = Auditor(
            workspace: workspace, engine: engine, keys: keys, requiresSignature: requiresSignature, localizes: false)
        auditor.expected = expected
        let run: Run
        do {
            run = try auditor.open(name)
        } catch let error where Judgement(error) != nil {
            return SelfTestReport(run: name, unchanged: try auditor.audit(name), share: share)
        }
        guard run.manifest.inputs.backend == ManifestInputs.referenceBackend else {
            return SelfTestReport(
                run: name,
                unchanged: AuditReport(
                    run: name,
                    .incomparable(
                        "mutants are made of runs of the reference backend; the audit of this one, within its band, "
                            + "says itself which tamperings it would notice")), share: share)
        }
        let steps = try SelfTest.steps(run)
        var report = SelfTestReport(run: name, unchanged: try auditor.audit(name, segment: steps), share: share)
        guard report.unchanged.verdict.isPass else { return report }
        let copy = try EvidenceCopy(run)
        let mutants = try mutants(run, steps)
        report.planned = mutants.count
        let own = mutants.indices.filter(share.has)
        for (done, index) in own.enumerated() {
            try progress(done, own.count)
            try note(mutants[index], index, of: copy, &report)
        }
        try progress(own.count, own.count)
        return report
    }

    /// The steps that are replayed: few, and with moments that are not 0 before the last of them where there can be.
    static func steps(_ run: Run) throws -> ClosedRange<Int> {
        if let last = try run.checkpoints().last(where: { $0.step < run.recordedSteps }) {
            return last.step + 1...last.step + 1
        }
        return 1...max(1, min(2, run.stepCount))
    }

    private func note(
        _ mutant: SelfTestMutant, _ index: Int, of copy: EvidenceCopy, _ report: inout SelfTestReport
    ) throws {
        guard let trial = mutant.trial else {
            report.omit(mutant, index, mutant.reason ?? "")
            return
        }
        let finding: TrialResult
        do {
            finding = try find(trial, mutant.steps, copy)
        } catch let error as Fault.Impossible {
            report.omit(mutant, index, error.reason)
            return
        }
        report.results.append(
            SelfTestReport.Result(
                index: index, mutant: mutant.kind.rawValue, change: mutant.change, expected: mutant.expectation.verdict,
                verdict: finding.word, place: finding.place, isRight: finding.meets(mutant.expectation)))
    }

    private func find(_ trial: SelfTestMutant.Trial, _ steps: ClosedRange<Int>, _ copy: EvidenceCopy) throws
        -> TrialResult
    {
        func audit(_ copy: EvidenceCopy, on engine: Engine, _ fault: Fault? = nil) throws -> TrialResult {
            var auditor = Auditor(workspace: copy.workspace, engine: engine, localizes: false)
            auditor.fault = fault
            // The evidence is a copy; latents of pictures are not made for each of them.
            auditor.latents = LatentSetUse(folder: workspace.latents, scores: workspace.scores)
            auditor.latents?.set = copy.latents
            return TrialResult(try auditor.audit(copy.run, segment: steps), copy.workspace)
        }
        switch trial {
        case .fault(let fault): return try audit(copy, on: engine, fault)
        case .engine(let isa, let workers):
            let other = Engine(isa: isa, workers: workers)
            defer { other.stop() }
            return try audit(copy, on: other)
        case .evidence(let change):
            let changed = try EvidenceCopy(copy)
            try change(changed)
            return try audit(changed, on: engine)
        case .verification(let change):
            let changed = try EvidenceCopy(copy)
            try change(changed)
            let verifier = Verifier(workspace: changed.workspace, engine: engine, opensInputs: false)
            return TrialResult(try verifier.verify(changed.run), changed.workspace)
        }
    }
}

/// The verdict on a mutant.
private struct TrialResult {
    /// The verdict's word.
    let word: String
    let place: String?
    private let verdict: Verdict?, step: Int?, phase: Phase?

    init(_ report: AuditReport, _ workspace: Workspace) {
        (word, verdict) = (report.verdict.rawValue, report.verdict)
        (step, phase) = (report.divergence?.step, report.divergence?.phase)
        place =
            report.divergence.map { "step \($0.step), \($0.phase.rawValue): \($0.tensor)" }
            ?? report.reason.map { TrialResult.short($0, workspace) }
    }

    init(_ report: VerificationReport, _ workspace: Workspace) {
        // Without a replay nothing is reproduced.
        (word, verdict) = (report.verdict.rawValue, report.verdict == .tampered ? .tampered : nil)
        (step, phase) = (nil, nil)
        place = report.reason.map { TrialResult.short($0, workspace) }
    }

    /// A reason without the temporary folder and without the digests that do not agree.
    private static func short(_ reason: String, _ workspace: Workspace) -> String {
        let text = reason.replacing(workspace.root + "/", with: "")
        return String(text.prefix(upTo: text.firstRange(of: " does not hold")?.lowerBound ?? text.endIndex))
    }

    func meets(_ expectation: SelfTestMutant.Expectation) -> Bool {
        guard verdict == expectation.verdict else { return false }
        guard case .diverged(let expected, let phases) = expectation else { return true }
        return step == expected && phase.map(phases.contains) == true
    }
}

extension SelfTestReport {
    fileprivate mutating func omit(_ mutant: SelfTestMutant, _ index: Int, _ reason: String) {
        omissions.append(Omission(index: index, mutant: mutant.kind.rawValue, change: mutant.change, reason: reason))
    }
}
