import Compute
import Core
import Diffusion
import Foundation
import Ledger
import Testing
import TinyRuns

@testable import Training

/// Runs that train adapters: what changes, what does not, and that nothing else than the recipe makes their bits.
@Suite struct LoRARunTests {
    private static let lora = "lora: {rank: 2, alpha: 3, targets: [to_q, to_out.0, conv2]}"

    private func recipe(
        _ runs: TinyRuns, _ objective: String = "name: dpo", lora: String = lora, training: String = ""
    ) throws -> String {
        let inverts = ["smpo", "inpo"].contains { objective.contains($0) }
        return try runs.recipe(
            objective, steps: 3, more: lora + (inverts ? "\ninversion: {steps: 2}" : ""), training: training)
    }

    @Test(arguments: ["name: dpo", "name: smpo", "name: kto, positive_ratio: 0.5", "name: sft"])
    func theRecordsAreTheSameHoweverTheyAreComputed(objective: String) throws {
        try RunSupport.withRuns { runs in
            let recipe = try self.recipe(runs, objective)
            let plain = try RunSupport.recordsHoweverComputed(recipe)
            #expect(Set(plain.map { "\(String(describing: $0[.weights]))" }).count == 3)
        }
    }

    /// Before the first update the policy is its reference: every loss is ln 2. After it they differ, and the
    /// reference is still what it was.
    @Test func theReferenceIsThePolicyWithoutAdapters() throws {
        try RunSupport.withRuns { runs in
            let without = try RunSupport.withSession(recipe(runs, lora: "")) { try $0.step(observer: nil) }
            try RunSupport.withSession(recipe(runs)) { session in
                let collector = PhaseCollector()
                let first = try session.step(observer: collector)
                #expect(first.items.allSatisfy { $0 == Float(0.6931472) })
                #expect(first.loss == without.loss)
                let policy = try #require(collector.tensors[.policy]),
                    reference = try #require(collector.tensors[.reference])
                #expect(policy.map(\.floats) == reference.map(\.floats) && policy.count == 6)
                let second = PhaseCollector()
                #expect(try session.step(observer: second).items.contains { $0 != Float(0.6931472) })
                let later = try #require(second.tensors[.policy]), still = try #require(second.tensors[.reference])
                #expect(zip(later, still).allSatisfy { $0.floats != $1.floats })
                // A new session's reference computes the same from the step's latents.
                let other = try TrainingSession(recipe: session.recipe, engine: session.trainer.model.engine)
                let third = PhaseCollector()
                _ = try other.trainer.computeGradients(try other.batches.batch(2), observer: third)
                #expect(third.tensors[.reference]?.map(\.floats) == still.map(\.floats))
            }
        }
    }

    /// Only A and B are trained, recorded and averaged; the weights keep their bits, their storage, and have no
    /// gradient.
    @Test func onlyAdaptersAreTrained() throws {
        try RunSupport.withRuns { runs in
            try RunSupport.withSession(recipe(runs, training: ", ema: 0.9")) { session in
                let (trained, network) = (
                    session.trainer.model.parameters, try #require(session.model.diffusionModel).unet
                )
                #expect(trained.count == 2 * network.adapters.count && network.adapters.count > 10)
                #expect(
                    trained.allSatisfy {
                        $0.name.hasPrefix("unet/")
                            && ($0.name.hasSuffix(".lora_A.weight") || $0.name.hasSuffix(".lora_B.weight"))
                    })
                #expect(network.parameters.allSatisfy { !$0.isTrainable })
                let before = network.parameters.map(\.value)
                let bits = before.map { $0.floats.map(\.bitPattern) }
                let adapters = trained.map { $0.parameter.value.floats }
                _ = try session.trainer.computeGradients(try session.batches.batch(1))
                #expect(network.parameters.allSatisfy { $0.gradient == nil })
                // B is zero at first, so A's gradient is too; B's is not.
                for (name, parameter) in trained where name.hasSuffix("lora_B.weight") {
                    #expect(parameter.gradient?.floats.contains { $0 != 0 } == true, "\(name)")
                }
                _ = try session.trainer.applyGradients()
                for _ in 0..<2 { _ = try session.step(observer: nil) }
                for (parameter, old) in zip(network.parameters, before) {
                    #expect(parameter.value.storage === old.storage)
                }
                #expect(network.parameters.map { $0.value.floats.map(\.bitPattern) } == bits)
                let reference = try #require(session.trainer.task.denoising?.model.reference)
                for (own, other) in zip(network.parameters, reference.parameters) {
                    #expect(own.value.storage === other.value.storage)
                }
                #expect(reference.adapters.isEmpty)
                #expect(zip(trained, adapters).allSatisfy { $0.parameter.value.floats != $1 })
                #expect(session.trainer.average?.tensors.map(\.name) == trained.map(\.name))
                #expect((session.trainer.optimizer as? AdamW)?.moments.map(\.name) == trained.map(\.name))
            }
        }
    }

    /// Rank, α, targets and seed make another run; the run's seed is A's where no other is given.
    @Test func everyKeyCounts() throws {
        try RunSupport.withRuns { runs in
            func head(_ lora: String) throws -> Digest {
                try RunSupport.withSession(recipe(runs, lora: "lora: {\(lora)}")) {
                    _ = try RunSupport.records($0)
                    return try $0.trainer.weightsDigest()
                }
            }
            let heads = try [
                "rank: 2", "rank: 3", "rank: 2, alpha: 1", "rank: 2, targets: [to_q]", "rank: 2, init_seed: 1",
            ]
            .map(head)
            #expect(Set(heads).count == heads.count)
            #expect(
                try head("rank: 2, alpha: 2, init_seed: 14, targets: [to_k, to_q, to_v, to_out.0]") == heads[0])
        }
    }

    @Test(arguments: [(every: 2, stop: 3), (every: 0, stop: 1)])
    func aRunIsTakenUp(every: Int, stop: Int) throws {
        try RunSupport.withRuns { runs in
            let recipe = try runs.smpo(
                steps: 4, more: "record: {checkpoint_every: \(every)}\n\(Self.lora)", training: ", ema: 0.99")
            let whole = try RunSupport.withSession(recipe) { try RunSupport.record($0, in: runs.path("whole")) }
            let folder = runs.path("parts")
            try RunSupport.recordInterrupted(recipe, in: folder, after: stop)
            #expect(try RunSupport.takeUp(recipe, in: folder).result == whole.result)
        }
    }

    /// A's numbers, B's gradients and moments are planned; a second set of weights is not.
    @Test func memoryIsPlanned() throws {
        try RunSupport.withRuns { runs in
            let recipe = try Recipe.read(path: self.recipe(runs, training: ", ema: 0.9"))
            let plan = try MemoryPlan(recipe, workers: 1)
            let count = try RunSupport.withSession(try self.recipe(runs)) {
                $0.trainer.model.parameters.reduce(0) { $0 + $1.parameter.value.count }
            }
            func row(_ name: String) throws -> MemoryPlan.Row {
                try #require(plan.rows.first { $0.name.hasPrefix(name) }, "\(plan.rows.map(\.name))")
            }
            #expect(try row("adapters").first == 4 * count && row("gradients").later == 4 * count)
            #expect(try row("AdamW moments").update == 8 * count && row("averaged weights").first == 4 * count)
            #expect(!plan.rows.contains { $0.name.hasPrefix("reference") })
            let weights = try Recipe.read(path: self.recipe(runs, lora: "", training: ", ema: 0.9"))
            let all = try MemoryPlan(weights, workers: 1)
            #expect(plan.total < all.total)
            // Frozen layers keep nothing for gradients that nobody asks for.
            let kept = { (plan: MemoryPlan) in plan.rows.first { $0.name.hasPrefix("activations kept") }?.first ?? 0 }
            #expect(kept(plan) < kept(all))
        }
    }

    @Test func aTargetThatNamesNoLayerIsRefusedBeforeTheModelIsLoaded() throws {
        try RunSupport.withRuns { runs in
            let recipe = try Recipe.read(path: self.recipe(runs, lora: "lora: {rank: 1, targets: [to_querry]}"))
            #expect(throws: (any Error).self) { try MemoryPlan(recipe, workers: 1) }
        }
    }
}

/// Keeps the tensors of a step by phases.
private final class PhaseCollector: StepObserver {
    var tensors: [Phase: [Tensor]] = [:]

    func observe(_ phase: Phase, _ entry: TraceEntry) {}

    func observe(_ key: RecordKey<RecordedTensor>, _ tensor: Tensor) {
        tensors[key.phase, default: []].append(tensor.copy())
    }
}
