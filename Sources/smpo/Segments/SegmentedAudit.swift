import Audit
import Core
import Jobs

/// The audit of a run by its segments, wherever each is replayed: what is asked, the jobs, and the report of their results.
struct SegmentedAudit {
    static let kind = "audit"

    let run: String
    /// The name of the run's contract.
    let contract: String
    let steps: Int, plan: SegmentPlan
    /// What the draw was made from; nil where every segment is replayed.
    let seed: String?
    /// The segments to replay.
    let drawn: [ClosedRange<Int>]
    /// What whoever asks has found of the model that the run has handed over, and what was not looked at.
    let trained: String?, unchecked: [String]

    /// A job a segment: the command `smpo audit RUN --segment A..B --json`.
    /// - Parameter evidence: the folder of packed evidence; nil for the workspace.
    func jobs(workers: Int, isa: String?, evidence: String?) -> [Job] {
        drawn.map { steps in
            var arguments = ["audit", run, "--segment", SegmentedAudit.name(steps), "--json", "--part"]
            arguments += ["--workers", "\(workers)"]
            if let evidence { arguments += ["--evidence", evidence] }
            if let isa { arguments += ["--isa", isa] }
            return Job(SegmentedAudit.name(steps), [Command(arguments)])
        }
    }

    /// What `smpo audit RUN --segment A..B --json` says of a segment.
    func result(_ ending: CommandEnding, _ segment: Int) throws -> SegmentResult {
        let report = try ending.judged("report")
        do {
            // A run that is found changed before any replay has no segment to tell of.
            return try SegmentResult(json: report, steps: drawn[segment], contract: contract)
        } catch {
            throw ending.failure("\(error)")
        }
    }

    /// The report of the results of all drawn segments, or of those that there are where one of them is no pass.
    func report(_ results: [SegmentResult]) -> SampleReport {
        var report = SampleReport(run: run, steps: steps, plan: plan, seed: seed, results: results)
        (report.trained, report.unchecked) = (trained, unchecked)
        return report
    }

    /// The report of tasks' results. - Throws: `Incomplete` where one is missing and no other is anything but a pass,
    /// `CommandFailure` where one says nothing that can be read.
    func report(of tasks: [Int: TaskResult]) throws -> SampleReport {
        var results: [SegmentResult] = []
        for (segment, task) in tasks.sorted(by: { $0.key < $1.key }) {
            results.append(try result(task.endings[0], segment))
        }
        let report = report(results)
        guard results.count == drawn.count || !results.isEmpty && !report.verdict.isPass else {
            throw Incomplete(done: results.count, total: drawn.count, unit: "segments")
        }
        return report
    }

    private static func name(_ steps: ClosedRange<Int>) -> String { "\(steps.lowerBound)..\(steps.upperBound)" }
}

/// Tasks without a result: there is no verdict, or no report.
struct Incomplete: Error, CustomStringConvertible {
    let done: Int, total: Int, unit: String
    var isGathered = true
    var description: String {
        "incomplete: \(done) of \(total) \(unit) have a result, so that there is no \(isGathered ? "verdict" : "report")"
    }
}

extension SegmentedAudit {
    /// All that makes the report of results.
    var request: JSONValue {
        var object: JSONObject = [
            "run": .string(run), "contract": .string(contract), "steps": .integer(steps),
            "checkpoints": .array(plan.segments.dropLast().map { .integer($0.upperBound) }),
            "segments": .array(
                drawn.map { ["first": .integer($0.lowerBound), "last": .integer($0.upperBound)] }),
        ]
        object["trained"] = trained.map { .string($0) }
        object["not_checked"] = unchecked.isEmpty ? nil : .array(unchecked.map { .string($0) })
        object["seed"] = seed.map { .string($0) }
        return .object(object)
    }

    /// Reads a request. - Throws: `JSONShapeError`.
    init(request cursor: JSONCursor) throws {
        let steps = try cursor["steps"].int()
        let plan = SegmentPlan(
            steps: steps, checkpoints: try cursor["checkpoints"].elements().map { try $0.int() })
        let drawn = try cursor["segments"].elements().map { segment in
            let (first, last) = (try segment["first"].int(), try segment["last"].int())
            guard let own = plan.segments.first(where: { $0.lowerBound == first && $0.upperBound == last }) else {
                throw segment.error(expected: "a segment of the run", found: "\(first)..\(last)")
            }
            return own
        }
        self.init(
            run: try cursor["run"].string(), contract: try cursor["contract"].string(), steps: steps, plan: plan,
            seed: try cursor["seed"].present?.string(), drawn: drawn,
            trained: try cursor["trained"].present?.string(),
            unchecked: try cursor["not_checked"].present?.elements().map { try $0.string() } ?? [])
    }
}
