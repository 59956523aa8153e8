import Compute
import Core

extension HealthReport.Section {
    /// How many known answers each instruction set keeps with each number of workers, and which it does not.
    package static func kernels(_ checks: [KnownAnswerCheck]) -> HealthReport.Section {
        var (counts, sets): ([Int], [ISA]) = ([], [])
        for check in checks {
            if !counts.contains(check.workers) { counts.append(check.workers) }
            if !sets.contains(check.isa) { sets.append(check.isa) }
        }
        let asked = checks.map(\.asked).max() ?? 0
        var lines: [(label: String, text: String)] = [(label: "workers", text: row(counts))]
        for isa in sets { lines.append((label: isa.rawValue, text: row(checks.filter { $0.isa == isa }.map(\.kept)))) }
        return HealthReport.Section(
            "kernels: known answers kept, of \(asked)", key: "kernels",
            value: ["answers": .integer(asked), "checks": .array(checks.map(entry))], lines: lines,
            faults: checks.flatMap(faults))
    }

    /// Numbers, right-aligned in columns of four.
    private static func row(_ numbers: [Int]) -> String {
        numbers.map { number in
            let digits = String(number)
            return String(repeating: " ", count: max(0, 4 - digits.count)) + digits
        }.joined()
    }

    private static func faults(_ check: KnownAnswerCheck) -> [HealthReport.Fault] {
        let place = "\(check.isa.rawValue), \(check.workers) worker\(check.workers == 1 ? "" : "s")"
        return check.mismatches.map { HealthReport.Fault(.trouble, "\(place): \($0)") }
    }

    private static func entry(_ check: KnownAnswerCheck) -> JSONValue {
        let mismatches = check.mismatches.map { mismatch -> JSONValue in
            [
                "name": .string(mismatch.name), "expected": .string(mismatch.expected),
                "found": .string(mismatch.found),
            ]
        }
        return [
            "contract": .string(check.contract.rawValue), "isa": .string(check.isa.rawValue),
            "workers": .integer(check.workers),
            "kept": .integer(check.kept), "mismatches": .array(mismatches),
        ]
    }
}
