import ArgumentParser
import Audit
import Core
import Foundation
import Jobs
import Ledger
import Training

/// The audit in parts, on processes here or on machines elsewhere.
extension AuditCommand.Replay {
    /// The replay of drawn segments, or of all, on the CPU.
    func auditSegments(_ workspace: Workspace) throws -> SampleReport {
        let run = try Run(name, in: workspace, keys: try trust.known())
        if trust.requireSignature && run.signers.known.isEmpty {
            Message.note("\(workspace.attestations(name)): no known key has signed \(name)")
            throw ExitStatus.incomparable.code
        }
        let plan = SegmentPlan(steps: run.stepCount, checkpoints: try run.checkpoints().map(\.step))
        let head = run.outcomes.first?.outcome.chainHead
        var (text, drawn): (String?, [ClosedRange<Int>]) = (nil, plan.segments)
        if let sample {
            guard let seed = seed ?? head?.hex else {
                throw ValidationError("\(name) is not finished and has no chain head: expected --seed")
            }
            (text, drawn) = (seed, plan.draw(sample, seed: Digest.of(.document, seed)))
        }
        let model = try run.checkTrainedFolder()
        let audit = SegmentedAudit(
            run: name, contract: run.manifest.inputs.contract, steps: run.stepCount, plan: plan, seed: text,
            drawn: drawn, trained: model.holds, unchecked: model.unchecked.map { "model files: \($0)" })
        let width = min(jobs, drawn.count)
        if width > 1 || cluster.isElsewhere { try makeLatents(run, workspace) }
        guard cluster.isElsewhere else {
            return audit.report(
                try SegmentJobs(audit: audit, evidence: evidence, width: width, engineOptions: engineOptions)
                    .results())
        }
        let jobs = try clusterJobs(run, steps: drawn.map(\.count).max() ?? 1)
        let packed = "\(Job.folderToken)/evidence"
        let tasks = audit.jobs(
            workers: engineOptions.workers ?? jobs.cores, isa: engineOptions.isa, evidence: evidence ?? packed)
        let description = try description(SegmentedAudit.kind, audit.request, run, tasks)
        let results = try jobs.results(description, unit: "replayed segment") { try pack(run, $0) }
        return try audit.report(of: results)
    }

    /// Puts the run's evidence into a job's folder, unless it lies in one already.
    func pack(_ run: Run, _ folder: String) throws {
        guard evidence == nil else { return }
        // Of a process that was ended before it could write what the job is about.
        try? FileManager.default.removeItem(atPath: "\(folder)/evidence")
        try EvidencePack.write(run, to: "\(folder)/evidence")
    }

    /// A job about a run, whose tasks look whether it is still that one.
    func description(_ kind: String, _ request: JSONValue, _ run: Run, _ tasks: [Job]) throws -> JobDescription {
        let expected = ExpectedRun(run)
        return JobDescription(
            kind: kind, request: request, evidence: expected.digests, program: try OwnProcesses.digest(),
            contract: run.manifest.inputs.contract,
            tasks: tasks.map { task in
                Job(
                    task.name, after: task.after,
                    task.commands.map {
                        Command($0.arguments + expected.arguments, environment: $0.environment)
                    })
            })
    }

    /// The self-test's mutants, dealt out to processes here or elsewhere.
    func testElsewhere(_ workspace: Workspace) throws -> SelfTestReport {
        let shares = SelfTestJobs(run: name, count: jobs, trust: trust)
        guard cluster.isElsewhere else { return try shares.report(engineOptions) }
        let run = try Run(name, in: workspace, keys: try trust.known())
        // A mutant replays a step or two, and there are some forty.
        let jobs = try clusterJobs(run, steps: 2 + 80 / max(1, self.jobs))
        let tasks = shares.jobs(workers: engineOptions.workers ?? jobs.cores, isa: engineOptions.isa)
        let description = try description(SelfTestJobs.kind, shares.request, run, tasks)
        return try shares.report(of: try jobs.results(description, unit: "share of the mutants"))
    }

    /// Tasks of this run: the memory of one is planned, and the time of its steps stands in the ledger.
    /// - Parameter steps: those that the longest task replays.
    func clusterJobs(_ run: Run, steps: Int) throws -> ClusterJobs {
        var tasks = try ClusterJobs(cluster)
        if let seconds = try run.stepSeconds() {
            // It was recorded with as many workers.
            let share = Double(run.manifest.circumstances.workers) / Double(engineOptions.workers ?? tasks.cores)
            tasks.seconds = seconds * Double(steps) * max(1, share)
        }
        tasks.memory = try MemoryPlan(run.recipe, workers: engineOptions.workers ?? tasks.cores).total
        tasks.width = jobs > 1 ? jobs : nil
        return tasks
    }

    /// Latents that are not there are made once, by all workers, before processes read them side by side.
    private func makeLatents(_ run: Run, _ workspace: Workspace) throws {
        let engine = try engineOptions.engine()
        defer { engine.stop() }
        Interrupt.listen()
        try run.makeLatents(on: engine, LatentProgress().use(.readOrMake, in: workspace))
    }
}
