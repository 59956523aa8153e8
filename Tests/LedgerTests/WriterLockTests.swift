import Core
import Foundation
import Synchronization
import Testing

@testable import Ledger

@Suite struct WriterLockTests {
    /// A refused lock closes its own descriptor once. A second close would hit a file that another thread has opened in
    /// between, which then fails with "Bad file descriptor" or reads somebody else's file.
    @Test func aRefusedLockTouchesNoOtherFile() throws {
        try Sample.withFolder { folder in
            let ledger = folder + "/l.sqlite"
            let held = try WriterLock(ledger: ledger, run: "run-1")
            let paths = (0..<4).map { "\(folder)/file-\($0)" }
            for path in paths { try AtomicFile.write(Array(path.utf8), to: path) }
            let wrong = Mutex(0)
            DispatchQueue.concurrentPerform(iterations: 8) { thread in
                for _ in 0..<2000 {
                    if thread % 2 == 0 {
                        _ = try? WriterLock(ledger: ledger, run: "run-1", attempts: 1)
                    } else {
                        let path = paths[thread / 2]
                        if (try? FileContents.read(path)) != Array(path.utf8) { wrong.withLock { $0 += 1 } }
                    }
                }
            }
            #expect(wrong.withLock { $0 } == 0)
            withExtendedLifetime(held) {}
        }
    }
}
