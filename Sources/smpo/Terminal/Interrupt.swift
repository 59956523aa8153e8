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
    }
}
