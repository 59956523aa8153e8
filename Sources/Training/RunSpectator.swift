/// Looks at a run between its steps. It must leave the training as it is; the recording checks that it did.
package protocol RunSpectator {
    /// What it is called in messages.
    var name: String { get }
    /// It looks after every so many steps.
    var every: Int { get }
    /// Looks at the state after a step; gives what it measured, by name.
    func look(_ session: TrainingSession, run: String) throws -> [(measure: String, value: Double)]
}
