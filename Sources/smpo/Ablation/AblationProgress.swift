import Audit
import Core
import Datasets
import Jobs
import Ledger
import Studies
import Training

/// An ablation from its first job to its report.
struct AblationProgress {
    let plan: AblationPlan
    let folder: AblationFolder
    let jobs: AblationJobs
    let recipes: [(AblationPlan.Base, Recipe)]
    let width: Int
    let audits: Bool

    /// Prepares the folder.
    init(_ plan: AblationPlan, folder: AblationFolder, width: Int, audits: Bool) throws {
        (self.plan, self.folder, self.width, self.audits) = (plan, folder, width, audits)
        (jobs, recipes) = try folder.prepare(plan)
    }

    /// Sets of pairs that some reported run needs.
    private var usedPairs: [AblationPlan.Pairs] {
        plan.pairs.filter { pairs in
            pairs.name == plan.pairs[0].name || plan.conditions.contains { $0.pairs == pairs.name }
        }
    }

    /// Runs what is not done yet; gives the report.
    func report() throws -> AblationReport {
        let progress = JobProgress(total: jobCount, unit: "job")
        defer { progress.end() }
        let kept = try KeptResults.here(folder.path)
        func queue(_ width: Int) -> AblationRunner {
            AblationRunner(folder: folder.path, width: width, kept: kept, progress: progress)
        }
        var report = AblationReport(plan)
        // A base is trained by all workers; everything waits for it.
        for (base, recipe) in recipes { _ = try queue(1).results([jobs.training(of: base, recipe)]) }
        try drawPairs(queue(width), into: &report)
        report.tuning = try outcomes(tuningRuns, queue(width))
        report.runs = try outcomes(reportedRuns(report), queue(width))
        if audits { try audit(&report, queue(width)) }
        try drawGrids(report, queue(width))
        return report
    }

    private var jobCount: Int {
        let pairs = usedPairs.count * plan.seeds.count + (tuningRuns.isEmpty ? 0 : 1)
        // Test captions of every base, and the curves' captions of the table's.
        let bases = (Set(usedPairs.map(\.base)).count + 1) * plan.seeds.count
        let reported = reportedRuns(AblationReport(plan))
        let audited = audits ? reported.count { $0.purpose == .table } : 0
        return recipes.count + pairs + bases + tuningRuns.count + reported.count + audited + plan.arms.count
    }

    private func drawPairs(_ queue: AblationRunner, into report: inout AblationReport) throws {
        var sets = usedPairs.flatMap { pairs in plan.seeds.map { (pairs, $0) } }
        if !tuningRuns.isEmpty { sets.insert((plan.pairs[0], plan.tuningSeed), at: 0) }
        let made = try queue.results(sets.map { jobs.generation($0.0, seed: $0.1) })
        report.labels = try zip(sets, made).map { set, result in
            let outcome = try result["outputs"][0]["outcome"]
            func share(_ name: String) throws -> Double {
                Double(try outcome["\(name)_right"].int()) / Double(try outcome["\(name)_judged"].int())
            }
            return (set.0.name, set.1, try share("labels"), try share("scores"))
        }
        let bases = plan.bases.map(\.name).filter { name in usedPairs.contains { $0.base == name } }
            .flatMap { base in plan.seeds.map { (base, $0) } }
        let drawn = try queue.results(bases.map { jobs.drawings(of: $0.0, .test, seed: $0.1) })
        report.bases = try zip(bases, drawn).map { ($0.0, $0.1, try Drawings(evaluation: $1["outputs"][0])) }
        let base = plan.pairs[0].base
        report.curveBases = try queue.results(
            plan.seeds.map { jobs.drawings(of: base, .validation, seed: $0) }
        ).map { result in
            let rewards = try Drawings(evaluation: result["outputs"][0]).rewards.prefix(plan.curveCaptions)
            return rewards.reduce(0, +) / Double(rewards.count)
        }
    }

    /// Every arm at every point of the grid; none where the grid is one point.
    private var tuningRuns: [AblationRun] {
        guard plan.rates.count * plan.betaFactors.count > 1 else { return [] }
        return plan.arms.flatMap { arm in
            plan.rates.flatMap { rate in
                plan.betaFactors.map { factor in
                    AblationRun(
                        arm: arm.name, pairs: plan.pairs[0].name, seed: plan.tuningSeed, rate: rate,
                        betaFactor: factor, purpose: .tuning)
                }
            }
        }
    }

    private func reportedRuns(_ report: AblationReport) -> [AblationRun] {
        func runs(
            _ arm: String, pairs: String, overrides: [String] = [], _ purpose: AblationRun.Purpose = .variation
        ) -> [AblationRun] {
            let tuned = report.tuned(arm)?.run
            return plan.seeds.map {
                AblationRun(
                    arm: arm, pairs: pairs, seed: $0, rate: tuned?.rate ?? plan.rates[0],
                    betaFactor: tuned?.betaFactor ?? plan.betaFactors[0], overrides: overrides, purpose: purpose)
            }
        }
        let table = plan.pairs[0].name
        return plan.arms.flatMap { runs($0.name, pairs: table, .table) }
            + plan.sweeps.flatMap { sweep in
                sweep.values.flatMap { runs(sweep.arm, pairs: table, overrides: ["\(sweep.key)=\($0)"]) }
            } + plan.conditions.flatMap { condition in condition.arms.flatMap { runs($0, pairs: condition.pairs) } }
    }

    private func outcomes(_ runs: [AblationRun], _ queue: AblationRunner) throws -> [AblationOutcome] {
        let training = try runs.map { try jobs.training($0) }
        let results = try queue.results(training)
        let ledger = try Workspace(root: folder.path).existingLedger()
        return try zip(runs, zip(training, results)).map { run, done in
            let curve = try ledger?.measures(of: done.0.run ?? "").filter { $0.name == "reward/mean" } ?? []
            return try AblationOutcome(
                run, recipe: jobs.recipe(run), result: done.1, curve: curve.map { ($0.step, $0.value) })
        }
    }

    private func audit(_ report: inout AblationReport, _ queue: AblationRunner) throws {
        let tableRuns = report.runs.filter { $0.run.purpose == .table }
        let results = try queue.results(
            tableRuns.map { jobs.audit(of: try jobs.training($0.run)) })
        report.audits = try zip(tableRuns, results).map { outcome, result in
            let audit = try result["outputs"][0]
            // Of a run that does not hold no part was replayed.
            let parts = try audit["results"].present?.elements() ?? []
            let steps = try parts.compactMap { try $0["segment"].present }.map { segment in
                "\(try segment["first"].int())..\(try segment["last"].int())"
            }.joined(separator: ", ")
            return (outcome.name, steps, try Verdict(json: audit["verdict"]))
        }
    }

    /// Pictures of the base above those of each arm, first seed.
    private func drawGrids(_ report: AblationReport, _ queue: AblationRunner) throws {
        let pairs = plan.pairs[0]
        _ = try queue.results(
            try plan.arms.map { arm in
                let outcome = report.runs.first { $0.run.arm == arm.name && $0.run.pairs == pairs.name }!
                return jobs.grid(try jobs.training(outcome.run), base: pairs.base, arm: arm.name, seed: plan.seeds[0])
            })
    }
}
