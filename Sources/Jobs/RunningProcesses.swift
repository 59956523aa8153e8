import Foundation
import Synchronization

/// The processes that were started and have not ended, so that a handler of a signal that ends this program can end
/// them too: each has a process group of its own, which a terminal's signal does not reach.
package enum RunningProcesses {
    /// So many at a time; one more is not remembered.
    private static let most = 256
    /// Zero where a place is free. Neither allocated nor freed while the program runs: a signal may come at any moment.
    private nonisolated(unsafe) static let numbers: UnsafeMutablePointer<pid_t> = {
        let numbers = UnsafeMutablePointer<pid_t>.allocate(capacity: most)
        numbers.initialize(repeating: 0, count: most)
        return numbers
    }()
    private static let lock = Mutex(())

    /// Makes room, which a signal handler must not.
    package static func prepare() { _ = numbers }

    static func add(_ number: pid_t) { replace(0, by: number) }

    static func forget(_ number: pid_t) { replace(number, by: 0) }

    private static func replace(_ old: pid_t, by new: pid_t) {
        lock.withLock { _ in
            if let place = (0..<most).first(where: { numbers[$0] == old }) { numbers[place] = new }
        }
    }

    /// Asks them all to end. May be called by a signal handler of a program that then ends.
    package static func terminate() {
        for place in 0..<most where numbers[place] > 0 { kill(numbers[place], SIGTERM) }
    }
}
