import CCuda
import Foundation

/// NVIDIA's driver: its functions, and what they say when they fail.
///
/// `@unchecked Sendable`: a table of functions that is never written again, and which any thread may call.
package final class CudaDriver: @unchecked Sendable {
    /// The functions.
    let functions: cu_driver
    /// The driver's version, 13000 for CUDA 13.0.
    package let version: Int

    /// The driver's own number, "NVRM version: …", where the system tells it: drivers for one version of CUDA differ.
    package let release: String

    /// The oldest version that reads the kernels' PTX, which is of CUDA 12.1.
    package static let oldestVersion = 12_010

    /// The library that is loaded where no other is named.
    package static let standardPath = "libcuda.so.1"

    /// The driver in the library at `path`.
    /// - Throws: `CudaError` if it cannot be loaded or does not start.
    package convenience init(path: String = CudaDriver.standardPath) throws(CudaError) {
        var (functions, trouble) = (cu_driver(), UnsafePointer<CChar>?.none)
        let result = cu_open(path, &functions, &trouble)
        let why = trouble.map { String(cString: $0) } ?? ""
        guard result <= 0 else { throw .unusableDriver(path: path, why: why) }
        guard result == 0 else { throw .noDriver(path: path, why: why) }
        try self.init(functions, path: path)
    }

    /// A driver of the given functions, such as the emulator's.
    package init(_ functions: cu_driver, path: String) throws(CudaError) {
        self.functions = functions
        var version: Int32 = 0
        let results = [functions.`init`(0), functions.driver_version(&version)]
        self.version = Int(version)
        release =
            (try? String(contentsOfFile: "/proc/driver/nvidia/version", encoding: .utf8))?.split(separator: "\n").first
            .map(String.init) ?? ""
        for result in results where result != 0 {
            throw .unusableDriver(path: path, why: CudaDriver.text(result, functions).why)
        }
        guard self.version >= CudaDriver.oldestVersion else {
            throw .unusableDriver(
                path: path, why: "it is for CUDA \(versionText); expected 12.1 (driver 530) or newer")
        }
    }

    /// The version as NVIDIA writes it, "13.0".
    package var versionText: String { "\(version / 1000).\(version % 1000 / 10)" }

    /// How many devices there are.
    package func deviceCount() throws(CudaError) -> Int {
        var count: Int32 = 0
        // The driver calls having none an error, 100.
        let result = functions.device_count(&count)
        if result == 100 { return 0 }
        try check(result, "counting devices")
        return Int(count)
    }

    /// Throws unless `result` is success.
    func check(_ result: cu_result, _ doing: @autoclosure () -> String) throws(CudaError) {
        guard result != 0 else { return }
        let (name, why) = CudaDriver.text(result, functions)
        throw .failed(doing: doing(), code: Int(result), name: name, why: why)
    }

    private static func text(_ result: cu_result, _ functions: cu_driver) -> (name: String, why: String) {
        func text(_ ask: (cu_result, UnsafeMutablePointer<UnsafePointer<CChar>?>?) -> cu_result) -> String {
            var text: UnsafePointer<CChar>?
            return ask(result, &text) == 0 ? text.map { String(cString: $0) } ?? "unknown" : "unknown"
        }
        return (text(functions.error_name), text(functions.error_string))
    }
}
