import Audit
import Compute
import Core
import Foundation
import Ledger
import Testing
import TinyRuns
import Training

/// Every mutant of a run is caught, and the score can tell when one is not.
@Suite struct SelfTestTests {
    private typealias Kind = SelfTestMutant.Kind

    /// The kinds that the audit must catch, and those that it must not.
    private static let mustBeCaught: [Kind] = [
        .recipe, .seed, .streamCounter, .dataOrder, .caption, .label, .latent, .crop, .mirroring, .timeIDs, .textState,
        .latentSet, .weightBit, .optimiserMoment, .scheduleEntry, .goldenRow, .ledgerRow, .chainLink, .checkpoint,
        .modelFile, .lane,
    ]
    /// Those that a run on the built-in pairs of a model with one text encoder cannot have.
    private static let ofOtherRuns: Set<Kind> = [.crop, .timeIDs, .latentSet, .lane]
    private static let harmless: [Kind] = [.workerCount, .instructionSet]

    private func test(_ run: RecordedRun) throws -> SelfTestReport {
        try SelfTest(workspace: run.workspace, engine: run.engine).run("run-1")
    }

    /// All files below a folder with their bytes and the times at which they were written.
    private func contents(_ folder: String) throws -> [String: String] {
        var result: [String: String] = [:]
        for path in try FileManager.default.subpathsOfDirectory(atPath: folder) {
            // SQLite makes and removes the index of its log when the ledger is read, by an audit too.
            guard !path.hasSuffix("-shm"), !path.hasSuffix("-wal") else { continue }
            let attributes = try FileManager.default.attributesOfItem(atPath: "\(folder)/\(path)")
            guard attributes[.type] as? FileAttributeType == .typeRegular else {
                result[path] = "folder"
                continue
            }
            let date = attributes[.modificationDate] as? Date
            result[path] = "\(try Digest.file("\(folder)/\(path)")) \(date?.timeIntervalSince1970 ?? 0)"
        }
        return result
    }

    private func expectWhole(
        _ report: SelfTestReport, without omitted: Set<Kind> = [], location: SourceLocation = #_sourceLocation
    ) {
        let wrong = report.results.filter { !$0.isRight }
        #expect(report.isWhole, "\(wrong)", sourceLocation: location)
        let made = Set(report.results.map(\.mutant))
        let omitted = omitted.union(Self.ofOtherRuns)
        for kind in Kind.allCases where kind != .instructionSet || ISA.supported.count > 1 {
            #expect(made.contains(kind.rawValue) != omitted.contains(kind), "\(kind)", sourceLocation: location)
            // What is not made is named, with the reason.
            let omissions = report.omissions.filter { $0.mutant == kind.rawValue }
            #expect(
                !omitted.contains(kind) || !omissions.isEmpty && omissions.allSatisfy { !$0.reason.isEmpty },
                "\(kind)", sourceLocation: location)
        }
        for result in report.results {
            let isHarmless = SelfTestTests.harmless.map(\.rawValue).contains(result.mutant)
            #expect(isHarmless == (result.expected == .reproduced), "\(result)", sourceLocation: location)
            #expect(isHarmless || result.place?.isEmpty == false, "\(result)", sourceLocation: location)
        }
    }

    @Test func everyKindIsNamed() {
        #expect(Set(SelfTestTests.mustBeCaught + SelfTestTests.harmless) == Set(Kind.allCases))
        let names: Set = [
            "recipe", "seed", "stream counter", "data order", "caption", "label", "latent", "weight bit",
            "optimiser moment", "golden row", "chain link", "checkpoint", "schedule entry", "worker count",
            "instruction set",
        ]
        #expect(names.isSubset(of: Kind.allCases.map(\.rawValue)))
    }

    /// With all that a run can leave behind; nothing of it is touched.
    @Test func everyMutantOfAWholeRunIsCaught() throws {
        try RecordedRun.with({ runs, _ in try runs.smpo(steps: 4, more: "record: {checkpoint_every: 2}") }) { run in
            try run.promote()
            try run.writeModel()
            try run.record(try run.runs.base(), as: "another")
            let before = try contents(run.workspace.root)
            let report = try test(run)
            expectWhole(report)
            // A model with one text encoder has no pooled text.
            let others = Self.ofOtherRuns.union([.instructionSet, .textState]).map(\.rawValue)
            #expect(report.omissions.allSatisfy { others.contains($0.mutant) }, "\(report.omissions)")
            #expect(report.unchanged.segment?.steps == 3...3 && report.unchanged.segment?.checkpoint == 2)
            #expect(try contents(run.workspace.root) == before)
            let json = JSONCursor(report.json, name: "report")
            #expect(try json["schema"].int() == 1 && json["whole"].bool())
            #expect(try json["mutants"].elements().count == report.results.count)
        }
    }

    /// Lanes with another's item, exchanged, and added in another order; of three lanes the tree is the ascending order.
    @Test(arguments: ["dpo", "pickscore"], [3, 4]) func everyMutantOfLanesIsCaught(kind: String, lanes: Int) throws {
        try RecordedRun.with { run in
            let recipe = try kind == "dpo" ? run.runs.recipe("name: dpo") : run.runs.pickscore(steps: 2)
            try run.record(recipe, ["training.pairs_per_step=5", "training.lanes=\(lanes)"], as: "lanes")
            let report = try SelfTest(workspace: run.workspace, engine: run.engine).run("lanes")
            let found = report.results.filter { $0.mutant == Kind.lane.rawValue }
            #expect(report.isWhole && found.count == (lanes == 3 ? 2 : 3), "\(report.results.filter { !$0.isRight })")
            #expect(found.allSatisfy { $0.place?.hasPrefix("step 1, gradient") == true }, "\(found)")
            #expect(report.omissions.contains { $0.mutant == Kind.lane.rawValue } == (lanes == 3))
        }
    }

    /// As in a fresh clone: there is no ledger, so what only a ledger has cannot be changed.
    @Test func everyMutantOfAGoldenRunIsCaught() throws {
        try RecordedRun.with { run in
            try run.promote()
            try run.removeLedger()
            let report = try test(run)
            expectWhole(report, without: [.ledgerRow, .checkpoint, .modelFile])
            #expect(report.unchanged.segment?.steps == 1...2 && report.unchanged.segment?.checkpoint == 0)
            let moment = try #require(report.results.first { $0.mutant == Kind.optimiserMoment.rawValue })
            #expect(moment.place == "step 2, update: optimizer")
            #expect(report.omissions.filter { $0.mutant == Kind.latent.rawValue }.count == 2)
        }
    }

    /// A base model: no labels, the captions' encoder trained too, an average beside the weights; only the last state
    /// stored. One step has no moments before it.
    @Test(arguments: [1, 3]) func everyMutantOfABaseRunIsCaught(steps: Int) throws {
        try RecordedRun.with({ runs, _ in try runs.base(steps: steps) }) { run in
            let report = try test(run)
            expectWhole(
                report,
                without:
                    steps == 1
                    ? [.label, .textState, .goldenRow, .modelFile, .optimiserMoment]
                    : [.label, .textState, .goldenRow, .modelFile])
        }
    }

    // MARK: Shares

    /// The reports of shares together are the report of all, in whatever number of shares; what one of them lacks, or has
    /// twice, or got of another run, is no report.
    @Test func sharesComeToTheWhole() throws {
        try RecordedRun.with { run in
            let test = SelfTest(workspace: run.workspace, engine: run.engine)
            let whole = try test.run("run-1")
            let shares = try (1...3).map { try test.run("run-1", SelfTestShare($0, of: 3)!).json }
            func together(_ shares: [JSONValue]) throws -> SelfTestReport {
                try SelfTestReport(shares: shares.map { JSONCursor($0, name: "report") }, run: "run-1")
            }
            #expect(try together(shares).json == whole.json)
            #expect(throws: JSONShapeError.self) { try together([shares[0], shares[2], shares[1]]) }
            #expect(throws: JSONShapeError.self) { try together([shares[0], shares[1]]) }
            for (member, change) in [
                ("mutants", { $0.dropLast() }), ("mutants", { $0 + $0.prefix(1) }), ("not_made", { _ in [] }),
            ] as [(String, ([JSONValue]) -> [JSONValue])] {
                var changed = shares
                let own = try JSONCursor(shares[1], name: "report")[member].elements().compactMap(\.value)
                guard change(own) != own else { continue }
                guard case .object(var object) = changed[1] else { continue }
                object[member] = .array(change(own))
                changed[1] = .object(object)
                #expect(throws: JSONShapeError.self, "\(member)") { try together(changed) }
            }
        }
    }

    // MARK: The score can fall

    private func test(_ run: RecordedRun, _ mutants: [SelfTestMutant]) throws -> SelfTestReport {
        try SelfTest(workspace: run.workspace, engine: run.engine).run("run-1") { _, _ in mutants }
    }

    /// A fault that does nothing is an audit that sees nothing.
    @Test func aMutantThatIsNotCaughtCosts() throws {
        try RecordedRun.with { run in
            let expected = SelfTestMutant.Expectation.diverged(step: 1, phases: .batch ... .weights)
            let report = try test(
                run,
                [
                    SelfTestMutant(.weightBit, "none", expected, steps: 1...1, .fault(Fault(step: 1) { _ in })),
                    SelfTestMutant(
                        .label, "none", expected, steps: 1...1, .fault(Fault(step: 1) { batch, _ in batch })),
                    SelfTestMutant(.goldenRow, "none", .tampered, steps: 1...1, .evidence { _ in }),
                    SelfTestMutant(.checkpoint, "none", .tampered, steps: 1...1, .verification { _ in }),
                ])
            #expect(!report.isWhole && report.results.count == 4 && report.results.allSatisfy { !$0.isRight })
            #expect(report.score == "0 of 4 mutants caught, 0 of 0 harmless changes passed, 0 not made")
        }
    }

    /// The right verdict for the wrong place is no catch, and a harmless change that is reported is none either.
    @Test func aMutantThatIsCaughtElsewhereCosts() throws {
        try RecordedRun.with { run in
            let weight = Fault(step: 2) { (session: TrainingSession) in
                let value = session.trainer.model.parameters[0].parameter.valueForUpdate()
                value.hostValues[0] += 1
            }
            func mutant(_ expectation: SelfTestMutant.Expectation) -> SelfTestMutant {
                SelfTestMutant(.weightBit, "one weight", expectation, steps: 1...2, .fault(weight))
            }
            let report = try test(
                run,
                [
                    mutant(.diverged(step: 2, phases: .inversion ... .policy)),
                    mutant(.diverged(step: 1, phases: .inversion ... .policy)),
                    mutant(.diverged(step: 2, phases: .loss ... .weights)), mutant(.tampered), mutant(.reproduced),
                ])
            #expect(report.results.map(\.isRight) == [true, false, false, false, false])
            #expect(report.score == "1 of 4 mutants caught, 0 of 1 harmless changes passed, 0 not made")
        }
    }

    @Test func nothingIsTestedOnARunThatDoesNotPass() throws {
        try RecordedRun.with { run in
            let wrong = WrongKernel("attention", 0, in: "policy", element: 0)
            run.engine.observer = wrong
            let report = try test(run)
            run.engine.observer = nil
            #expect(report.unchanged.verdict == .diverged && !report.isWhole && report.results.isEmpty)
            try run.removeLedger()
            #expect(try test(run).unchanged.verdict == .incomparable)
            try run.replace("\"seed\": 11", "\"seed\": 12", in: run.workspace.manifest("run-1"))
            #expect(try test(run).unchanged.verdict == .tampered)
            #expect(throws: Run.UnknownRun.self) {
                try SelfTest(workspace: run.workspace, engine: run.engine).run("run-7")
            }
        }
    }
}
