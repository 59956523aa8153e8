/// What an audit by drawing computes by itself: a step, or a lane of one, both from 1.
package struct DrawnUnit: Sendable, Hashable, Comparable {
    package let step: Int
    /// Nil for the whole step.
    package let lane: Int?

    /// A step, or a lane of it.
    package init(step: Int, lane: Int? = nil) { (self.step, self.lane) = (step, lane) }

    /// `17`, or `17/3`; nil for any other text.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
        guard (1...2).contains(parts.count), let step = parts[0], step >= 1 else { return nil }
        if parts.count == 2 {
            guard let lane = parts[1], lane >= 1 else { return nil }
            self.init(step: step, lane: lane)
        } else {
            self.init(step: step)
        }
    }

    /// As it is written.
    package var text: String { "\(step)" + (lane.map { "/\($0)" } ?? "") }

    /// By step and lane.
    package static func < (left: DrawnUnit, right: DrawnUnit) -> Bool {
        (left.step, left.lane ?? 0) < (right.step, right.lane ?? 0)
    }
}
