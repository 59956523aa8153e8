import Compute
import Core
import Testing

/// One digest an operation over all instruction sets of this CPU × 1, 2, 3 and 7 workers, and over devices of other kinds. The digests are written down
/// in `KnownAnswer`, so debug and release builds and other machines are held to the same bits.
@Suite struct InvarianceTests {
    @Test(arguments: KnownAnswer.all(.ref1)) func oneDigest(_ answer: KnownAnswer) {
        let isOperation = KnownAnswer.operations(.ref1).contains { $0.name == answer.name }
        for engine in engines(workers: KnownAnswer.workerCounts) where engine.isOnHost || isOperation {
            let results = answer.results(on: engine)
            for tensor in results where tensor.dtype == .f32 { #expect(engine.firstNonFinite(tensor) == nil) }
            #expect(
                answer.mismatch(of: results) == nil, "\(engine.device), \(engine.isa), \(engine.pool.workers) workers")
            engine.stop()
        }
    }

    @Test func namesTellThemApart() {
        for contract in Contract.allCases {
            let names = KnownAnswer.all(contract).map(\.name)
            #expect(!names.isEmpty && Set(names).count == names.count)
        }
    }

    /// A digest that is not that of the results is noticed, and so is one changed bit of a result.
    @Test func aWrongAnswerIsNoticed() throws {
        let (engine, right) = (Engine(), KnownAnswer.all(.ref1)[0])
        let wrong = KnownAnswer(right.name, "0123456789abcdef") { right.results(on: $0) }
        let mismatch = try #require(wrong.mismatch(on: engine))
        #expect(mismatch.description == "matmul: expected 0123456789abcdef, found \(right.digest)")
        let altered = KnownAnswer(right.name, right.digest) { engine in
            let results = right.results(on: engine)
            results[1].hostValues[77] = results[1].hostValues[77].nextUp
            return results
        }
        #expect(altered.mismatch(on: engine)?.expected == right.digest)
    }
}
