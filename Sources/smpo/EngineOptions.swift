import ArgumentParser
import Compute
import Foundation

/// The options of the engine; on the reference backend none of them changes a bit.
struct EngineOptions: ParsableArguments {
    @Option(
        help: "Instruction set: \(ISA.allCases.map(\.rawValue).joined(separator: ", ")) (default: the widest here).")
    var isa: String?

    @Option(help: "Worker threads (default: the number of cores).")
    var workers: Int?

    func validate() throws {
        if let isa {
            guard let set = ISA(rawValue: isa) else {
                throw ValidationError(
                    "unknown instruction set \"\(isa)\"; expected one of \(ISA.allCases.map(\.rawValue))")
            }
            guard set.isSupported else { throw ValidationError("this CPU does not support \(isa)") }
        }
        if let workers, workers < 1 || workers > 256 {
            throw ValidationError("--workers must be between 1 and 256, found \(workers)")
        }
    }

    /// The number of worker threads.
    var workerCount: Int { workers ?? ProcessInfo.processInfo.activeProcessorCount }

    /// The engine, after a check of the float environment.
    func engine() throws -> Engine {
        try FloatEnvironment.check()
        return Engine(
            isa: isa.flatMap(ISA.init) ?? .best, workers: workerCount)
    }
}
