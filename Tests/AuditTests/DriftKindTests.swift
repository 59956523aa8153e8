import Audit
import Comparison
import Core
import Ledger
import Testing

/// What kind of change the steps of a replay speak of.
@Suite struct DriftKindTests {
    /// A step whose phases have ten things each, of which `differing` differ.
    private func step(_ number: Int, _ differing: [Phase: Int], median: UInt64? = 3) -> StepDrift {
        StepDrift(
            step: number,
            phases: Phase.allCases.map { .init(name: $0.rawValue, total: 10, differing: differing[$0] ?? 0) },
            layers: [], loss: nil, furthest: nil, median: median)
    }

    private func all(from phase: Phase, _ count: Int = 10) -> [Phase: Int] {
        Dictionary(uniqueKeysWithValues: Phase.allCases.filter { $0 >= phase }.map { ($0, count) })
    }

    @Test func equalStepsAreOfNoKind() {
        #expect(DriftKind([]) == nil && DriftKind([step(1, [:]), step(2, [:])]) == nil)
    }

    /// Every pass moved by the last bits, most of what it gives; where there is no inversion by the network, too.
    @Test func otherArithmeticMovesEverythingALittle() {
        let whole = all(from: .inversion)
        #expect(DriftKind([step(1, whole)]) == .arithmetic)
        let noised = whole.filter { $0.key != .inversion && $0.key != .target }
        #expect(DriftKind([step(1, noised)]) == .arithmetic)
        // By more than the last bits, or only some samples.
        #expect(DriftKind([step(1, whole, median: 1 << 20)]) == .phase(.inversion))
        #expect(DriftKind([step(1, all(from: .inversion, 2))]) == .phase(.inversion))
        #expect(DriftKind([step(1, noised, median: 1 << 20)]) == .code)
        // The reference is computed by the same network: if it did not move, the arithmetic did not.
        #expect(DriftKind([step(1, noised.filter { $0.key != .reference })]) == .phase(.policy))
    }

    @Test(arguments: Phase.allCases.filter { ![.reference, .policy, .inversion].contains($0) })
    func oneRootIsAPhase(phase: Phase) {
        // A batch moves no timesteps, a target no predictions.
        let others: [Phase: Set<Phase>] = [.batch: [.timestep], .target: [.reference, .policy]]
        let differing = all(from: phase).filter { !(others[phase]?.contains($0.key) ?? false) }
        #expect(DriftKind([step(1, differing)]) == .phase(phase))
        #expect(DriftKind([step(1, [:]), step(2, differing)]) == .step(2, phase))
        #expect(DriftKind([step(1, [phase: 1])]) == .phase(phase))
    }

    @Test func severalRootsAreCode() {
        #expect(DriftKind([step(1, all(from: .batch))]) == .code)
        #expect(DriftKind([step(1, [.target: 10, .policy: 10])]) == .code)
        #expect(DriftKind([step(1, [:]), step(2, [:]), step(3, all(from: .batch))]) == .step(3, nil))
    }

    /// What follows tells nothing: only the first step that differs counts.
    @Test func laterStepsDoNotMatter() {
        #expect(DriftKind([step(1, [.update: 1, .weights: 4]), step(2, all(from: .batch))]) == .phase(.update))
    }

    @Test func wordsNamePhaseAndStep() {
        #expect(DriftKind.arithmetic.word == "arithmetic" && DriftKind.phase(.loss).word == "phase loss")
        #expect(DriftKind.step(7, nil).word == "step 7" && DriftKind.step(2, .weights).word == "step 2, phase weights")
        #expect(DriftKind.step(2, nil).meaning.hasPrefix("the first step is equal"))
        #expect(DriftKind.step(9, .loss).meaning.hasPrefix("the first 8 steps are equal"))
    }

    /// Inputs that differ come before all that follows from them.
    @Test func otherInputsAreNamed() throws {
        var drift = Drift(run: "r")
        drift.steps = [step(1, all(from: .inversion))]
        #expect(drift.kind == .arithmetic)
        drift.inputs = DocumentDifference.all(["digests": ["data": "1"]], ["digests": ["data": "2"]])
        #expect(drift.kind == .inputs)
        drift.inputs += DocumentDifference.all(["recipe": ["lr": 1]], ["recipe": ["lr": 2]])
        #expect(drift.kind == .recipe)
        #expect(try JSONCursor(drift.json, name: "d")["kind"]["word"].string() == "recipe")
        #expect(try JSONCursor(drift.json, name: "d")["inputs"][1]["path"].string() == "recipe.lr")
    }

    @Test func aStepReadsBackFromItsJSON() throws {
        let step = StepDrift(
            step: 4, phases: [.init(name: "loss", total: 9, differing: 2)],
            layers: [.init(name: "unet/mid_block attention", total: 8, differing: 8)],
            loss: .init(recorded: 0x3f80_0000, found: 0x3f80_0001),
            furthest: .init(name: "loss 0001.inside", ulp: .max),
            median: 12)
        #expect(try StepDrift(json: JSONCursor(step.json, name: "step")) == step)
        #expect(step.loss?.ulp == 1)
        let bare = StepDrift(step: 1, phases: [], layers: [], loss: nil, furthest: nil)
        #expect(try StepDrift(json: JSONCursor(bare.json, name: "step")) == bare && bare.isEqual)
    }
}
