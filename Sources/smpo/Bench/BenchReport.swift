import Compute
import Core
import Foundation

/// A benchmark's results, as a table or as JSON.
struct BenchReport {
    let isa: ISA
    let rounds: Int
    let isQuick: Bool
    /// The machine's load average over the last minute before the first timing.
    let load: Double
    let results: [ContestResult]
    /// Steps of the embedded recipe, where it is at hand.
    let step: StepBenchmark.Result?

    /// Groups that share a geometric mean, in the order of the table.
    private var groups: [(kind: Contest.Kind, workers: Int, results: [ContestResult])] {
        var counts: [Int] = []
        for result in results where !counts.contains(result.workers) { counts.append(result.workers) }
        return counts.flatMap { workers in
            Contest.Kind.allCases.map { kind in
                (kind, workers, results.filter { $0.kind == kind && $0.workers == workers })
            }
        }.filter { !$0.results.isEmpty }
    }

    /// √ⁿ of the product of the ratios.
    static func geometricMean(_ results: [ContestResult]) -> Double {
        exp(results.reduce(0) { $0 + log($1.ratio) } / Double(results.count))
    }

    var text: String {
        var lines = [
            "OpenBLAS: \(OpenBLAS.config)", "          kernels \(OpenBLAS.core), threads \(OpenBLAS.threading)",
        ]
        lines.append("ours:     \(isa.rawValue); medians of \(rounds) rounds, both sides in turn, GFLOP/s")
        lines.append("load:     \(fixed(load, 2)) before the first timing; timings of a busy machine prove nothing")
        for group in groups {
            let title = group.kind == .product ? "products, m × n × k" : "convolutions, beside im2col + sgemm"
            lines += ["", row("\(title); workers: \(group.workers)", "ours", "OpenBLAS", "ratio")]
            for result in group.results {
                lines.append(
                    row(
                        result.name, fixed(result.gigaflops(result.ours), 1), fixed(result.gigaflops(result.theirs), 1),
                        fixed(result.ratio, 2)))
            }
            lines.append(row("geometric mean", "", "", fixed(BenchReport.geometricMean(group.results), 2)))
        }
        if let step { lines += ["", table(step)] }
        return lines.joined(separator: "\n")
    }

    /// The steps of the embedded recipe, each beside the one that nobody watches.
    private func table(_ step: StepBenchmark.Result) -> String {
        func line(_ name: String, _ seconds: Double, _ share: String) -> String {
            row(name, fixed(seconds * 1000, 1), "", share)
        }
        let title = "training step of the embedded recipe, pairs: \(step.pairs); workers: \(step.workers)"
        return [
            row(title, "ms", "", "ratio"), line("nobody watching", step.plain, ""),
            line("recorded", step.recorded, fixed(step.recorded / step.plain, 3)),
            line("  of which recording", step.recording, "+\(fixed(step.overhead * 100, 2)) %"),
            line("  and with --record steps", step.recordingSteps, "+\(fixed(step.overheadSteps * 100, 2)) %"),
            line("recorded with --record operators", step.operators, fixed(step.operators / step.plain, 3)),
            line("audited", step.audited, fixed(step.audited / step.plain, 3)),
            row("most memory at once", step.peak.map { "\($0 >> 20) MiB" } ?? "?", "", ""),
        ].joined(separator: "\n")
    }

    private func row(_ name: String, _ ours: String, _ theirs: String, _ ratio: String) -> String {
        let padding = String(repeating: " ", count: max(0, 60 - name.count))
        return name + padding
            + [ours, theirs, ratio].map { String(repeating: " ", count: max(1, 10 - $0.count)) + $0 }.joined()
    }

    private func fixed(_ value: Double, _ digits: Int) -> String { String(format: "%.\(digits)f", value) }

    /// Times are whole nanoseconds; what can be derived is given too, as decimal text.
    var json: JSONValue {
        [
            "schema": 1, "step": stepEntry, "isa": .string(isa.rawValue), "rounds": .integer(rounds),
            "quick": .bool(isQuick),
            "load": .string(fixed(load, 2)),
            "openblas": [
                "config": .string(OpenBLAS.config), "core": .string(OpenBLAS.core),
                "threading": .string(OpenBLAS.threading),
            ],
            "results": .array(results.map(entry)),
            "means": .array(
                groups.map { group in
                    [
                        "kind": .string(group.kind.rawValue), "workers": .integer(group.workers),
                        "ratio": .string(fixed(BenchReport.geometricMean(group.results), 4)),
                    ]
                }),
        ]
    }

    private var stepEntry: JSONValue {
        guard let step else { return .null }
        return [
            "plain_milliseconds": .string(fixed(step.plain * 1000, 3)),
            "recorded_milliseconds": .string(fixed(step.recorded * 1000, 3)),
            "recording_milliseconds": .string(fixed(step.recording * 1000, 3)),
            "recording_steps_milliseconds": .string(fixed(step.recordingSteps * 1000, 3)),
            "operators_milliseconds": .string(fixed(step.operators * 1000, 3)),
            "audited_milliseconds": .string(fixed(step.audited * 1000, 3)),
            "overhead": .string(fixed(step.overhead, 4)), "overhead_steps": .string(fixed(step.overheadSteps, 4)),
            "pairs": .integer(step.pairs),
            "workers": .integer(step.workers), "peak_bytes": step.peak.map { .integer($0) } ?? .null,
        ]
    }

    private func entry(_ result: ContestResult) -> JSONValue {
        [
            "kind": .string(result.kind.rawValue), "name": .string(result.name), "workers": .integer(result.workers),
            "flop": .integer(result.flop), "oursNanoseconds": .integer(nanoseconds(result.ours)),
            "openblasNanoseconds": .integer(nanoseconds(result.theirs)), "ratio": .string(fixed(result.ratio, 4)),
            "difference": .string(String(format: "%.2e", result.difference)),
        ]
    }

    private func nanoseconds(_ time: Duration) -> Int { Int((time / .nanoseconds(1)).rounded()) }
}
