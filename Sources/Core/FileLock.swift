import Foundation

/// The right to do what only one process may do at a time: an exclusive `flock` on a file, held while this object lives, and
/// released when the process ends in whatever way.
package final class FileLock {
    private let descriptor: Int32

    /// Takes the lock; waits for another process that has it. - Throws: `FileError`.
    package init(_ path: String) throws {
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
