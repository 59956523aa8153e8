/// Why ranks cannot go on together.
package enum RankError: Error, Equatable, CustomStringConvertible {
    /// Nothing came of these ranks within the limit.
    case silent(ranks: [Int], hosts: [String], seconds: Int, place: String)
    /// A rank has ended.
    case ended(rank: Int, host: String, reason: String, place: String)
    /// A rank cannot go on, for a reason of its own.
    case failed(rank: Int, host: String, reason: String)
    /// A rank sent other than so many bytes.
    case length(rank: Int, host: String, expected: Int, place: String)
    /// A rank has something that must be the same on all.
    case different(what: String, rank: Int, host: String, expected: String, found: String)
    /// The process that started this one as a rank does not answer as `smpo-mpi` does.
    case bridge(problem: String)

    /// The message.
    package var description: String {
        switch self {
        case .silent(let ranks, let hosts, let seconds, let place):
            "no word from " + zip(ranks, hosts).map { "rank \($0) (host \($1))" }.joined(separator: ", ")
                + " for \(seconds) s, at \(place)"
        case .ended(let rank, let host, let reason, let place):
            "rank \(rank) (host \(host)) has ended, at \(place): \(reason)"
        case .failed(let rank, let host, let reason): "rank \(rank) (host \(host)): \(reason)"
        case .length(let rank, let host, let expected, let place):
            "rank \(rank) (host \(host)): expected \(expected) bytes, found another number, at \(place); do all ranks run "
                + "the same program?"
        case .different(let what, let rank, let host, let expected, let found):
            "\(what): expected \(expected) as on the other ranks, found \(found) on rank \(rank) (host \(host))"
        case .bridge(let problem):
            "smpo-mpi: \(problem); build it from this version's Packaging/mpi/smpo-mpi.c"
        }
    }
}
