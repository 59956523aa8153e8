import Foundation

/// Writing to an open descriptor.
package enum Descriptor {
    /// Writes all bytes, in as many calls as it takes; false, with the reason in `errno`, where that fails.
    package static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = Foundation.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
            if count < 0 {
                if errno == EINTR { continue }
                // A descriptor that somebody else made non-blocking, such as a terminal's: wait until there is room.
                if errno == EAGAIN || errno == EWOULDBLOCK {
                    var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                    if poll(&wait, 1, -1) >= 0 || errno == EINTR { continue }
                }
                return false
            }
            rest = rest.dropFirst(count)
        }
        return true
    }

    /// The number of the descriptor of this process that a path stands for: `/dev/fd/1`, `/proc/self/fd/1`. Links are not
    /// followed: `/dev/stdout` is one.
    static func number(of path: String) -> Int32? {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return nil }
        let name = path[path.utf8.index(after: slash)...]
        guard !name.isEmpty, name.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let number = Int32(name), let folder = realpath(AtomicFile.folder(of: path), nil)
        else { return nil }
        defer { free(folder) }
        return String(cString: folder) == "/proc/\(getpid())/fd" ? number : nil
    }
}
