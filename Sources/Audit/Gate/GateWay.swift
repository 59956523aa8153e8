import Compute
import Core

/// A way in which a golden run is replayed; no way may matter.
package struct GateWay: Sendable, Equatable {
    /// The instruction set; nil for the widest of the machine.
    package let isa: ISA?
    /// The number of workers; nil for as many as there is room for.
    package let workers: Int?

    /// The device that computes in place of the processor; nil for none.
    package let device: DeviceName?

    /// A way.
    package init(isa: ISA? = nil, workers: Int? = nil, device: DeviceName? = nil) {
        (self.isa, self.workers, self.device) = (isa, workers, device)
    }

    /// Every instruction set with every number of workers; one way where neither is named, or where a device computes.
    package static func all(isas: [ISA], workers: [Int], device: DeviceName? = nil) -> [GateWay] {
        if let device { return [GateWay(device: device)] }
        let isas: [ISA?] = isas.isEmpty ? [nil] : isas
        return isas.flatMap { isa in
            workers.isEmpty ? [GateWay(isa: isa)] : workers.map { GateWay(isa: isa, workers: $0) }
        }
    }

    /// The settings that are named, as `avx2, 3 workers`; empty where none is.
    package var description: String {
        [device?.description, isa?.rawValue, workers.map { "\($0) worker\($0 == 1 ? "" : "s")" }].compactMap(\.self)
            .joined(separator: ", ")
    }

    /// Machine-readable form; null for what is not named.
    package var json: JSONValue {
        var object: JSONObject = [
            "isa": isa.map { .string($0.rawValue) } ?? .null, "workers": workers.map { .integer($0) } ?? .null,
        ]
        object["device"] = device.map { .string("\($0)") }
        return .object(object)
    }

    /// The settings as a command's options.
    package var options: [String] {
        (device.map { ["--device", "\($0)"] } ?? []) + (isa.map { ["--isa", $0.rawValue] } ?? [])
            + (workers.map { ["--workers", "\($0)"] } ?? [])
    }
}
