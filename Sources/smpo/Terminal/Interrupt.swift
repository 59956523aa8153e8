import Foundation
import Synchronization

/// Control-C asks a run to stop after the present step; a second one ends the program at once.
enum Interrupt {
    private static let requested = Atomic<Bool>(false)

    /// Whether somebody asked to stop.
    static var isRequested: Bool { requested.load(ordering: .relaxed) }

    /// Listens from now on.
    static func listen() {
        for number in [SIGINT, SIGTERM] {
            signal(number) { _ in
                if Interrupt.requested.exchange(true, ordering: .relaxed) { _exit(130) }
            }
        }
        // Whoever started the program may have blocked signals, as Dispatch does in its threads; the block is inherited.
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGINT)
        sigaddset(&signals, SIGTERM)
        pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    }
}
