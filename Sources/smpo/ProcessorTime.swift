import Foundation

/// Processor time of this process, over all its threads.
enum ProcessorTime {
    /// Seconds since the process began.
    static func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
