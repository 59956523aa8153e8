import Audit
import Core
import Datasets
import Jobs
import Ledger
import Training

/// An ablation from its first job to its report.
package struct Ablation {
    let plan: AblationPlan
    let jobs: AblationJobs
    /// Recipes of bases that are trained first.
    let recipes: [(AblationPlan.Base, Recipe)]
    /// Where its runs are recorded.
    let workspace: Workspace
    let audits: Bool

    package init(
        _ plan: AblationPlan, jobs: AblationJobs, recipes: [(AblationPlan.Base, Recipe)], in workspace: Workspace,
        audits: Bool
    ) {
        self.plan = plan
        self.jobs = jobs
        self.recipes = recipes
        self.workspace = workspace
        self.audits = audits
    }

    /// Sets of pairs that some reported run needs.
    private var usedPairs: [AblationPlan.Pairs] {
        plan.pairs.filter { pairs in
            pairs.name == plan.pairs[0].name || plan.conditions.contains { $0.pairs == pairs.name }
        }
    }

    /// The report, from the results of jobs. `results` runs jobs, at most as many at a time as it is told (nil: as many as
    /// there is room for), and gives a result for each.
    package func report(
        _ results: (_ jobs: [Job], _ atOnce: Int?) throws -> [JSONCursor]
    ) throws -> AblationReport {
        func together(_ jobs: [Job]) throws -> [JSONCursor] { try results(jobs, nil) }
        var report = AblationReport(plan)
        // A base is trained by all workers; everything waits for it.
        for (base, recipe) in recipes { _ = try results([jobs.training(of: base, recipe)], 1) }
        try drawPairs(together, into: &report)
        _ = try together(encodings)
        report.tuning = try outcomes(tuningRuns, together)
        report.runs = try outcomes(reportedRuns(report), together)
        if audits { try audit(&report, together) }
        try drawPictures(report, together)
        return report
    }

    /// Every set of pairs with each of its seeds, that of tuning too.
    private var sets: [(pairs: AblationPlan.Pairs, seed: UInt64)] {
        (tuningRuns.isEmpty ? [] : [(plan.pairs[0], plan.tuningSeed)])
            + usedPairs.flatMap { pairs in plan.seeds.map { (pairs, $0) } }
    }

    /// Latents and scores that all arms share; of given pairs the same for every seed.
    private var encodings: [Job] {
        get throws {
            var seen: Set<String> = []
            return try sets.compactMap { pairs, seed in
                guard pairs.given == nil || seen.insert(pairs.name).inserted else { return nil }
                return try jobs.encoding(pairs, seed: seed)
            }
        }
    }

    /// Whether an arm is judged between its steps too.
    private var hasCurves: Bool { plan.judging == nil }

    /// Jobs of the whole ablation.
    package var jobCount: Int {
        let pairs = sets.count { $0.pairs.given == nil } + ((try? encodings.count) ?? 0)
        // Test captions of every base, and the curves' captions of the table's.
        let bases = (Set(usedPairs.map(\.base)).count + (hasCurves ? 1 : 0)) * plan.seeds.count
        let reported = reportedRuns(AblationReport(plan))
        let audited = audits ? reported.count { $0.purpose == .table } : 0
        return recipes.count + pairs + bases + tuningRuns.count + reported.count + audited + plan.arms.count
    }

    private func drawPairs(_ results: ([Job]) throws -> [JSONCursor], into report: inout AblationReport) throws {
        let asked = sets.compactMap { pairs, seed in
            jobs.generation(pairs, seed: seed).map { (pairs: pairs, seed: seed, job: $0) }
        }
        let made = try results(asked.map(\.job))
        report.labels = try zip(asked, made).map { set, result in
            try AblationReport.Labels(set.pairs.name, set.seed, try result["outputs"][0]["outcome"])
        }
        let bases = plan.bases.map(\.name).filter { name in usedPairs.contains { $0.base == name } }
            .flatMap { base in plan.seeds.map { (base, $0) } }
        let drawn = try results(bases.map { jobs.drawings(of: $0.0, .test, seed: $0.1) })
        report.bases = try zip(bases, drawn).map { ($0.0, $0.1, try Drawings(evaluation: $1["outputs"][0])) }
        guard hasCurves else {
            report.protocolRows = try AblationReport.protocolRows(
                of: zip(bases, drawn).filter { $0.0.1 == plan.seeds[0] }.map { ($0.0.0, try $0.1["outputs"][0]) })
            return
        }
        let base = plan.pairs[0].base
        report.curveBases = try results(
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

    private func outcomes(_ runs: [AblationRun], _ results: ([Job]) throws -> [JSONCursor]) throws -> [AblationOutcome]
    {
        let training = try runs.map { try jobs.training($0) }
        let done = try results(training)
        let ledger = try workspace.existingLedger()
        return try zip(runs, zip(training, done)).map { run, done in
            let curve = try ledger?.measures(of: done.0.run ?? "").filter { $0.name == "reward/mean" } ?? []
            return try AblationOutcome(
                run, recipe: jobs.recipe(run), result: done.1, curve: curve.map { ($0.step, $0.value) })
        }
    }

    private func audit(_ report: inout AblationReport, _ results: ([Job]) throws -> [JSONCursor]) throws {
        let tableRuns = report.runs.filter { $0.run.purpose == .table }
        let done = try results(tableRuns.map { jobs.audit(of: try jobs.training($0.run)) })
        report.audits = try zip(tableRuns, done).map { outcome, result in
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
    private func drawPictures(_ report: AblationReport, _ results: ([Job]) throws -> [JSONCursor]) throws {
        let pairs = plan.pairs[0]
        _ = try results(
            try plan.arms.map { arm in
                let outcome = report.runs.first { $0.run.arm == arm.name && $0.run.pairs == pairs.name }!
                return jobs.pictures(
                    try jobs.training(outcome.run), base: pairs.base, arm: arm.name, seed: plan.seeds[0])
            })
    }
}
