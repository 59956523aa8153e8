import CKernels
import Glibc

/// Keeps the threads of a pool off the core of the thread that calls it.
///
/// Linux often wakes a thread on the core of the one that wakes it and leaves it there for milliseconds, longer than
/// most jobs take, while another core idles.
struct SeparateCore {
    /// The core that the threads do not use now.
    private var barred: Int32 = -1

    /// Nil for a single worker, where workers have to share cores, and where the system does not say.
    init?(workers: Int) {
        guard workers > 1, workers <= Int(ck_core_count()) else { return nil }
    }

    /// Bars `threads` from the core that the caller is on, where that has changed.
    mutating func keep(_ threads: [pthread_t]) {
        let core = ck_core()
        guard core != barred else { return }
        barred = core
        ck_keep_off(core, threads, threads.count)
    }
}
