import Compute
import Core
import Jobs

/// A work whose parts are files that all machines see, each whole or not there, with the same bytes whoever makes it: every task
/// makes a share of those that are missing, and whoever asked reads them.
struct ClusterShares {
    /// The word of the command in the job's description.
    let kind: String
    let cluster: ClusterJobs
    /// Digests of what the parts follow from.
    let evidence: [String: Digest]
    /// The number of shares.
    let count: Int

    /// Shares where the user does not say how many.
    static let usual = 8

    /// Has all shares made. What an earlier job of the same question has left is used; where its parts have gone since, they are
    /// made anew.
    /// - Parameters:
    ///   - arguments: the command of a share.
    ///   - isWhole: whether no part is missing.
    /// - Throws: `CommandFailure` of a share that came to nothing, `Incomplete`, what `ClusterJobs.results` throws.
    func make(_ arguments: (Int) -> [String], isWhole: () throws -> Bool) throws {
        for round in 0..<Self.rounds {
            if try isWhole() { return }
            let description = JobDescription(
                kind: kind, request: ["round": .integer(round)], evidence: evidence,
                program: try OwnProcesses.digest(), contract: Contract.standard.rawValue,
                tasks: (0..<count).map { share in
                    Job("share \(share + 1) of \(count)", [Command(arguments(share))])
                })
            let results = try cluster.results(description, unit: "share")
            for (_, result) in results.sorted(by: { $0.key < $1.key }) {
                for ending in result.endings where ending.exitCode != 0 { throw ending.failure() }
            }
            guard results.count == count else {
                throw Incomplete(done: results.count, total: count, unit: "shares", isGathered: false)
            }
        }
        guard try isWhole() else { throw NotWhole(kind: kind) }
    }

    /// Questions in a row, of which each may find that the one before it was answered long ago.
    private static let rounds = 16

    /// All shares say that they are done, and something is missing.
    struct NotWhole: Error, CustomStringConvertible {
        let kind: String
        var description: String {
            "smpo \(kind): all tasks have ended well, but not all that they should have made is there: do all machines see the folder?"
        }
    }
}
