import Ranks

/// A rank that hands everything on to another, for those that do something on the way.
class ForwardingRank: RankGroup {
    private let group: any RankGroup
    init(_ group: any RankGroup) { self.group = group }
    var rank: Int { group.rank }
    var hosts: [String] { group.hosts }
    var place: String {
        get { group.place }
        set { group.place = newValue }
    }
    var limit: Duration {
        get { group.limit }
        set { group.limit = newValue }
    }
    var isStopRequested: Bool { group.isStopRequested }
    func exchange(_ sendings: [Sending], _ receivings: [Receiving]) throws {
        try group.exchange(sendings, receivings)
    }
    func close() throws { try group.close() }
}
