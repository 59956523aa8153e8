/// Which known answers one instruction set gives with one number of workers.
package struct KnownAnswerCheck: Sendable {
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

    /// Asks for `answers` on every one of `isas` with every number of `workers`.
    package static func run(
        _ answers: [KnownAnswer] = KnownAnswer.all, isas: [ISA] = ISA.supported,
        workers: [Int] = KnownAnswer.workerCounts
    ) -> [KnownAnswerCheck] {
        isas.flatMap { isa in
            workers.map { workers in
                let engine = Engine(isa: isa, workers: workers)
                defer { engine.stop() }
                return KnownAnswerCheck(
                    isa: isa, workers: workers, asked: answers.count,
                    mismatches: answers.compactMap { $0.mismatch(on: engine) })
            }
        }
    }
}
