import Audit
import Compute
import Core
import Ledger
import Testing
import TinyRuns
import Training

/// Manifests that say something else of a run than what it came to, every digest made anew. Whichever door they come in
/// by, they do not pass.
@Suite struct ForgedOutcomeTests {
    /// What is said instead.
    enum Forgery: String, CaseIterable {
        case fewerSteps, moreSteps, noSteps, negativeSteps, hugeSteps, stepsRoot, chainHead, weights

        var isOfSteps: Bool { rawValue.hasSuffix("Steps") }

        func forge(_ outcome: inout ManifestOutcome) {
            switch self {
            case .fewerSteps: outcome.steps = 2
            case .moreSteps: outcome.steps = 4
            case .noSteps: outcome.steps = 0
            case .negativeSteps: outcome.steps = -1
            case .hugeSteps: outcome.steps = .max
            case .stepsRoot: outcome.stepsRoot = .of(.document, "root")
            case .chainHead: outcome.chainHead = .of(.document, "head")
            case .weights: outcome.weightsDigest = .of(.document, "weights")
            }
        }
    }

    /// What is left besides the manifest.
    enum Rest: CaseIterable {
        /// Nothing.
        case nothing
        /// The ledger, as it was recorded.
        case ledger
        /// An honest golden log without ledger.
        case golden
        /// A golden log whose manifest has the same forged outcome.
        case forgedGolden
    }

    /// Ways to look at a run, each with its verdict.
    enum Door: CaseIterable {
        case audit, through, wholeSegment, firstStep, lastStep, budget, selfTest

        /// Whether it replays the run to its end, from its beginning.
        var isWhole: Bool { self == .audit || self == .through || self == .wholeSegment }

        func verdict(_ run: RecordedRun) throws -> Verdict {
            let auditor = Auditor(workspace: run.workspace, engine: run.engine, localizes: false)
            return switch self {
            case .audit: try auditor.audit("run-1").verdict
            case .through: try auditor.audit("run-1", AuditScope(goesThrough: true)).verdict
            case .wholeSegment: try auditor.audit("run-1", segment: 1...3).verdict
            case .firstStep: try auditor.audit("run-1", segment: 1...1).verdict
            case .lastStep: try auditor.audit("run-1", segment: 3...3).verdict
            case .budget: try auditor.audit("run-1", AuditScope(budget: .zero)).verdict
            case .selfTest:
                // The run itself is looked at first; a mutant would say that it was passed.
                try SelfTest(workspace: run.workspace, engine: run.engine).run("run-1") { _, _ in
                    throw CancellationError()
                } mutants: { _, _ in
                    throw CancellationError()
                }.verdict
            }
        }
    }

    private func forge(_ run: RecordedRun, _ forgery: Forgery, besides rest: Rest) throws {
        var manifest = run.manifest
        var outcome = try #require(manifest.outcome)
        forgery.forge(&outcome)
        manifest.outcome = outcome
        if rest == .golden || rest == .forgedGolden { try run.promote() }
        if rest != .ledger { try run.removeLedger() }
        try manifest.write(to: run.workspace.manifest("run-1"))
        if rest == .forgedGolden { try manifest.write(to: run.workspace.golden("run-1") + "/manifest.json") }
    }

    @Test(arguments: Forgery.allCases)
    func noForgedOutcomePasses(forgery: Forgery) throws {
        for rest in Rest.allCases {
            try RecordedRun.with { run in
                try forge(run, forgery, besides: rest)
                for door in Door.allCases {
                    let verdict = try door.verdict(run)
                    let place = Comment(rawValue: "\(forgery) with \(rest) by \(door): \(verdict)")
                    #expect(!verdict.isPass, place)
                    // Nothing of a part of a run says what the whole came to.
                    let isSilent = rest == .nothing && !door.isWhole && door != .lastStep && !forgery.isOfSteps
                    #expect(!isSilent || verdict == .incomparable, place)
                    if forgery.isOfSteps { #expect(verdict == .tampered, place) }
                }
                let verified = try Verifier(workspace: run.workspace, engine: run.engine).verify("run-1")
                if forgery.isOfSteps || rest != .nothing {
                    #expect(verified.verdict == .tampered, "\(forgery) with \(rest), verified")
                }
            }
        }
    }

    /// A gate stays closed, also where only a part of the run is replayed; a review does not call the run what it was; and
    /// what says something else than its steps does not become golden.
    @Test(arguments: Forgery.allCases)
    func noForgedOutcomeIsGolden(forgery: Forgery) throws {
        try RecordedRun.with { run in
            try forge(run, forgery, besides: .forgedGolden)
            let auditor = Auditor(workspace: run.workspace, engine: run.engine, localizes: false)
            for scope in [AuditScope(goesThrough: true), AuditScope(segment: 1...2), AuditScope(budget: .zero)] {
                let json = JSONCursor(try auditor.audit("run-1", scope).json, name: "report")
                let one = try GateCase(
                    run: "run-1", way: GateWay(), in: run.workspace, audit: json, changes: [])
                #expect(one.outcome.isFailure && one.reason != nil, "\(forgery), \(scope): \(one.outcome)")
            }
            let review = GoldenReview(
                workspace: run.workspace, engine: run.engine, circumstances: RecordedRun.circumstances)
            do {
                let finding = try review.review("run-1", keeps: false)
                #expect(!finding.judgement.verdict.isPass && finding.drift.steps.allSatisfy(\.isEqual), "\(forgery)")
                #expect(try JSONCursor(finding.json, name: "review")["verdict"].string() != "reproduced")
            } catch is TamperError {}
        }
        try RecordedRun.with { run in
            let steps = try run.traces()
            var manifest = run.manifest
            var outcome = try #require(manifest.outcome)
            forgery.forge(&outcome)
            manifest.outcome = outcome
            let acceptance = GoldenAcceptance(
                workspace: run.workspace, reason: "why", date: "2026-11-28", key: nil)
            #expect(throws: TamperError.self, "\(forgery)") {
                _ = try acceptance.accept(manifest, watch: .unwatched(reason: "a test")) { append in
                    for step in steps { try append(step) }
                }
            }
            #expect(!FileContents.exists(run.workspace.golden("run-1") + "/manifest.json"))
        }
    }

    /// The same run as it was, by the same doors: what cannot be compared is said so, the rest passes.
    @Test func honestRunsPassWhereThereIsSomethingToCompare() throws {
        for rest in Rest.allCases {
            try RecordedRun.with { run in
                if rest == .golden || rest == .forgedGolden { try run.promote() }
                if rest != .ledger { try run.removeLedger() }
                for door in Door.allCases where door != .selfTest {
                    let isSilent = rest == .nothing && (door == .firstStep || door == .budget)
                    #expect(try door.verdict(run) == (isSilent ? .incomparable : .reproduced), "\(door) with \(rest)")
                }
            }
        }
    }

    /// A manifest without any outcome says nothing.
    @Test func aManifestWithoutOutcomeIsIncomparable() throws {
        try RecordedRun.with { run in
            try run.removeLedger()
            var manifest = run.manifest
            manifest.outcome = nil
            try manifest.write(to: run.workspace.manifest("run-1"))
            for door in [Door.audit, .through, .budget] { #expect(try door.verdict(run) == .incomparable) }
        }
    }

    /// A part of a run is not the whole, and its statement does not say so.
    @Test func aPartIsNoWhole() throws {
        try RecordedRun.with { run in
            let auditor = Auditor(workspace: run.workspace, engine: run.engine)
            for (scope, isWhole) in [
                (AuditScope(), true), (AuditScope(segment: 1...3), true), (AuditScope(segment: 1...2), false),
                (AuditScope(segment: 3...3), false), (AuditScope(budget: .zero), false),
            ] {
                let report = try auditor.audit("run-1", scope)
                #expect(report.verdict == .reproduced && report.judgement.isWhole == isWhole, "\(scope)")
                let statement = JSONCursor(AuditStatement.json(report, manifest: run.manifest), name: "statement")
                #expect(try statement["predicate"]["result"].string() == (isWhole ? "PASSED" : "WARNED"), "\(scope)")
            }
        }
    }
}
