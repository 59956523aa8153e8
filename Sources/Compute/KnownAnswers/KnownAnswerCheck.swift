import Core

/// Which known answers of a contract one instruction set gives with one number of workers.
package struct KnownAnswerCheck: Sendable {
    /// The contract.
    package let contract: Contract
    /// The instruction set.
    package let isa: ISA
    /// The number of workers.
    package let workers: Int
    /// How many answers were asked for.
    package let asked: Int
    /// Those that were not the known ones.
    package let mismatches: [KnownAnswer.Mismatch]

    /// How many answers were the known ones.
    package var kept: Int { asked - mismatches.count }

    /// Asks for the answers of `contract`, or for `answers` of them, on every one of `isas` with every number of `workers`.
    package static func run(
        _ contract: Contract, _ answers: [KnownAnswer]? = nil, isas: [ISA] = ISA.supported,
        workers: [Int] = KnownAnswer.workerCounts
    ) -> [KnownAnswerCheck] {
        let answers = answers ?? KnownAnswer.all(contract)
        return isas.flatMap { isa in
            workers.map { workers in
                let engine = Engine(isa: isa, workers: workers)
                defer { engine.stop() }
                return KnownAnswerCheck(
                    contract: contract, isa: isa, workers: workers, asked: answers.count,
                    mismatches: answers.compactMap { $0.mismatch(on: engine) })
            }
        }
    }
}
