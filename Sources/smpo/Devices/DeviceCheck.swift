import Compute
import Core
import Reports

/// What `smpo doctor` says of devices: those that are there, and whether one gives the known answers.
enum DeviceCheck {
    /// NVIDIA's devices, or why there are none. That a machine has none is no fault.
    static var devices: HealthReport.Section {
        var lines: [(label: String, text: String)] = [(label: "cpu", text: "the contract's kernels on this processor")]
        var entries: [JSONValue] = [["name": "cpu"]]
        var value: JSONObject = [:]
        do {
            let driver = try CudaInstallation.driver()
            value["driver"] = .string(driver.versionText)
            let count = try driver.deviceCount()
            for index in 0..<count {
                let found = try CudaHardware(driver, index: index)
                lines.append((label: "\(DeviceName.cuda(index))", text: describe(found)))
                entries.append([
                    "name": .string("\(DeviceName.cuda(index))"), "hardware": .string(found.name),
                    "uuid": .string(found.uuid), "capability": .string(found.capabilityText),
                    "memory_bytes": .integer(found.memoryBytes), "usable": .bool(found.isUsable),
                ])
            }
            lines.append((label: "driver", text: "NVIDIA's, for CUDA \(driver.versionText)"))
            if count == 0 { lines.append((label: "cuda", text: "none: \(CudaError.noDevice(index: 0, count: 0))")) }
        } catch {
            lines.append((label: "cuda", text: "none: \(error)"))
            value["cuda"] = .string("\(error)")
        }
        value["devices"] = .array(entries)
        return HealthReport.Section("devices", key: "devices", value: .object(value), lines: lines)
    }

    private static func describe(_ device: CudaHardware) -> String {
        "\(device.name), compute capability \(device.capabilityText), \(device.memoryBytes >> 20) MiB"
            + (device.isUsable ? "" : "; too old: 8.0 is needed")
    }

    /// The known answers of all operations on the device `name`, which is asked anew. - Throws: `CudaError`.
    static func answers(_ name: DeviceName) throws -> HealthReport.Section? {
        guard case .cuda(let index) = name else { return nil }
        let device = try CudaInstallation.open(index)
        let engine = Engine(device: device)
        defer { engine.stop() }
        let checks = Contract.allCases.map { KnownAnswerCheck($0, on: engine) }
        let asked = checks.reduce(0) { $0 + $1.asked }
        let mismatches = checks.flatMap(\.mismatches)
        DeviceTrust(device).note(mismatches.isEmpty)
        return HealthReport.Section(
            "\(name): known answers kept, of \(asked)", key: "device",
            value: [
                "name": .string("\(name)"), "hardware": .string(device.hardware.name), "answers": .integer(asked),
                "kept": .integer(asked - mismatches.count), "program": .string(device.programDigest.hex),
            ],
            lines: [(label: device.hardware.name, text: "\(asked - mismatches.count)")],
            faults: mismatches.map { HealthReport.Fault(.trouble, "\(name): \($0)") })
    }
}
