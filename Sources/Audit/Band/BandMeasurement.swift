import Comparison
import Compute
import Core
import Ledger
import Training

/// The distances of one configuration's replay of some recorded steps from the record: a band is calibrated by them.
package struct BandMeasurement: Sendable, Equatable {
    /// The backend, and what its bits depend on, as `ManifestInputs.configuration` says it.
    package let configuration: JSONValue
    /// The deviations of each step, in the order of the phases.
    package let steps: [[Deviation]]

    /// A measurement with all its parts.
    package init(configuration: JSONValue, steps: [[Deviation]]) {
        self.configuration = configuration
        self.steps = steps
    }

    /// Replays `run`, recorded with its gradients, on `backend`, as far as it goes.
    /// - Throws: `BandMeasurement.Failed` where a step differs in what every backend computes alike, or lacks values;
    ///   `ContractDifference` for a run of another contract.
    package init(of run: String, in workspace: Workspace, on backend: Backend, engine: Engine) throws {
        let run = try Run(run, in: workspace)
        if let difference = run.difference(from: engine.contract) { throw difference }
        let session = try TrainingSession(recipe: run.recipe, engine: engine, backend: backend)
        var measured = MeasuredSteps(BandReplay(run: run, session: session))
        var replay = Replay(Judgement.Facts(demanded: run.stepCount, last: max(1, run.stepCount)))
        try replay.run(&measured)
        if let difference = replay.facts.difference { throw Failed(difference: difference) }
        steps = measured.deviations
        let reference: JSONValue = ["backend": .string(ManifestInputs.referenceBackend)]
        configuration = backend == .reference ? reference : session.inputs.configuration
    }

    /// A replay differs where no backend may differ.
    package struct Failed: Error, CustomStringConvertible {
        /// The place.
        package let difference: Divergence
        /// One line.
        package var description: String { "the steps cannot be replayed: \(difference.description)" }
    }

    /// The largest deviation of each quantity.
    package var largest: [BandQuantity: Double] {
        var result: [BandQuantity: Double] = [:]
        for deviation in steps.joined() {
            result[deviation.quantity] = max(result[deviation.quantity] ?? 0, deviation.amount)
        }
        return result
    }

    /// The JSON form.
    package var json: JSONValue {
        [
            "schema": 1, "configuration": configuration,
            "steps": .array(steps.map { .array($0.map(\.json)) }),
        ]
    }

    /// Reads the JSON form. - Throws: `JSONShapeError`.
    package init(json cursor: JSONCursor) throws {
        self.init(
            configuration: .object(try cursor["configuration"].object()),
            steps: try cursor["steps"].elements().map { try $0.elements().map { try Deviation(json: $0) } })
    }
}
