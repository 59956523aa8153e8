import Audit
import Compute
import Core
import Foundation

/// A configuration to be measured, in a process of its own: OpenBLAS chooses its kernels once, when it is loaded.
struct CalibrationJob {
    /// The kernels to ask for by `OPENBLAS_CORETYPE`; nil for those the library chooses itself.
    let core: String?
    let threads: Int
    let backend: Backend

    /// As people read it.
    func title(ownCore: String) -> String {
        if backend == .reference { return "reference" }
        return "\(core ?? ownCore) × \(threads) thread\(threads == 1 ? "" : "s")"
    }

    /// What came of it.
    enum Result {
        case measured(BandMeasurement)
        case otherCore(String)
        case failed(String)
    }

    private func arguments(_ folder: String) -> [String] {
        ["calibrate", "measure", folder, "--backend", backend.rawValue, "--workers", "\(threads)"]
    }

    /// Measures the run recorded in `folder`.
    func run(in folder: String) throws -> Result {
        let process = try OwnProcess(
            arguments(folder), environment: core.map { ["OPENBLAS_CORETYPE": $0] } ?? [:])
        let (reason, status) = process.wait()
        guard reason == .exit, status == 0 else {
            let cause =
                reason == .exit
                ? "exit code \(status)" : status == SIGILL ? "the CPU lacks its instructions" : "signal \(status)"
            return .failed([cause, process.lastError].compactMap(\.self).joined(separator: ": "))
        }
        let json = try JSONValue.parse(process.output(), file: process.command)
        let cursor = JSONCursor(json, name: "measurement", file: process.command)
        let measurement = try BandMeasurement(json: cursor)
        if let core, backend == .openblas {
            let chosen = try cursor["configuration"]["openblas"]["core"].string()
            guard chosen.lowercased() == core.lowercased() else { return .otherCore(chosen) }
        }
        return .measured(measurement)
    }
}
