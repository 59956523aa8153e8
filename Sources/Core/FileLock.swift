import Foundation

/// The right to do what only one process may do at a time: an exclusive `flock` on a file, held while this object lives, and
/// released when the process ends in whatever way.
package final class FileLock {
    private let descriptor: Int32
    /// The path of a file that goes with the lock.
    private let passing: String?

    /// Takes the lock; waits for another process that has it. - Throws: `FileError`.
    package init(_ path: String) throws {
        let opened = try FileLock.open(path)
        while flock(opened, LOCK_EX) != 0 {
            guard errno == EINTR else {
                let code = errno
                close(opened)
                throw FileError(operation: "lock", path: path, code: code)
            }
        }
        (descriptor, passing) = (opened, nil)
    }

    /// Takes the lock on a file that is removed when it is let go. While another process has it, `waiting` is called again and
    /// again, and may throw to give up. - Throws: `FileError`, and what `waiting` throws.
    package init(passing path: String, waiting: () throws -> Void) throws {
        while true {
            let opened = try FileLock.open(path)
            if flock(opened, LOCK_EX | LOCK_NB) == 0 {
                // The owner before us removes the file before it lets go: what we locked may have no name any more.
                if FileLock.isNamed(opened, path) {
                    (descriptor, passing) = (opened, path)
                    return
                }
                close(opened)
                continue
            }
            let code = errno
            close(opened)
            guard code == EWOULDBLOCK || code == EINTR else {
                throw FileError(operation: "lock", path: path, code: code)
            }
            try waiting()
            usleep(50_000)
        }
    }

    deinit {
        if let passing { unlink(passing) }
        close(descriptor)
    }

    private static func open(_ path: String) throws -> Int32 {
        let opened = Foundation.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
        guard opened >= 0 else { throw FileError.last("open", path) }
        return opened
    }

    /// Whether the open file is the one at `path`.
    private static func isNamed(_ descriptor: Int32, _ path: String) -> Bool {
        var (held, named) = (stat(), stat())
        return fstat(descriptor, &held) == 0 && stat(path, &named) == 0 && held.st_ino == named.st_ino
            && held.st_dev == named.st_dev
    }
}
