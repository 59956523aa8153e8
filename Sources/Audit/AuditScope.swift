/// The part of a run that an audit replays.
package struct AuditScope: Sendable, Equatable {
    /// Only these steps, from the last checkpoint before them; nil for all.
    package var segment: ClosedRange<Int>?
    /// Whether the replay goes on after the first difference, to the last step. Not within a band.
    package var goesThrough: Bool
    /// For how long: the replay ends after the last whole step that is likely to fit, and after one in any case. Not
    /// within a band.
    package var budget: Duration?

    /// Whether only the objects that the segment's replay reads are held against their digests, not all of the run. Within
    /// a band all are.
    package var readsOwnObjects = false

    /// Whether whoever asked for a part has looked at the model that the run has handed over, so that this replay does not.
    package var leavesModel = false

    /// The whole run, up to the first difference, however long it takes.
    package init(segment: ClosedRange<Int>? = nil, goesThrough: Bool = false, budget: Duration? = nil) {
        self.segment = segment
        self.goesThrough = goesThrough
        self.budget = budget
    }
}
