/// One move of an inversion, from one noise level to the next.
package struct InversionMove: Sendable, Equatable {
    /// The level left; negative levels mean ā before the first timestep.
    package let source: Int
    /// The level reached.
    package let destination: Int
    /// The timestep that the first prediction is asked at.
    package let firstLabel: Int
    /// The timestep of the correcting prediction, or nil without one.
    package let secondLabel: Int?
}

extension InversionSettings {
    /// The moves that carry a picture to timestep `t` of `count`; the official grids may have none.
    package func moves(to t: Int, of count: Int) -> [InversionMove] {
        let levels: [(source: Int, destination: Int)]
        let stride = count / steps
        switch grid {
        case .exact: levels = (0..<steps).map { ($0 * t / steps, ($0 + 1) * t / steps) }
        case .official:
            levels = (0..<steps).map { (1 + ($0 - 1) * stride, 1 + $0 * stride) }
                .filter { $0.0 < t }
        case .official022:
            levels = (0..<steps).map { (1 + ($0 - 1) * stride, 1 + $0 * stride) }.filter { $0.1 < t }
        }
        return levels.enumerated().map { index, level in
            let first =
                switch grid {
                case .exact: label == .origin ? level.source : level.destination
                case .official: level.source
                case .official022: level.destination
                }
            let corrected = renoise == .every || renoise == .last && index == levels.count - 1
            let second = grid == .official ? level.source : level.destination
            return InversionMove(
                source: level.source, destination: level.destination, firstLabel: first,
                secondLabel: corrected ? second : nil)
        }
    }
}
