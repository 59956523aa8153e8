import Compute
import Core
import ForwardingRank
import Foundation
import Ledger
import Ranks
import SeparateDevice
import Synchronization
import Testing
import TinyRuns

@testable import Training

/// Runs over ranks come to the bits of one process, in all that is recorded.
@Suite struct RankedRunTests {
    /// A recipe, and its overrides.
    private func recipe(_ kind: String, _ runs: TinyRuns) throws -> (path: String, overrides: [String]) {
        switch kind {
        case "pickscore": return (try runs.pickscore(), ["training.lanes=3"])
        case "lora":
            let more = "lora: {rank: 2, targets: [to_q, conv2]}\nrecord: {gradients: true}"
            return (
                try runs.recipe("name: dpo", steps: 3, more: more),
                ["training.lanes=5", "training.pairs_per_step=5"]
            )
        case "adafactor":
            return (
                try runs.recipe(
                    "name: smpo", steps: 3, more: "inversion: {steps: 2}", optimizer: ", name: adafactor",
                    training: ", ema: 0.9"),
                ["training.lanes=4", "training.pairs_per_step=5"]
            )
        case "average":
            return (
                try runs.recipe(
                    "name: kto", steps: 3, more: "record: {checkpoint_every: 1, gradients: true}",
                    training: ", ema: 0.9, reference_ema: 0.5"),
                ["training.lanes=2", "training.pairs_per_step=4", "training.micro_pairs=1"]
            )
        default: return (try runs.recipe(kind), ["training.lanes=3", "training.pairs_per_step=4"])
        }
    }

    @Test(arguments: [
        "name: smpo", "name: kto, kl: mismatched", "name: sft", "pickscore", "lora", "adafactor", "average",
    ])
    func everyNumberOfRanksComesToTheRecordOfOneProcess(kind: String) throws {
        try RunSupport.withRuns { runs in
            let (recipe, overrides) = try recipe(kind, runs)
            let alone = try RunSupport.withSession(recipe, overrides) {
                try RunSupport.record($0, in: runs.path("alone"))
            }
            let objects = try RankedRuns.objects(in: runs.path("alone"))
            #expect(!objects.isEmpty)
            for ranks in 1...5 {
                let folder = runs.path("ranks-\(ranks)")
                let manifest = try #require(try RankedRuns.record(recipe, overrides, ranks: ranks, in: folder))
                #expect(manifest.outcome == alone.outcome, "\(ranks) ranks")
                #expect(try RankedRuns.objects(in: folder) == objects, "\(ranks) ranks")
                let store = try Workspace(root: folder).openLedger()
                #expect(
                    try store.verify("run-1", objects: Workspace(root: folder).objects).chain.count
                        == alone.outcome?.steps)
            }
        }
    }

    /// Stopped by any rank, taken up by more, fewer or one: the state went to the first rank, and comes from it.
    @Test(arguments: ["adafactor", "average"]) func aRunIsTakenUpByAnotherNumberOfRanks(kind: String) throws {
        try RunSupport.withRuns { runs in
            let (recipe, overrides) = try recipe(kind, runs)
            let whole = try RunSupport.withSession(recipe, overrides) {
                try RunSupport.record($0, in: runs.path("alone"))
            }
            for (first, second) in [(2, 3), (3, 1), (1, 4), (5, 2)] {
                let folder = runs.path("\(first)-\(second)")
                #expect(try RankedRuns.record(recipe, overrides, ranks: first, in: folder, stop: 2) == nil)
                let store = try Workspace(root: folder).openLedger()
                #expect(try store.run("run-1").state == .interrupted)
                #expect(try store.verify("run-1").chain.count == 2)
                let manifest = try RankedRuns.record(recipe, overrides, ranks: second, in: folder, resuming: true)
                #expect(manifest?.result == whole.result, "\(first) ranks, then \(second)")
                // Of a finished run the manifest is written again, by any number of ranks.
                #expect(try RankedRuns.record(recipe, overrides, ranks: 2, in: folder, resuming: true) == manifest)
            }
        }
    }

    /// Ranks may compute on devices with memories of their own, or some of them.
    @Test func ranksMayHaveDevices() throws {
        try RunSupport.withRuns { runs in
            let (recipe, overrides) = try recipe("average", runs)
            let alone = try RunSupport.withSession(recipe, overrides) {
                try RunSupport.record($0, in: runs.path("alone"))
            }
            let folder = runs.path("ranks")
            @Sendable func device(_ host: Engine) -> Engine { Engine(device: SeparateDevice(host.device)) }
            #expect(try RankedRuns.record(recipe, overrides, ranks: 2, in: folder, stop: 1, on: device) == nil)
            let taken = Mutex(0)
            // Of three ranks one has a device.
            let manifest = try RankedRuns.record(
                recipe, overrides, ranks: 3, in: folder, resuming: true,
                on: { host in
                    taken.withLock {
                        $0 += 1
                        return $0 == 1 ? device(host) : host
                    }
                })
            #expect(manifest?.result == alone.result)
        }
    }

    /// A number that runs away ends all ranks with the error of one process.
    @Test(arguments: [1, 2, 3]) func theErrorIsThatOfOneProcess(ranks: Int) throws {
        try RunSupport.withRuns { runs in
            let recipe = try runs.recipe("name: dpo")
            let overrides = ["training.lanes=3", "optimizer.lr=1e38", "training.steps=5"]
            let alone = try #require(throws: TrainingError.self) {
                try RunSupport.withSession(recipe, overrides) { try RunSupport.record($0, in: runs.path("alone")) }
            }
            let ends = RankedRuns.outcomes(recipe, overrides, ranks: ranks, in: runs.path("ranks"))
            let errors = ends.map { end in #expect(throws: (any Error).self) { try end.result.get() } }
            #expect(errors.contains { $0 is TrainingError && "\($0!)" == "\(alone)" })
            for error in errors {
                guard let error, !(error is TrainingError) else { continue }
                #expect("\(error)".hasSuffix(": \(alone)"), "\(error)")
            }
            let store = try Workspace(root: runs.path("ranks")).openLedger()
            #expect(try store.run("run-1").state == .interrupted)
        }
    }

    /// A rank whose data are others is named before the first step.
    @Test func aRankWithOtherInputsIsNamed() throws {
        try RunSupport.withRuns { runs in
            let recipe = try runs.recipe("name: dpo")
            let ends = ThreadRanks.outcomes(3, limit: .seconds(60)) { group in
                let engine = Engine(workers: 1)
                defer { engine.stop() }
                let ranks = TrainingRanks(group)
                let overrides = ["training.lanes=3", "data.seed=\(group.rank == 1 ? 4 : 3)"]
                _ = try ranks.opened {
                    try TrainingSession(
                        recipe: try Recipe.read(path: recipe, overrides: overrides), engine: engine, ranks: ranks)
                }
            }
            for end in ends {
                let error = #expect(throws: RankError.self) { try end.result.get() }
                #expect("\(error!)".hasPrefix("the digest of data: expected "))
                #expect("\(error!)".hasSuffix(" on rank 1 (host thread-1)"))
            }
        }
    }

    /// Weights that change on their way are noticed in the step, with the rank that has others.
    @Test(arguments: [1, 2]) func aFlippedBitOnTheWayIsNoticed(victim: Int) throws {
        try RunSupport.withRuns { runs in
            let recipe = try runs.recipe("name: dpo", steps: 2)
            let ends = RankedRuns.outcomes(
                recipe, ["training.lanes=3"], ranks: 3, in: runs.path("ranks"),
                through: { $0.rank == victim ? flipping($0) : $0 })
            let error = #expect(throws: RankError.self) { try ends[0].result.get() }
            guard case .different(let what, victim, _, _, _)? = error else {
                Issue.record("\(error.map { "\($0)" } ?? "no error")")
                return
            }
            #expect(what.hasPrefix("step 1, phase weights, weights, "))
            #expect(try Workspace(root: runs.path("ranks")).openLedger().verify("run-1").chain.count == 0)
        }
    }
}

/// Flips a bit of the first large thing that arrives while weights go round.
@Sendable private func flipping(_ group: any RankGroup) -> any RankGroup {
    var isDone = false
    return ForwardingRank(group) { group, sendings, receivings in
        try group.exchange(sendings, receivings)
        guard !isDone, group.place.hasSuffix("phase weights"),
            let bytes = receivings.first(where: { $0.bytes.count > 64 })?.bytes
        else { return }
        isDone = true
        bytes[17] ^= 4
    }
}
