import CKernels
import Compute
import Foundation
import Ledger

/// The circumstances in which a run is recorded, which must not matter.
enum Circumstances {
    static func of(_ engine: Engine) -> ManifestCircumstances {
        var circumstances = of(isa: engine.isa, workers: engine.pool.workers)
        if let device = engine.device as? CudaDevice {
            circumstances.other["device"] = [
                "kind": "cuda", "hardware": .string(device.hardware.name), "uuid": .string(device.hardware.uuid),
                "capability": .string(device.hardware.capabilityText), "driver": .string(device.driver.versionText),
                "program": .string(device.programDigest.hex),
            ]
        }
        return circumstances
    }

    static func of(isa: ISA, workers: Int) -> ManifestCircumstances {
        #if DEBUG
            let build = "debug"
        #else
            let build = "release"
        #endif
        #if arch(x86_64)
            let machine = "x86_64"
        #elseif arch(arm64)
            let machine = "arm64"
        #else
            let machine = "unknown"
        #endif
        return ManifestCircumstances(
            isa: isa.rawValue, workers: workers, build: build,
            versions: ["smpo": Smpo.configuration.version, "libc": libcVersion],
            host: "\(machine) Linux")
    }

    private static var libcVersion: String {
        var buffer = [CChar](repeating: 0, count: 64)
        confstr(Int32(_CS_GNU_LIBC_VERSION), &buffer, buffer.count)
        return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self)
    }
}

extension ManifestCircumstances {
    /// The same, with the hosts of a run's ranks where there are several.
    func noting(_ hosts: [String]) -> ManifestCircumstances {
        guard hosts.count > 1 else { return self }
        var circumstances = self
        circumstances.other["ranks"] = .array(hosts.map { .string($0) })
        return circumstances
    }
}
