/// A part of a run that there is not.
package struct SegmentError: Error, Equatable, CustomStringConvertible {
    /// The run.
    package let run: String
    /// Its steps.
    package let steps: Int
    /// The steps that were asked for.
    package let segment: ClosedRange<Int>

    /// The message.
    package var description: String {
        "\(run) has the steps 1 to \(steps): there is no segment \(segment.lowerBound)..\(segment.upperBound)"
    }

    /// - Throws: `SegmentError` when not all of `segment` lies within the run's steps.
    static func check(_ segment: ClosedRange<Int>, run: String, steps: Int) throws {
        guard segment.lowerBound >= 1, segment.upperBound <= steps else {
            throw SegmentError(run: run, steps: steps, segment: segment)
        }
    }
}
