import Core
import Foundation
import Testing

/// The right to do what one process may do at a time.
@Suite struct FileLockTests {
    private struct Enough: Error {}

    private func withPath(_ body: (String) throws -> Void) throws {
        let folder = NSTemporaryDirectory() + "lock-\(UUID().uuidString)"
        try FileContents.makeFolder(folder)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body("\(folder)/lock")
    }

    @Test func whoComesSecondWaitsAndMayGiveUp() throws {
        try withPath { path in
            var first: FileLock? = try FileLock(passing: path) { Issue.record("nobody has it") }
            #expect(throws: Enough.self) { try FileLock(passing: path) { throw Enough() } }
            // Giving up takes nothing away from the one who has it.
            #expect(first != nil && FileContents.exists(path))
            var waits = 0
            let second = try FileLock(passing: path) {
                waits += 1
                if waits == 2 { first = nil }
            }
            #expect(waits == 2 && FileContents.exists(path))
            withExtendedLifetime(second) {}
        }
    }

    @Test func theFileGoesWithTheLock() throws {
        try withPath { path in
            for _ in 0..<3 {
                let lock = try FileLock(passing: path) { Issue.record("nobody has it") }
                #expect(FileContents.exists(path))
                withExtendedLifetime(lock) {}
                _ = consume lock
                #expect(!FileContents.exists(path))
            }
            let kept = try FileLock(path)
            withExtendedLifetime(kept) {}
            _ = consume kept
            #expect(FileContents.exists(path))
        }
    }

    /// Many threads on one path: never two at a time, whatever files come and go.
    @Test func neverTwoAtATime() throws {
        try withPath { path in
            let inside = "\(path).inside"
            DispatchQueue.concurrentPerform(iterations: 8) { _ in
                do {
                    for _ in 0..<5 {
                        let lock = try FileLock(passing: path) {}
                        let opened = open(inside, O_WRONLY | O_CREAT | O_EXCL, 0o600)
                        #expect(opened >= 0, "somebody else is inside")
                        close(opened)
                        #expect(unlink(inside) == 0)
                        withExtendedLifetime(lock) {}
                    }
                } catch { Issue.record("\(error)") }
            }
            #expect(!FileContents.exists(path))
        }
    }

    @Test func whatCannotBeLockedIsSaidSo() throws {
        try withPath { path in
            let error = try #require(throws: FileError.self) { try FileLock(passing: "\(path)/no/lock") {} }
            #expect(error.code == ENOENT && error.path == "\(path)/no/lock")
        }
    }
}
