import Core
import Foundation
import Synchronization

/// Touches a file again and again, so that others see that this process lives.
final class Heartbeat: Sendable {
    private let isOver = Atomic<Bool>(false)

    /// Every five seconds.
    init(_ path: String) {
        let text = Array("\(ThisHost.name) process \(getpid())\n".utf8)
        try? AtomicFile.write(text, to: path)
        Thread.detachNewThread { [weak self] in
            var ticks = 0
            while let self, !self.isOver.load(ordering: .relaxed) {
                usleep(100_000)
                ticks += 1
                if ticks % 50 == 0 { utimes(path, nil) }
            }
        }
    }

    func end() { isOver.store(true, ordering: .relaxed) }
}
