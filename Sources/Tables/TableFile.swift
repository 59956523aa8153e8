import Foundation
import Synchronization

/// A regular file that parts of a table are read from, or bytes in memory that stand for one.
///
/// It is opened for each reading, so that a table of a thousand files holds no descriptor, and every time it must be the
/// file that it was at first. Reading instead of mapping turns a file that is cut meanwhile into an error.
struct TableFile: Sendable {
    let identity: FileIdentity
    /// How many of its bytes were read, those of all copies together.
    let counted = ByteCount()
    private let memory: [UInt8]?

    var path: String { identity.path }
    var size: Int { identity.size }
    var place: TablePlace { TablePlace(file: path) }

    /// - Throws: `TableError`: `unreadable`.
    init(path: String) throws {
        let (descriptor, identity) = try Self.open(path)
        close(descriptor)
        self.identity = identity
        memory = nil
    }

    /// Bytes in memory; `path` is for messages.
    init(path: String, bytes: [UInt8]) {
        identity = FileIdentity(path: path, memory: bytes.count)
        memory = bytes
    }

    /// The bytes of a range. - Throws: `TableError`: `truncated`, `unreadable`, `changed`.
    func bytes(_ range: Range<Int>, _ place: TablePlace) throws -> [UInt8] {
        guard range.lowerBound >= 0, range.upperBound <= size else {
            throw place.at(range.lowerBound).error(
                .truncated, "the file ends before", expected: "\(range.count) bytes here",
                found: "\(max(0, size - range.lowerBound)) of them", hint: "it was cut: fetch it again")
        }
        if range.isEmpty { return [] }
        counted.add(range.count)
        if let memory { return Array(memory[range]) }
        let (descriptor, now) = try Self.open(path)
        defer { close(descriptor) }
        guard now == identity else {
            throw place.error(
                .changed, "another file than when it was opened", expected: "\(identity.size) bytes, as then",
                found: "\(now.size) bytes, written at another time", hint: "start again")
        }
        posix_fadvise(descriptor, off_t(range.lowerBound), off_t(range.count), POSIX_FADV_WILLNEED)
        return try [UInt8](unsafeUninitializedCapacity: range.count) { buffer, count in
            var done = 0
            while done < range.count {
                let got = pread(
                    descriptor, buffer.baseAddress! + done, range.count - done, off_t(range.lowerBound + done))
                if got < 0 && errno == EINTR { continue }
                guard got >= 0 else { throw Self.failure("cannot read", path) }
                guard got > 0 else {
                    throw place.at(range.lowerBound + done).error(.changed, "the file was cut while it was read")
                }
                done += got
            }
            count = done
        }
    }

    private static func open(_ path: String) throws -> (Int32, FileIdentity) {
        // A pipe without writer would block; a regular file does not care.
        let descriptor = Foundation.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw failure("cannot open", path) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            defer { close(descriptor) }
            throw failure("cannot examine", path)
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw TablePlace(file: path).error(.unreadable, "not a regular file")
        }
        return (descriptor, FileIdentity(path: path, status))
    }

    private static func failure(_ action: String, _ path: String) -> TableError {
        TablePlace(file: path).error(.unreadable, "\(action): \(String(cString: strerror(errno)))")
    }
}

/// A number of bytes that threads add to.
final class ByteCount: Sendable {
    private let bytes = Atomic(0)

    /// All that was added.
    var total: Int { bytes.load(ordering: .relaxed) }

    func add(_ count: Int) { bytes.add(count, ordering: .relaxed) }
}
