import Audit
import Digests
import Foundation
import Tensors

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
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = arguments(folder)
        if let core {
            process.environment = ProcessInfo.processInfo.environment.merging(["OPENBLAS_CORETYPE": core]) { $1 }
        }
        // Files, not pipes: nobody reads before the process has ended.
        let base = "\(folder)/measurement-\(UUID().uuidString)"
        let paths = [base + ".out", base + ".err"]
        defer { for path in paths { try? FileManager.default.removeItem(atPath: path) } }
        for path in paths { try Data().write(to: URL(fileURLWithPath: path)) }
        process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: paths[0]))
        process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: paths[1]))
        try process.run()
        process.waitUntilExit()
        guard process.terminationReason == .exit, process.terminationStatus == 0 else {
            let errors = (try? String(contentsOfFile: paths[1], encoding: .utf8)) ?? ""
            let cause =
                process.terminationReason == .exit
                ? "exit code \(process.terminationStatus)"
                : process.terminationStatus == SIGILL
                    ? "the CPU lacks its instructions" : "signal \(process.terminationStatus)"
            return .failed(([cause] + errors.split(separator: "\n").suffix(1).map(String.init)).joined(separator: ": "))
        }
        let name = "smpo " + arguments(folder).joined(separator: " ")
        let cursor = JSONCursor(try JSONValue.read(paths[0]), name: "measurement", file: name)
        let measurement = try BandMeasurement(json: cursor)
        if let core, backend == .openblas {
            let chosen = try cursor["configuration"]["openblas"]["core"].string()
            guard chosen.lowercased() == core.lowercased() else { return .otherCore(chosen) }
        }
        return .measured(measurement)
    }
}
