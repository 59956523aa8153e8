import Digests
import Foundation

/// The right to record runs into a ledger: an exclusive `flock` on the file `<ledger>.lock`, released when the process
/// ends in whatever way. The file holds the owner's process number and run, for the message that others get.
final class WriterLock: Sendable {
    private let descriptor: Int32

    /// Takes the lock, within a tenth of a second or not at all. - Throws: `LedgerError.inUse`, `LedgerError.readOnly`, `FileError`.
    init(ledger: String, attempts: Int = 4) throws {
        let path = ledger + ".lock"
        // A class whose init throws once its properties are set is still deinitialised: the property is set last, or the
        // descriptor would be closed twice, and the second close would hit a file of somebody else's.
        let opened = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
        guard opened >= 0 else {
            if errno == EROFS || errno == EACCES { throw LedgerError.readOnly(path: ledger) }
            throw FileError(operation: "open", path: path, code: errno)
        }
        // A lock that was just let go may live on for a moment in a child between fork and exec: a few tries.
        var code: Int32 = 0
        for attempt in 0..<attempts {
            if attempt > 0 { usleep(20_000) }
            if flock(opened, LOCK_EX | LOCK_NB) == 0 {
                descriptor = opened
                return
            }
            code = errno
            if code != EWOULDBLOCK { break }
        }
        close(opened)
        guard code == EWOULDBLOCK else { throw FileError(operation: "lock", path: path, code: code) }
        throw LedgerError.inUse(path: ledger, holder: WriterLock.holder(path))
    }

    deinit {
        // Closing releases the lock. The file stays: removing it would let two owners hold two files of one name.
        ftruncate(descriptor, 0)
        close(descriptor)
    }

    /// Writes who holds the lock. It is only a courtesy to others, so a failure is no error.
    func announce(run: String) {
        let text = Array("\(run), process \(getpid())".utf8)
        guard ftruncate(descriptor, 0) == 0 else { return }
        _ = text.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
    }

    /// Who holds the lock of a ledger now; nil when nobody does. The look takes a shared lock for a moment, which a
    /// writer that comes just then waits for.
    static func writer(ledger: String) -> String? {
        let path = ledger + ".lock"
        let opened = open(path, O_RDONLY | O_CLOEXEC)
        guard opened >= 0 else { return nil }
        defer { close(opened) }
        guard flock(opened, LOCK_SH | LOCK_NB) != 0, errno == EWOULDBLOCK else { return nil }
        let bytes = (try? FileContents.read(path)) ?? []
        return bytes.isEmpty ? "another process" : String(decoding: bytes, as: UTF8.self)
    }

    private static func holder(_ path: String) -> String {
        guard let bytes = try? FileContents.read(path), !bytes.isEmpty else { return "" }
        return " (\(String(decoding: bytes, as: UTF8.self)))"
    }
}
