import ArgumentParser
import Compute
import Core
import Foundation
import Jobs
import Ranks
import Training

/// The group that this process belongs to.
enum RankGroups {
    /// The ranks that `smpo-mpi` has started, or this process alone.
    static func here() throws -> any RankGroup {
        guard !BridgedRanks.isStarted else { return try BridgedRanks() }
        return SingleRank(host: VisibleText.of(ThisHost.name))
    }

    /// A command that knows nothing of ranks would do its work once a rank, into the same files.
    static func require(_ command: any ParsableCommand) throws {
        guard BridgedRanks.isStarted, !(command is RanksCommand.Check), !(command is TrainCommand) else { return }
        throw ValidationError(
            "`smpo \(type(of: command)._commandName)` is the work of one process: start it without smpo-mpi")
    }

    /// All ranks run the same program by the same contract.
    /// - Returns: the program's digest.
    /// - Throws: `RankError.different` with the odd one out.
    @discardableResult
    static func requireSameProgram(_ group: any RankGroup) throws -> Digest {
        group.place = "the comparison of programs"
        let program = try Digest.file(OwnProcesses.program)
        try group.requireSame(program.hex, as: "the program's digest")
        try group.requireSame(Contract.standard.rawValue, as: "the contract")
        return program
    }

    /// How many ranks of `group` share this one's machine.
    static func here(_ group: any RankGroup) -> Int {
        group.hosts.count { utf8Equal($0, group.hosts[group.rank]) }
    }
}

extension EngineOptions {
    /// The options of a rank: where nothing is said, the ranks on a machine share its cores, unless who started them has
    /// given each some.
    func shared(among group: any RankGroup) -> EngineOptions {
        var options = self
        let (all, given) = (ProcessInfo.processInfo.processorCount, ProcessInfo.processInfo.activeProcessorCount)
        if workers == nil, group.size > 1 {
            options.workers = given < all ? given : max(1, all / RankGroups.here(group))
        }
        return options
    }
}

extension MachineMemory {
    /// What each of so many ranks on this machine may take.
    func shared(among ranks: Int) -> MachineMemory {
        ranks == 1 ? self : MachineMemory(available: available / ranks, limit: "\(limit), shared by \(ranks) ranks")
    }
}
