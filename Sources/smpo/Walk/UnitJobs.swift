import Audit
import Core
import Foundation
import Jobs

/// An audit by a walk and drawn units as jobs: the walk first, which leaves the states before the drawn steps in files, then each
/// unit by itself. It runs here or elsewhere; the report is that of one process.
struct UnitJobs {
    static let kind = "walk"

    let audit: UnitAudit

    /// The walk, and a job a unit.
    /// - Parameters:
    ///   - states: the folder of the walk's files.
    ///   - evidence: the folder of packed evidence; nil for the workspace.
    func jobs(workers: Int, isa: String?, states: String, evidence: String?) -> [Job] {
        var rest = ["--states", states, "--json", "--part", "--workers", "\(workers)"]
        if let evidence { rest += ["--evidence", evidence] }
        if let isa { rest += ["--isa", isa] }
        let (draw, seed) = (audit.draw, audit.seed)
        let walk = [
            "audit", audit.run, "--sample-steps", "\(draw.steps.count)", "--sample-lanes", "\(draw.lanes.count)",
            "--seed=\(seed)",
        ]
        return [Job("the walk", [Command(walk + rest)])]
            + draw.units.map { unit in
                let name = unit.lane.map { "step \(unit.step), lane \($0)" } ?? "step \(unit.step)"
                return Job(name, after: [0], [Command(["audit", audit.run, "--unit", unit.text] + rest)])
            }
    }

    /// The report of processes here. - Throws: `ExitCode` when interrupted, `CommandFailure`.
    /// - Parameter states: the folder of the walk's files, which is gone afterwards.
    func report(_ options: EngineOptions, width: Int, states: String, evidence: String?) throws -> UnitReport {
        defer { try? FileManager.default.removeItem(atPath: states) }
        let jobs = jobs(
            workers: max(1, options.workerCount / width), isa: options.isa, states: states, evidence: evidence)
        let progress = JobProgress(total: jobs.count, unit: "part")
        defer { progress.end() }
        // The walk has the machine for itself.
        let alone = self.jobs(workers: options.workerCount, isa: options.isa, states: states, evidence: evidence)[0]
        let walked = try Runner.here(width: 1).run(
            [alone], read: { _, ending in try walk(ending) }, finished: { _, _ in progress.finished(alone.name) })
        let units = Array(jobs.dropFirst())
        let found = try Runner.here(width: width).run(
            units, read: { number, ending in try unit(ending, number) },
            finished: { job, _ in progress.finished(units[job].name) }
        ).map { $0[0] }
        return try report(walked[0][0], found)
    }

    /// The report of tasks' results. - Throws: `Incomplete` where one is missing and no other is anything but a pass,
    /// `CommandFailure` where one says nothing that can be read.
    func report(of tasks: [Int: TaskResult]) throws -> UnitReport {
        let total = 1 + audit.draw.units.count
        guard let first = tasks[0] else { throw Incomplete(done: tasks.count, total: total, unit: "parts") }
        let walked = try walk(first.endings[0])
        let found = try tasks.filter { $0.key > 0 }.sorted { $0.key < $1.key }.map { number, task in
            try unit(task.endings[0], number - 1)
        }
        do { return try report(walked, found) } catch is UnitAudit.Gap {
            throw Incomplete(done: tasks.count, total: total, unit: "parts")
        }
    }

    private func walk(_ ending: CommandEnding) throws -> WalkResult {
        let report = try ending.judged("report")
        do { return try WalkResult(json: report, run: audit.run, contract: audit.contract) } catch {
            throw ending.failure("\(error)")
        }
    }

    private func unit(_ ending: CommandEnding, _ number: Int) throws -> UnitResult {
        let report = try ending.judged("report")
        do {
            return try UnitResult(
                json: report, audit.draw.units[number], run: audit.run, contract: audit.contract)
        } catch {
            throw ending.failure("\(error)")
        }
    }

    private func report(_ walk: WalkResult, _ units: [UnitResult]) throws -> UnitReport {
        let isNoPass = !walk.verdict.isPass || units.contains { !$0.verdict.isPass }
        return try audit.report(
            walk, Dictionary(units.map { ($0.unit, $0) }, uniquingKeysWith: { first, _ in first }),
            allowsGaps: isNoPass)
    }

    /// All that makes the report of results.
    var request: JSONValue { audit.request }

    init(audit: UnitAudit) { self.audit = audit }

    /// Reads a request. - Throws: `JSONShapeError`.
    init(request cursor: JSONCursor) throws { audit = try UnitAudit(request: cursor) }
}
