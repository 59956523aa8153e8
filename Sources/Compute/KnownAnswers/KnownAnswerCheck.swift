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

    /// Asks `engine` for the answers of `contract`, and a device for the trials; or for `answers` and `trials` alone.
    package init(
        _ contract: Contract, _ answers: [KnownAnswer]? = nil, trials: [DeviceTrial]? = nil, on engine: Engine
    ) {
        let trials = trials ?? (answers == nil && !engine.isOnHost ? DeviceTrial.all : [])
        let answers = answers ?? (engine.isOnHost ? KnownAnswer.all(contract) : KnownAnswer.operations(contract))
        self.contract = contract
        (isa, workers) = (engine.isa, engine.pool.workers)
        asked = answers.count + trials.count
        let reference = trials.isEmpty ? nil : Engine(isa: engine.isa, workers: engine.pool.workers)
        defer { reference?.stop() }
        mismatches =
            answers.compactMap { $0.mismatch(on: engine) }
            + trials.compactMap { trial in
                trial.mismatch(on: engine, beside: reference!).map {
                    KnownAnswer.Mismatch(name: trial.name, expected: "the CPU's bits", found: $0)
                }
            }
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
