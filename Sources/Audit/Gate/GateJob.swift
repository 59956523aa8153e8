import Compute
import Core
import Jobs
import Ledger
import Training

/// A golden run, or a golden evaluation, that a process of its own is to replay in one way.
package struct GateJob {
    package let run: String
    package let way: GateWay
    package let workspace: Workspace
    /// Only so many steps, as the policy says.
    let steps: Int?
    /// Today's differences from the recorded recipe.
    package let changes: [RecipeChange]
    /// Whether it trains on latents that are made of pictures, or by scores that a reward model gives them.
    let isPrepared: Bool
    /// The watch on its recipe; nil of an evaluation, whose report says all that it was asked for.
    package let watch: RecipeWatch?
    /// The report of a golden evaluation; nil of a run.
    package let evaluation: EvaluationRecord?
    /// The cost of the replay: steps times items of a step, as far as can be told without opening the model.
    package let cost: Int

    /// Its audit, which takes up as many workers unless its way names others.
    package func job(workers: Int) -> Job {
        var arguments =
            evaluation.map { ["eval", "--check", $0.file, "--json"] }
            ?? ["audit", run, "--through", "--json", "--unnoted"]
        if let steps { arguments += ["--segment", "1..\(steps)"] }
        // A set that an earlier program made says nothing of this one.
        if isPrepared { arguments.append("--remake-latents") }
        arguments += way.options
        if way.workers == nil { arguments += ["--workers", "\(workers)"] }
        return Job(run, cores: workers, [Command(arguments)])
    }

    /// The work for a golden run: jobs, or a case that fails at once.
    package enum Plan {
        case jobs([GateJob])
        case failed(GateCase)
    }

    /// Reads a run's policy, its recipe and its manifest; instruction sets, workers and a device that are given take the
    /// place of the policy's.
    package static func plan(
        _ run: String, isas: [ISA], workers: [Int], device: DeviceName? = nil, _ workspace: Workspace
    ) -> Plan {
        do {
            let path = "\(workspace.golden(run))/\(GoldenPolicy.fileName)"
            let policy = try GoldenPolicy.read(path)
            let ways = GateWay.all(
                isas: isas.isEmpty ? policy.isas : isas, workers: workers.isEmpty ? policy.workers : workers,
                device: device)
            let manifest = try Manifest.read("\(workspace.golden(run))/manifest.json")
            let recorded = manifest.inputs.recipe
            let changes = try policy.recipe?.changes(from: recorded, root: workspace.root) ?? []
            let watch = try RecipeWatch(policy, at: path, of: manifest, root: workspace.root)
            let total = manifest.outcome?.steps ?? 0
            let items = try JSONCursor(recorded, name: "recipe")["training"]["pairs_per_step"].int()
            let steps = policy.steps.flatMap { $0 < total ? $0 : nil }
            return .jobs(
                ways.map {
                    GateJob(
                        run: run, way: $0, workspace: workspace, steps: steps, changes: changes,
                        isPrepared: ["latents", "scores"].contains { manifest.inputs.digests[$0] != nil }, watch: watch,
                        evaluation: nil, cost: max(1, (steps ?? total) * items))
                })
        } catch {
            var one = GateCase(run: run, way: GateWay(), in: workspace, outcome: GateOutcome(error), reason: "\(error)")
            if let error = error as? SettingsError, let file = error.file, let line = error.line {
                one.location = (file, line)
            }
            return .failed(one)
        }
    }

    /// The work for a golden evaluation: its policy may say in which ways, and nothing else.
    package static func plan(
        evaluation name: String, isas: [ISA], workers: [Int], device: DeviceName? = nil, _ workspace: Workspace
    ) -> Plan {
        do {
            let path = "\(workspace.golden(name))/\(GoldenPolicy.fileName)"
            let policy = try GoldenPolicy.read(path)
            let ways = GateWay.all(
                isas: isas.isEmpty ? policy.isas : isas, workers: workers.isEmpty ? policy.workers : workers,
                device: device)
            guard policy.recipe == nil, policy.unwatched == nil, policy.steps == nil else {
                var one = GateCase(
                    run: name, way: GateWay(), in: workspace, outcome: .trouble,
                    reason: "\(path): expected isa and workers alone; an evaluation has neither recipe nor steps")
                one.location = (path, 1)
                return .failed(one)
            }
            let record = try EvaluationRecord.read(workspace.goldenEvaluation(name))
            return .jobs(
                ways.map {
                    GateJob(
                        run: name, way: $0, workspace: workspace, steps: nil, changes: [], isPrepared: false,
                        watch: nil,
                        evaluation: record, cost: max(1, record.pictures))
                })
        } catch {
            var one = GateCase(
                run: name, way: GateWay(), in: workspace, outcome: GateOutcome(error), reason: "\(error)")
            one.location = (workspace.goldenEvaluation(name), 1)
            return .failed(one)
        }
    }
}
