import Audit
import Digests
import Foundation

/// Replays segments in processes of their own, some at a time: each is the command `smpo audit RUN --segment A..B --json`,
/// which a cluster's scheduler could run as well.
struct SegmentJobs {
    let run: String
    let jobs: Int
    let engineOptions: EngineOptions

    /// A segment's process could not say what came of it.
    struct Failed: Error, CustomStringConvertible {
        let command: String
        let status: Int32
        let errors: String
        var description: String { "\(command): exit code \(status): \(errors)" }
    }

    private struct Job {
        let index: Int
        let process: Process
        let output: URL, errors: URL
    }

    /// What came of each segment, in their order. `finished` is told how many are done.
    func results(_ segments: [ClosedRange<Int>], finished: (Int) -> Void) throws -> [SegmentResult] {
        var results = [SegmentResult?](repeating: nil, count: segments.count)
        var running: [Job] = []
        var next = 0
        defer {
            for job in running {
                job.process.terminate()
                SegmentJobs.remove(job)
            }
        }
        while next < segments.count || !running.isEmpty {
            while running.count < jobs, next < segments.count {
                running.append(try start(segments[next], index: next))
                next += 1
            }
            guard let place = running.firstIndex(where: { !$0.process.isRunning }) else {
                usleep(20_000)
                continue
            }
            let job = running.remove(at: place)
            results[job.index] = try result(of: job, segments[job.index])
            finished(results.count { $0 != nil })
        }
        return results.compactMap(\.self)
    }

    private func arguments(_ steps: ClosedRange<Int>) -> [String] {
        var arguments = ["audit", run, "--segment", "\(steps.lowerBound)..\(steps.upperBound)", "--json", "--unnoted"]
        arguments += ["--workers", "\(max(1, engineOptions.workerCount / jobs))"]
        if let isa = engineOptions.isa { arguments += ["--isa", isa] }
        return arguments
    }

    private static func remove(_ job: Job) {
        for file in [job.output, job.errors] { try? FileManager.default.removeItem(at: file) }
    }

    private func start(_ steps: ClosedRange<Int>, index: Int) throws -> Job {
        // Files, not pipes: a full pipe would stop a process that nobody reads from yet.
        let base = NSTemporaryDirectory() + "smpo-segment-\(UUID().uuidString)"
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = arguments(steps)
        let files = try [".out", ".err"].map { suffix in
            let file = URL(fileURLWithPath: base + suffix)
            try Data().write(to: file)
            return (file, try FileHandle(forWritingTo: file))
        }
        process.standardOutput = files[0].1
        process.standardError = files[1].1
        try process.run()
        return Job(index: index, process: process, output: files[0].0, errors: files[1].0)
    }

    private func result(of job: Job, _ steps: ClosedRange<Int>) throws -> SegmentResult {
        defer { SegmentJobs.remove(job) }
        job.process.waitUntilExit()
        let command = "smpo " + arguments(steps).joined(separator: " ")
        let status = job.process.terminationStatus
        do {
            let json = try JSONValue.parse(Array(try Data(contentsOf: job.output)), file: command)
            // A run that is found changed before any replay has no segment to tell of.
            return try SegmentResult(json: JSONCursor(json, name: "report", file: command), steps: steps)
        } catch {
            let text = (try? String(contentsOf: job.errors, encoding: .utf8)) ?? ""
            throw Failed(
                command: command, status: status,
                errors: text.split(separator: "\n").last.map(String.init) ?? "\(error)")
        }
    }
}
