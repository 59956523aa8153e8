import ArgumentParser
import Core
import Jobs
import Ranks

/// The group that this process belongs to.
enum RankGroups {
    /// The ranks that `smpo-mpi` has started, or this process alone.
    static func here() throws -> any RankGroup {
        guard !BridgedRanks.isStarted else { return try BridgedRanks() }
        return SingleRank(host: VisibleText.of(ThisHost.name))
    }

    /// A command that knows nothing of ranks would do its work once a rank, into the same files.
    static func require(_ command: any ParsableCommand) throws {
        guard BridgedRanks.isStarted, !(command is RanksCommand.Check) else { return }
        throw ValidationError(
            "`smpo \(type(of: command)._commandName)` is the work of one process: start it without smpo-mpi")
    }
}
