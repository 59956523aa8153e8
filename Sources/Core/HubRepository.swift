import Foundation

/// A repository as the hub's client keeps it on this machine: `models--org--name/` with `blobs/`, and `snapshots/REVISION/`
/// whose files are links into `blobs/`. Such a link is as good as the file; one that leaves the repository is not.
package struct HubRepository: Sendable {
    /// The repository's folder, without links.
    package let path: String

    private static let marks = ["models--", "datasets--", "spaces--"]

    /// The repository whose snapshot holds a file or folder; `nil` where it is in none.
    package init?(holding place: String) {
        guard let real = Self.resolved(place) else { return nil }
        let parts = real.split(separator: "/")
        guard
            let snapshots = parts.indices.dropFirst().last(where: {
                parts[$0] == "snapshots" && Self.marks.contains(where: parts[$0 - 1].hasPrefix)
            })
        else { return nil }
        path = "/" + parts[..<snapshots].joined(separator: "/")
    }

    /// Whether what a path leads to, links followed, is within the repository.
    package func holds(_ place: String) -> Bool { Self.resolved(place)?.hasPrefix(path + "/") ?? false }

    /// The path without links; `nil` where it leads nowhere.
    private static func resolved(_ path: String) -> String? {
        guard let real = realpath(path, nil) else { return nil }
        defer { free(real) }
        return String(cString: real)
    }
}
