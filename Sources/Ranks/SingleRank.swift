/// A group of one process.
package final class SingleRank: RankGroup {
    package let rank = 0
    package let hosts: [String]
    package var place = "the start"
    package var limit = SingleRank.usualLimit
    package let isStopRequested = false

    /// This process alone, on `host`.
    package init(host: String) { hosts = [host] }

    package func exchange(_ sendings: [Sending], _ receivings: [Receiving]) throws {
        precondition(sendings.isEmpty && receivings.isEmpty, "there is nobody else")
    }

    package func close() {}
}
