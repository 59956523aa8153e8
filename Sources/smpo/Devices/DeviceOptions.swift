import ArgumentParser
import Compute
import Core
import Foundation

extension DeviceName: ExpressibleByArgument {
    /// Reads a name that stands on the command line.
    public init?(argument: String) { self.init(argument) }
}

/// Which device computes. Bits do not depend on it.
struct DeviceOptions: ParsableArguments {
    @Option(
        name: .customLong("device"), help: "What computes: cpu, or cuda or cuda:N, a GPU of NVIDIA's. Changes no bit.")
    var name = DeviceName.cpu

    /// The option again, for a process of one's own.
    var arguments: [String] { name == .cpu ? [] : ["--device", "\(name)"] }

    /// The engine on the device, with `options` for what the host does. A device has to give the known answers first.
    /// - Throws: `CudaError` or `DistrustedDevice`.
    func engine(_ options: EngineOptions) throws -> Engine {
        switch name {
        case .cpu: return try options.engine()
        case .cuda(let index):
            try FloatEnvironment.check()
            let device = try CudaInstallation.open(index)
            // Another's library has been loaded since.
            try FloatEnvironment.check()
            let engine = Engine(device: device, workers: options.workerCount)
            try DeviceTrust(device).check(engine)
            return engine
        }
    }
}
