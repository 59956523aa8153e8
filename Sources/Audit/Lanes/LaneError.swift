/// A lane of a run that there is not.
package struct LaneError: Error, Equatable, CustomStringConvertible {
    /// The run.
    package let run: String
    /// Its lanes, and the number that was asked for.
    package let lanes: Int, lane: Int

    /// The message.
    package var description: String {
        lanes == 1
            ? "\(run) sums its gradients in one lane (training.lanes is 1): its steps are audited whole, by --segment"
            : "\(run) has the lanes 1 to \(lanes): there is no lane \(lane)"
    }
}
