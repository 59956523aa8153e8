/// Where commands run: in processes of this machine, or whatever else can start one and tell how it ended.
package protocol Launcher {
    /// The folder below which jobs find and leave files.
    var folder: String { get }

    /// The same in another folder.
    func moved(to folder: String) -> any Launcher

    /// Starts a command. - Throws: what kept it from starting.
    func start(_ command: Command) throws -> any RunningCommand
}

/// A command that was started.
package protocol RunningCommand: AnyObject {
    var isRunning: Bool { get }

    /// Asks it to stop, as Control-C does.
    func interrupt()

    /// Waits for its end. - Throws: `FileError` where what it printed cannot be read.
    func ending() throws -> CommandEnding
}
