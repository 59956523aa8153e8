import Compute
import Foundation
import Synchronization

/// Where this machine has NVIDIA's driver, and where what is made of the kernels is kept.
enum CudaInstallation {
    /// Names another library than `libcuda.so.1`, such as one that emulates the driver.
    static let libraryVariable = "SMPO_CUDA_LIBRARY"

    private static var environment: [String: String] { ProcessInfo.processInfo.environment }

    /// The driver. - Throws: `CudaError`.
    static func driver() throws -> CudaDriver {
        try CudaDriver(path: environment[libraryVariable] ?? CudaDriver.standardPath)
    }

    /// Device `index`. When it fails in the middle of its work the program ends with its error: a step that is not
    /// recorded whole is not in the ledger.
    static func open(_ index: Int) throws -> CudaDevice {
        try CudaDevice(driver(), index: index, cache: folder) { error in
            // Once a device has failed every thread's next call does: the first one speaks and ends the program.
            let isFirst = isEnding.withLock { isEnding in
                defer { isEnding = true }
                return !isEnding
            }
            if isFirst { Failure.end(with: error) }
            while true { sleep(1000) }
        }
    }

    private static let isEnding = Mutex(false)

    /// What is kept between runs and can be made again: `$XDG_CACHE_HOME/smpo/cuda`, or `~/.cache/smpo/cuda`.
    static var folder: String? {
        if let cache = environment["XDG_CACHE_HOME"], cache.hasPrefix("/") { return "\(cache)/smpo/cuda" }
        return environment["HOME"].map { "\($0)/.cache/smpo/cuda" }
    }
}
