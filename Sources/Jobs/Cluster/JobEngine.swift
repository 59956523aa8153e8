/// What starts tasks of a job's folder on machines elsewhere. It is asked what it knows, and never what came of a task: that
/// stands in the folder.
package protocol JobEngine {
    /// Has tasks of `folder` run. - Throws: `EngineFailure`.
    func submit(_ tasks: [Int], of folder: JobFolder) throws

    /// Takes up what another command gave it for `folder` earlier, which `waiting` then tells of too.
    /// - Throws: `EngineFailure`, and the errors of a file that does not say what was given.
    func takeUp(_ folder: JobFolder) throws

    /// The tasks that it has been given and has not ended, each with whether it runs, as far as the engine knows.
    /// - Throws: `EngineFailure` where it cannot be asked just now.
    func waiting() throws -> [Int: Bool]

    /// Ends tasks; all where `tasks` is nil.
    func cancel(_ tasks: Set<Int>?)
}

/// An engine's own command failed.
package struct EngineFailure: Error, CustomStringConvertible {
    package let command: String, reason: String

    package init(command: String, reason: String) {
        self.command = command
        self.reason = reason
    }

    package var description: String { "\(command): \(reason)" }
}
