import Compute
import Core
import Foundation
import Ledger
import Reports

/// The program and the machine it runs on. Nothing here may change a bit of a reference run.
struct MachineFacts {
    private let processor: String
    private let memory: [String: String]
    private let group = ControlGroup.current
    private let online = sysconf(Int32(_SC_NPROCESSORS_ONLN))
    private let usable = ProcessInfo.processInfo.activeProcessorCount
    private let circumstances: ManifestCircumstances

    init() {
        processor = MachineFacts.fields("/proc/cpuinfo")["model name"] ?? "unknown"
        memory = MachineFacts.fields("/proc/meminfo")
        circumstances = Circumstances.of(isa: .best, workers: usable)
    }

    var section: HealthReport.Section {
        HealthReport.Section("machine", key: "machine", value: .object(value), lines: lines)
    }

    private var value: JSONObject {
        var object: JSONObject = [
            "program": .string(version("smpo")), "build": .string(circumstances.build),
            "contract": .string(contracts), "host": .string(circumstances.host),
            "processor": .string(processor), "best_isa": .string(ISA.best.rawValue), "libc": .string(version("libc")),
            "cores": .integer(online), "usable_cores": .integer(usable),
        ]
        object["isas"] = .array(ISA.supported.map { .string($0.rawValue) })
        object["core_limit"] = group.cores.map { .string(String(format: "%.2f", $0)) } ?? .null
        object["memory_bytes"] = number(bytes("MemTotal"))
        object["available_bytes"] = number(bytes("MemAvailable"))
        object["memory_limit_bytes"] = number(group.memory)
        object["glibc_tunables"] = tunables.map { .string($0) } ?? .null
        return object
    }

    private var lines: [(label: String, text: String)] {
        let missing = ISA.allCases.filter { !$0.isSupported }.map(\.rawValue).joined(separator: ", ")
        let sets = ISA.supported.map(\.rawValue).joined(separator: ", ")
        let time = group.cores.map { String(format: "control group allows %.2f", $0) } ?? "no limit"
        let limit = group.memory.map { "control group allows \(gibibytes($0))" } ?? "no limit"
        return [
            (label: "program", text: "smpo \(version("smpo")), \(circumstances.build) build, contract \(contracts)"),
            (label: "processor", text: "\(processor) (\(circumstances.host))"),
            (label: "instruction sets", text: missing.isEmpty ? sets : "\(sets); not here: \(missing)"),
            (label: "cores", text: "\(online), usable \(usable); \(time)"),
            (
                label: "memory",
                text: "\(gibibytes(bytes("MemTotal"))), available \(gibibytes(bytes("MemAvailable"))); \(limit)"
            ),
            (label: "C library", text: "\(version("libc")), GLIBC_TUNABLES \(tunables ?? "not set")"),
        ]
    }

    private var contracts: String { Contract.allCases.map(\.rawValue).joined(separator: ", ") }

    private func version(_ name: String) -> String { circumstances.versions[name] ?? "unknown" }

    private func number(_ value: Int?) -> JSONValue { value.map { .integer($0) } ?? .null }

    /// Settings of the C library that could make a program with libm choose other code.
    private var tunables: String? { ProcessInfo.processInfo.environment["GLIBC_TUNABLES"] }

    private func bytes(_ field: String) -> Int? {
        memory[field].flatMap { Int($0.prefix { $0.isNumber }) }.map { $0 << 10 }
    }

    private func gibibytes(_ bytes: Int?) -> String {
        bytes.map { String(format: "%.1f GiB", Double($0) / 0x1p30) } ?? "unknown"
    }

    /// `name: value` lines of a file; of several of one name the first.
    private static func fields(_ path: String) -> [String: String] {
        guard let content = try? FileContents.read(path) else { return [:] }
        var fields: [String: String] = [:]
        for line in String(decoding: content, as: UTF8.self).split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
            if parts.count == 2, fields[parts[0]] == nil { fields[parts[0]] = parts[1] }
        }
        return fields
    }
}
