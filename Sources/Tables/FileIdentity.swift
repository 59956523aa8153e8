import Core
import Foundation

/// What tells a file from another one of that name: where it lies on which volume, how long it is, when it was written.
package struct FileIdentity: Sendable, Hashable {
    /// Its path, as it was asked for.
    package let path: String
    /// Bytes.
    package let size: Int
    let device: UInt64
    let inode: UInt64
    /// Nanoseconds since 1970.
    let written: Int64

    init(path: String, _ status: stat) {
        self.path = path
        size = Int(status.st_size)
        device = UInt64(truncatingIfNeeded: status.st_dev)
        inode = UInt64(truncatingIfNeeded: status.st_ino)
        written = Int64(status.st_mtim.tv_sec) &* 1_000_000_000 &+ Int64(status.st_mtim.tv_nsec)
    }

    init(path: String, memory size: Int) {
        self.path = path
        self.size = size
        (device, inode, written) = (0, 0, 0)
    }

    /// The same in a form to keep.
    package var json: JSONValue {
        [
            "path": .string(path), "size": .integer(size), "device": .string("\(device)"), "inode": .string("\(inode)"),
            "written": .string("\(written)"),
        ]
    }
}
