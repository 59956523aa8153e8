import ArgumentParser
import Audit
import Core
import Foundation
import Jobs
import Ledger
import Training

/// The audit by a walk and drawn units, in one process, on several here, or on machines elsewhere; and its parts.
extension AuditCommand.Replay {
    /// Whether it is one.
    var drawsUnits: Bool { sampleSteps != nil || sampleLanes != nil }

    /// The report on processes here or elsewhere.
    func auditUnits(_ workspace: Workspace) throws -> UnitReport {
        do {
            // What is stored of the steps is read by the walk.
            let run = try Run(name, in: workspace, keys: try trust.known(), reading: .none)
            switch try plan(run, workspace) {
            case .done(let report): return report
            case .open(let audit): return try report(UnitJobs(audit: audit), run, workspace)
            }
        } catch {
            guard let judgement = Judgement(error) else { throw error }
            return UnitReport(run: name, judgement)
        }
    }

    private func plan(_ run: Run, _ workspace: Workspace) throws -> Auditor.UnitPlan {
        let engine = try engineOptions.engine()
        defer { engine.stop() }
        let auditor = Auditor(
            workspace: workspace, engine: engine, keys: try trust.known(), requiresSignature: trust.requireSignature)
        let plan = try auditor.plan(
            run, drawingSteps: sampleSteps ?? 0, lanes: sampleLanes ?? 0, seed: seed)
        if case .open = plan {
            // Before processes read them side by side.
            Interrupt.listen()
            try run.makeLatents(on: engine, LatentProgress().use(.readOrMake, in: workspace))
        }
        return plan
    }

    private func report(_ units: UnitJobs, _ run: Run, _ workspace: Workspace) throws -> UnitReport {
        guard cluster.isElsewhere else {
            let folder = Workspace().jobs
            try FileContents.makeFolder(folder)
            return try units.report(
                engineOptions, width: min(jobs, max(1, units.audit.draw.units.count)),
                states: URL(fileURLWithPath: "\(folder)/walk-\(getpid())").path, evidence: evidence)
        }
        // The walk's updates cost some part of the steps that they belong to.
        let jobs = try clusterJobs(run, steps: 1 + run.stepCount / 10)
        let tasks = units.jobs(
            workers: engineOptions.workers ?? jobs.cores, isa: engineOptions.isa, states: "\(Job.folderToken)/states",
            evidence: evidence ?? "\(Job.folderToken)/evidence")
        return try units.report(
            of: try jobs.results(description(UnitJobs.kind, units.request, run, tasks), unit: "part") { folder in
                try pack(run, folder)
            })
    }

    /// A part of such an audit: the walk alone, or a drawn unit.
    func auditPart(_ auditor: Auditor, leavingIn folder: String, _ progress: (Int, Int) throws -> Void) throws {
        let states = WalkStates(folder)
        if let unit = task.unit.flatMap({ DrawnUnit($0) }) {
            let (found, contract) = try auditor.audit(name, unit, from: states)
            print(found.json(run: name, contract: contract).pretty)
            return try ExitStatus(found.verdict).end()
        }
        let (steps, lanes, seed) = (sampleSteps ?? 0, sampleLanes ?? 0, seed ?? "")
        let found = try auditor.walk(name, drawingSteps: steps, lanes: lanes, seed: seed, leaving: states, progress)
        print(found.result.json(run: name, contract: found.contract, states: found.states).pretty)
        try ExitStatus(found.result.verdict).end()
    }
}
