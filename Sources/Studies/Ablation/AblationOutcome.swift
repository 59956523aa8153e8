import Core
import Training

/// A run with its outcome.
package struct AblationOutcome: Sendable {
    /// The run.
    package var run: AblationRun
    /// Its name in the ablation's ledger.
    package var name: String
    /// Its chain head.
    package var head: String
    /// Processor seconds of the training, without judging.
    package var cpuSeconds: Double
    /// Optimiser steps, and what one costs.
    package var steps: Int, cost: ComputeCost
    /// Its drawings at the end.
    package var drawings: Drawings
    /// The mean reward on validation captions after some of the steps.
    package var curve: [(step: Int, reward: Double)]

    /// UNet passes of the whole run.
    package var passes: Double { Double(steps) * cost.total }

    /// Reads the result of the run's job: the outputs of `smpo train` and `smpo eval`. - Throws: `JSONShapeError`.
    package init(
        _ run: AblationRun, recipe: Recipe, result: JSONCursor, curve: [(step: Int, reward: Double)]
    ) throws {
        let train = try result["outputs"][0]
        self.run = run
        self.curve = curve
        name = try train["run"].string()
        head = try train["chain_head"].string()
        cpuSeconds = try train["cpu_seconds"].double()
        steps = try train["steps"].int()
        cost = ComputeCost(recipe)
        drawings = try Drawings(evaluation: result["outputs"][1])
    }
}
