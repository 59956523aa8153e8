import CKernels
import Synchronization

/// Median and 99th percentile of a tensor's distances, found while its pieces are compared, if they lie in the windows that
/// a sample has proposed. Which windows those are changes no figure, only whether the tensor is read again.
final class WindowedPercentiles: Sendable {
    private struct State {
        var windows: [DistanceWindow]
        var pieces: Int
        var histogram = [Int](repeating: 0, count: Int(CK_ULP_MAX_BIN) + 1)
        var found: (median: UInt64?, percentile99: UInt64?)
    }

    /// The places of the windows, for the kernel.
    let places: [(low: UInt64, width: UInt64)]
    private let state: Mutex<State>

    init(windows: [DistanceWindow], pieces: Int) {
        places = windows.map { ($0.low, $0.width) }
        state = Mutex(State(windows: windows, pieces: pieces))
    }

    /// Adds what a piece was found to have. With the last one the percentiles are taken and the distances let go.
    func add(_ piece: ck_difference, _ windows: UnsafeMutableBufferPointer<ck_distance_window>) {
        state.withLock { state in
            for (index, window) in windows.enumerated() { state.windows[index].add(window) }
            for (bin, amount) in piece.counts.enumerated() { state.histogram[bin] += amount }
            state.pieces -= 1
            guard state.pieces == 0 else { return }
            let ranks = DistanceRanks(histogram: state.histogram)
            func distance(_ percent: Int) -> UInt64? {
                let search = ranks.search(percent: percent)
                if search.isExact { return search.low }
                let rank = DistanceRanks.rank(percent, of: ranks.total)
                for window in state.windows {
                    if let found = window.distance(rank: rank, equal: state.histogram[0]) { return found }
                }
                return nil
            }
            state.found = (distance(50), distance(99))
            state.windows = []
        }
    }

    /// What was found; `nil` what lies in no window.
    var found: (median: UInt64?, percentile99: UInt64?) { state.withLock { $0.found } }
}
