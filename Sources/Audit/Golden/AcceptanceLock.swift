import Core
import Foundation
import Ledger

/// The right to change golden runs of a workspace: an exclusive `flock` on `.smpo/accepting.lock`, held while this object
/// lives, and released when the process ends in whatever way.
final class AcceptanceLock {
    private let descriptor: Int32

    /// Takes the lock; waits for another process that has it. - Throws: `FileError`.
    init(_ workspace: Workspace) throws {
        try FileContents.makeFolder(workspace.acceptingParent)
        let path = workspace.accepting + ".lock"
        let opened = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
        guard opened >= 0 else { throw FileError(operation: "open", path: path, code: errno) }
        while flock(opened, LOCK_EX) != 0 {
            guard errno == EINTR else {
                let code = errno
                close(opened)
                throw FileError(operation: "lock", path: path, code: code)
            }
        }
        descriptor = opened
    }

    deinit { close(descriptor) }
}
