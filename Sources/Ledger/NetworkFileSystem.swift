import Foundation

/// File systems that reach over a network. SQLite's write-ahead log needs memory that all its processes share, which those of
/// several machines do not: a ledger there may be damaged. https://sqlite.org/wal.html
package enum NetworkFileSystem {
    /// The kernel's name of the network file system that holds `path`, or the folder that it would lie in; nil for any other.
    @Sendable package static func name(of path: String) -> String? {
        guard let mounts = try? String(contentsOfFile: "/proc/self/mounts", encoding: .utf8) else { return nil }
        var place = path
        while true {
            if let whole = realpath(place, nil) {
                defer { free(whole) }
                return name(of: String(cString: whole), mounts: mounts)
            }
            // What is not there yet will lie in the nearest folder that is.
            let folder = (place as NSString).deletingLastPathComponent
            guard place != "/", place != "." else { return nil }
            place = folder.isEmpty ? "." : folder
        }
    }

    /// The same for an absolute path without links, by the lines of `/proc/self/mounts`.
    package static func name(of path: String, mounts: String) -> String? {
        var best: (length: Int, kind: Substring)?
        for line in mounts.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count > 2 else { continue }
            let mount = words[1].replacing("\\040", with: " ")
            let isAbove = mount == "/" || path == mount || path.hasPrefix(mount + "/")
            // Of two mounts in one place the later one is seen.
            if isAbove, mount.utf8.count >= best?.length ?? 0 { best = (mount.utf8.count, words[2]) }
        }
        guard let kind = best?.kind, kinds.contains(String(kind)) else { return nil }
        return String(kind)
    }

    /// Of FUSE only what reaches over a network: containers and virtual machines mount folders of their own machine by it.
    private static let kinds: Set<String> = [
        "nfs", "nfs4", "cifs", "smb3", "smbfs", "lustre", "gpfs", "ceph", "beegfs", "afs", "9p", "orangefs", "panfs",
        "fuse.sshfs", "fuse.glusterfs", "fuse.ceph", "fuse.ceph-fuse", "fuse.s3fs", "fuse.gcsfuse", "fuse.goofys",
        "fuse.rclone", "fuse.juicefs", "fuse.moosefs", "fuse.lizardfs",
    ]
}
