import Core

/// Which known answers of a contract one instruction set gives with one number of workers, or a device does.
package struct KnownAnswerCheck: Sendable {
    /// The contract.
    package let contract: Contract
    /// The instruction set; on a device, that of the host beside it.
    package let isa: ISA
    /// The number of workers.
    package let workers: Int
    /// How many answers were asked for.
    package let asked: Int
    /// Those that were not the known ones.
    package let mismatches: [KnownAnswer.Mismatch]

    /// How many answers were the known ones.
    package var kept: Int { asked - mismatches.count }

    /// Asks `engine` for the answers of `contract`, or for `answers` of them.
    package init(_ contract: Contract, _ answers: [KnownAnswer]? = nil, on engine: Engine) {
        let answers = answers ?? (engine.isOnHost ? KnownAnswer.all(contract) : KnownAnswer.operations(contract))
        self.contract = contract
        (isa, workers) = (engine.isa, engine.pool.workers)
        asked = answers.count
        mismatches = answers.compactMap { $0.mismatch(on: engine) }
    }

    /// Asks for the answers of `contract`, or for `answers` of them, on every one of `isas` with every number of `workers`.
    package static func run(
        _ contract: Contract, _ answers: [KnownAnswer]? = nil, isas: [ISA] = ISA.supported,
        workers: [Int] = KnownAnswer.workerCounts
    ) -> [KnownAnswerCheck] {
        isas.flatMap { isa in
            workers.map { workers in
                let engine = Engine(isa: isa, workers: workers)
                defer { engine.stop() }
                return KnownAnswerCheck(contract, answers, on: engine)
            }
        }
    }
}
