import Ranks

/// A rank that hands everything on to another, for those that do something on the way.
package final class ForwardingRank: RankGroup {
    private let group: any RankGroup
    /// Does an exchange by the rank behind, and what else it likes.
    private let onExchange: (any RankGroup, [Sending], [Receiving]) throws -> Void

    /// One in front of `group`.
    package init(_ group: any RankGroup, onExchange: @escaping (any RankGroup, [Sending], [Receiving]) throws -> Void) {
        (self.group, self.onExchange) = (group, onExchange)
    }

    package var rank: Int { group.rank }
    package var hosts: [String] { group.hosts }
    package var place: String {
        get { group.place }
        set { group.place = newValue }
    }
    package var limit: Duration {
        get { group.limit }
        set { group.limit = newValue }
    }
    package var isStopRequested: Bool { group.isStopRequested }
    package func exchange(_ sendings: [Sending], _ receivings: [Receiving]) throws {
        try onExchange(group, sendings, receivings)
    }
    package func close() throws { try group.close() }
}
