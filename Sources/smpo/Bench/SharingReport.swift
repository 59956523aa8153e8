import Core
import Foundation

/// What was reckoned of sharing, as tables or as JSON.
struct SharingReport {
    let benchmark: SharingBenchmark
    let results: [SharingBenchmark.Result]

    var text: String {
        var lines = [
            "work cut for \(benchmark.workers) workers, each task timed on one thread of \(benchmark.isa.rawValue)",
            "handing over a job: \(fixed(Double(benchmark.handover) / 1000, 2)) µs, measured with the cores there are",
            "memory is taken to be as quick for all as for one; what is reckoned is a bound",
        ]
        for result in results {
            lines += [
                "", row(result.work, ["jobs", "shared", "tasks"]),
                row("", [result.jobs, result.sharedJobs, result.tasks].map(String.init)), "",
                row("workers", ["ms", "times"]), row("1", [milliseconds(result.alone), "1.00"]),
                row("   of which outside of jobs", [milliseconds(result.outside), share(result.outside, result)]),
                row(
                    "   of which in jobs of one task",
                    [milliseconds(result.inSingleTasks), share(result.inSingleTasks, result)]),
            ]
            for (workers, time) in result.reckoned {
                lines.append(
                    row("\(workers)", [milliseconds(time), fixed(Double(result.alone) / Double(time), 2)]))
            }
            lines += ["", row("operator", ["jobs", "tasks", "ms alone", "outside", "shared"])]
            for share in result.shares.prefix(24) {
                lines.append(
                    row(
                        share.name,
                        [
                            "\(share.jobs)", "\(share.tasks)", milliseconds(share.inTasks), milliseconds(share.outside),
                            milliseconds(share.shared),
                        ]))
            }
        }
        return lines.joined(separator: "\n")
    }

    /// Times are whole nanoseconds.
    var json: JSONValue {
        [
            "schema": 1, "isa": .string(benchmark.isa.rawValue), "workers": .integer(benchmark.workers),
            "handover_nanoseconds": .integer(benchmark.handover),
            "results": .array(
                results.map { result in
                    [
                        "work": .string(result.work), "jobs": .integer(result.jobs),
                        "shared_jobs": .integer(result.sharedJobs), "tasks": .integer(result.tasks),
                        "alone_nanoseconds": .integer(result.alone), "outside_nanoseconds": .integer(result.outside),
                        "single_task_nanoseconds": .integer(result.inSingleTasks),
                        "reckoned": .array(
                            result.reckoned.map {
                                ["workers": .integer($0.workers), "nanoseconds": .integer($0.nanoseconds)]
                            }),
                        "operators": .array(result.shares.map(entry)),
                    ]
                }),
        ]
    }

    private func entry(_ share: SharingBenchmark.Share) -> JSONValue {
        [
            "name": .string(share.name), "jobs": .integer(share.jobs), "tasks": .integer(share.tasks),
            "task_nanoseconds": .integer(share.inTasks), "outside_nanoseconds": .integer(share.outside),
            "shared_nanoseconds": .integer(share.shared),
        ]
    }

    private func share(_ time: Int, _ result: SharingBenchmark.Result) -> String {
        fixed(100 * Double(time) / Double(max(1, result.alone)), 1) + " %"
    }

    private func milliseconds(_ time: Int) -> String { fixed(Double(time) / 1e6, 2) }

    private func row(_ name: String, _ values: [String]) -> String {
        name + String(repeating: " ", count: max(0, 40 - name.count))
            + values.map { String(repeating: " ", count: max(1, 10 - $0.count)) + $0 }.joined()
    }

    private func fixed(_ value: Double, _ digits: Int) -> String { String(format: "%.\(digits)f", value) }
}
