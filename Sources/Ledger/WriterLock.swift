import Core
import Foundation

/// The right to record one run: an exclusive `flock` on the file `<ledger>.locks/<run>`, released when the process ends
/// in whatever way. The file holds the owner's process number, for the message that others get.
///
/// Runs of one ledger have locks of their own, so several can be recorded at once; SQLite puts their transactions in
/// order.
final class WriterLock: Sendable {
    private let path: String
    private let descriptor: Int32

    /// Takes the lock, within a tenth of a second or not at all.
    /// - Throws: `LedgerError.recordedElsewhere`, `LedgerError.readOnly`, `FileError`.
    init(ledger: String, run: String, attempts: Int = 4) throws {
        let folder = WriterLock.folder(ledger)
        path = "\(folder)/\(run)"
        try FileContents.makeFolder(folder)
        // A class whose init throws once its properties are set is still deinitialised: the descriptor is set last, or
        // it would be closed twice, and the second close would hit a file of somebody else's.
        var code: Int32 = 0
        var attempt = 0
        while attempt < attempts {
            let opened = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
            guard opened >= 0 else {
                if errno == EROFS || errno == EACCES { throw LedgerError.readOnly(path: ledger) }
                throw FileError(operation: "open", path: path, code: errno)
            }
            if flock(opened, LOCK_EX | LOCK_NB) == 0 {
                // The owner before us removes the file before it lets go: what we locked may have no name any more.
                if WriterLock.isNamed(opened, path) {
                    descriptor = opened
                    return
                }
                close(opened)
                continue
            }
            code = errno
            close(opened)
            if code != EWOULDBLOCK { break }
            // A lock that was just let go may live on for a moment in a child between fork and exec: a few tries.
            attempt += 1
            usleep(20_000)
        }
        guard code == EWOULDBLOCK else { throw FileError(operation: "lock", path: path, code: code) }
        throw LedgerError.recordedElsewhere(run: run, holder: WriterLock.holder((try? FileContents.read(path)) ?? []))
    }

    deinit {
        unlink(path)
        close(descriptor)
    }

    /// Writes who holds the lock. It is only a courtesy to others, so a failure is no error.
    func announce() {
        let text = Array("process \(getpid())".utf8)
        guard ftruncate(descriptor, 0) == 0 else { return }
        _ = text.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
    }

    /// The runs of a ledger that are being recorded now, and by whom (`process 4711`). The look takes a shared lock for
    /// a moment, which a writer that comes just then waits for.
    static func writers(ledger: String) -> [(run: String, holder: String)] {
        let folder = folder(ledger)
        let runs = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted(by: utf8Less)
        return runs.compactMap { run in
            let path = "\(folder)/\(run)"
            let opened = open(path, O_RDONLY | O_CLOEXEC)
            guard opened >= 0 else { return nil }
            defer { close(opened) }
            guard flock(opened, LOCK_SH | LOCK_NB) != 0, errno == EWOULDBLOCK else { return nil }
            let bytes = (try? FileContents.read(path)) ?? []
            return (run, WriterLock.holder(bytes))
        }
    }

    /// The process that has announced itself in a lock's file.
    private static func holder(_ bytes: [UInt8]) -> String {
        bytes.isEmpty ? "another process" : String(decoding: bytes, as: UTF8.self)
    }

    private static func folder(_ ledger: String) -> String { ledger + ".locks" }

    private static func isNamed(_ descriptor: Int32, _ path: String) -> Bool {
        var (held, named) = (stat(), stat())
        return fstat(descriptor, &held) == 0 && stat(path, &named) == 0 && held.st_ino == named.st_ino
            && held.st_dev == named.st_dev
    }
}
