import Compute
import Core
import Ledger
import Testing
import TinyRuns

@testable import Training

/// What may change speed and memory changes no bit of a recorded run.
@Suite struct InvarianceTests {
    @Test(arguments: ["smpo", "base"])
    func theChainHeadIsTheSameOnEveryInstructionSetAndWorkerCount(kind: String) throws {
        try RunSupport.withRuns { runs in
            let recipe = try kind == "smpo" ? runs.smpo() : runs.base()
            var heads: [String: Digest] = [:]
            for isa in ISA.supported {
                for workers in 1...3 {
                    let folder = runs.path("\(isa)-\(workers)")
                    heads["\(isa) × \(workers)"] = try RunSupport.withSession(recipe, isa: isa, workers: workers) {
                        try RunSupport.record($0, in: folder).outcome?.chainHead
                    }
                }
            }
            #expect(heads.count == 3 * ISA.supported.count)
            #expect(Set(heads.values).count == 1, "\(heads)")
        }
    }

    /// The recipe stands in the manifest, so the heads differ; every record is equal.
    @Test(arguments: ["smpo", "base"])
    func microBatchesAndRecomputationChangeNoRecord(kind: String) throws {
        try RunSupport.withRuns { runs in
            let recipe = try kind == "smpo" ? runs.smpo(steps: 2) : runs.base()
            let plain = try RunSupport.withSession(recipe) { try RunSupport.records($0) }
            for override in ["training.micro_pairs=1", "training.micro_pairs=2", "training.recompute=true"] {
                let records = try RunSupport.withSession(recipe, [override]) { try RunSupport.records($0) }
                #expect(records == plain, "\(override)")
            }
        }
    }

    /// The comparisons above would also hold for records that say nothing.
    @Test func otherSeedsAndRatesGiveOtherRecords() throws {
        try RunSupport.withRuns { runs in
            let recipe = try runs.smpo(steps: 2)
            let plain = try RunSupport.withSession(recipe) { try RunSupport.records($0) }
            let seed = try RunSupport.withSession(recipe, ["seed=12"]) { try RunSupport.records($0) }
            #expect(seed[0][.timestep] != plain[0][.timestep])
            let rate = try RunSupport.withSession(recipe, ["optimizer.lr=1.0000001e-3"]) {
                try RunSupport.records($0)
            }
            #expect(rate[0][.gradient] == plain[0][.gradient])
            #expect(rate[0][.weights] != plain[0][.weights])
            #expect(plain[0].phases.map(\.phase) == Phase.allCases)
        }
    }
}
