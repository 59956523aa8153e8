import Compute
import Core
import Foundation
import Jobs

/// A configuration to be measured, in a process of its own: OpenBLAS chooses its kernels once, when it is loaded.
package struct CalibrationJob {
    /// The kernels to ask for by `OPENBLAS_CORETYPE`; nil for those the library chooses itself.
    let core: String?
    let threads: Int
    package let backend: Backend

    package init(core: String?, threads: Int, backend: Backend) {
        self.core = core
        self.threads = threads
        self.backend = backend
    }

    /// As people read it.
    package func title(ownCore: String) -> String {
        if backend == .reference { return "reference" }
        return "\(core ?? ownCore) × \(threads) thread\(threads == 1 ? "" : "s")"
    }

    package enum Outcome {
        case measured(BandMeasurement)
        case otherCore(String)
        case failed(String)
    }

    /// The measuring of the run in `folder`, whose chain head is `recorded`.
    package func job(_ folder: String, recorded: Digest) -> Job {
        let arguments = ["calibrate", "measure", folder, "--backend", backend.rawValue, "--workers", "\(threads)"]
        return Job(
            "\(backend.rawValue)-\(core ?? "own")-\(threads)", on: [recorded],
            [Command(arguments, environment: core.map { ["OPENBLAS_CORETYPE": $0] } ?? [:])])
    }

    /// The measurement that the process printed, or why there is none that counts. - Throws: `CommandFailure` where
    /// it could not be started, `JSONShapeError`.
    package func outcome(_ ending: CommandEnding) throws -> Outcome {
        guard ending.exitCode == 0 else {
            if case .notStarted = ending.cause { throw ending.failure() }
            let cause = ending.cause == .signal(SIGILL) ? "the CPU lacks its instructions" : "\(ending.cause)"
            return .failed([cause, ending.lastError].compactMap(\.self).joined(separator: ": "))
        }
        let report = try ending.report("measurement")
        let measurement = try BandMeasurement(json: report)
        if let core, backend == .openblas {
            let chosen = try report["configuration"]["openblas"]["core"].string()
            guard chosen.lowercased() == core.lowercased() else { return .otherCore(chosen) }
        }
        return .measured(measurement)
    }
}
