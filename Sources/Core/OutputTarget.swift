import Foundation

/// Where the bytes for a path go: what a person who writes `> PATH` expects, with the safety of a rename where there is one.
package enum OutputTarget {
    /// A regular file at `path`, which is no link, or none yet; `replaced` is the one that is there.
    case file(path: String, replaced: stat?)
    /// A device, a FIFO or a descriptor of this process, which is written through. Whoever resolved it closes it.
    case stream(descriptor: Int32)

    /// Follows links to their end, also to where nothing is yet, and opens what is no regular file. A FIFO is waited for
    /// until somebody reads from it. - Throws: `FileError` for a folder, a socket, a loop of links.
    package static func resolve(_ path: String) throws -> OutputTarget {
        switch try follow(path) {
        case .descriptor(let number):
            // In order with what was printed before.
            fflush(nil)
            let copy = fcntl(number, F_DUPFD_CLOEXEC, 3)
            guard copy >= 0 else { throw FileError.last("write", path) }
            return .stream(descriptor: copy)
        case .nothing(let path): return .file(path: path, replaced: nil)
        case .entry(let end, let status):
            switch status.st_mode & S_IFMT {
            case S_IFREG: return .file(path: end, replaced: status)
            case S_IFDIR: throw FileError(operation: "write", path: path, code: EISDIR)
            case S_IFSOCK: throw FileError(operation: "write into the socket", path: path, code: EOPNOTSUPP)
            default:
                while true {
                    let opened = open(end, O_WRONLY | O_CLOEXEC | O_NOCTTY)
                    if opened >= 0 { return .stream(descriptor: opened) }
                    guard errno == EINTR else { throw FileError.last("write", path) }
                }
            }
        }
    }

    /// Whether a path leads to this process's standard output by its descriptor, as `/dev/stdout` does.
    package static func isStandardOutput(_ path: String) -> Bool {
        guard case .descriptor(let number)? = try? follow(path) else { return false }
        return number == STDOUT_FILENO
    }

    /// Whether a path leads to what is written through: no regular file, nor a folder, and something is there.
    package static func isStream(_ path: String) -> Bool {
        switch try? follow(path) {
        case .descriptor: true
        case .entry(_, let status): ![S_IFREG, S_IFDIR].contains(status.st_mode & S_IFMT)
        case .nothing, nil: false
        }
    }

    /// Where a path leads, if a regular file is there: device and inode, which are the same by whatever name.
    package static func identity(_ path: String) -> (device: UInt64, inode: UInt64)? {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        return (UInt64(status.st_dev), UInt64(status.st_ino))
    }

    private enum End {
        case descriptor(Int32)
        case nothing(String)
        case entry(String, stat)
    }

    private static func follow(_ path: String) throws -> End {
        var current = path
        // As many links as the kernel follows.
        for _ in 0...40 {
            if let number = Descriptor.number(of: current) { return .descriptor(number) }
            var status = stat()
            guard lstat(current, &status) == 0 else {
                guard errno == ENOENT else { throw FileError.last("write", path) }
                return .nothing(current)
            }
            guard status.st_mode & S_IFMT == S_IFLNK else { return .entry(current, status) }
            var buffer = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
            guard readlink(current, &buffer, Int(PATH_MAX)) >= 0 else { throw FileError.last("write", path) }
            let target = buffer.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
            current = target.hasPrefix("/") ? target : AtomicFile.folder(of: current) + "/" + target
        }
        throw FileError(operation: "write", path: path, code: ELOOP)
    }
}
