import Core
import Foundation

/// A folder of its own in which a task works, below the task's: it sees what another folder holds, by links, and makes what it
/// makes beside that. Two copies of a task that run at once are in each other's way nowhere, and one that is killed leaves
/// nothing in that folder.
package struct TaskPlace: Sendable, Equatable {
    /// What the task sees: an absolute path, the same on all machines.
    package let home: String
    /// Paths below that which it does not see, for it makes its own.
    package var own: [String]
    /// Paths at which it sees something else: links, by their places. `Job.folderToken` may stand in a target.
    package let links: [String: String]
    /// Paths that have to lie on a disk of the machine, and are not handed on: links into a folder that goes with the task.
    package let local: [String]

    /// A place from which all of `home` is seen but `own`, what is `local`, and what is linked instead.
    package init(home: String, own: [String] = [], links: [String: String] = [:], local: [String] = []) {
        (self.home, self.own, self.links, self.local) = (home, own, links, local)
    }

    /// How the name of a place begins, below the folder of its task.
    static let prefix = "work-"

    /// A name that no other try of the task has.
    static func name() -> String { "\(prefix)\(ThisHost.name)-\(getpid())" }

    /// Whether it has nothing of its own: then the task works in `home` itself.
    var isHome: Bool { own.isEmpty && links.isEmpty && local.isEmpty }

    private var hidden: [String] { own + links.keys + local }

    /// Makes it in the folder `place`; `job` is the job's, and `scratch` one on a disk of the machine. - Throws: `FileError`.
    func make(_ place: String, in job: String, scratch: String) throws {
        // Of a process of the same number that was killed.
        try? FileManager.default.removeItem(atPath: place)
        try FileContents.makeFolder(place)
        try see("", place)
        for path in hidden.sorted(by: utf8Less) {
            try FileContents.makeFolder(AtomicFile.folder(of: "\(place)/\(path)"))
        }
        for (path, target) in links.sorted(by: { utf8Less($0.key, $1.key) }) {
            try TaskPlace.link(target.replacing(Job.folderToken, with: job), at: "\(place)/\(path)")
        }
        for (number, path) in local.enumerated() {
            try TaskPlace.link("\(scratch)/\(number)", at: "\(place)/\(path)")
        }
    }

    /// Links what lies in `path` of the home; folders that have something of the task's own are made.
    private func see(_ path: String, _ place: String) throws {
        for name in try FileContents.names(in: path.isEmpty ? home : "\(home)/\(path)") {
            let below = path.isEmpty ? name : "\(path)/\(name)"
            if hidden.contains(where: { utf8Equal($0, below) }) { continue }
            guard hidden.contains(where: { $0.hasPrefix(below + "/") }) else {
                try TaskPlace.link("\(home)/\(below)", at: "\(place)/\(below)")
                continue
            }
            try FileContents.makeFolder("\(place)/\(below)")
            try see(below, place)
        }
    }

    private static func link(_ target: String, at path: String) throws {
        guard symlink(target, path) == 0 else { throw FileError(operation: "link", path: path, code: errno) }
    }

    /// Its form in a description.
    var json: JSONValue {
        [
            "home": .string(home), "own": .array(own.map { .string($0) }),
            "links": .object(JSONObject(links.map { ($0.key, .string($0.value)) })),
            "local": .array(local.map { .string($0) }),
        ]
    }

    /// Reads the form in a description. - Throws: `JSONShapeError`, also for a path that leads out of the place.
    init(json cursor: JSONCursor) throws {
        try cursor.requireOnly(["home", "own", "links", "local"])
        func path(_ text: String, _ cursor: JSONCursor) throws -> String {
            let words = text.split(separator: "/", omittingEmptySubsequences: false)
            guard !text.isEmpty, !words.contains(where: { ["", ".", ".."].contains($0) }) else {
                throw cursor.error(expected: "a path below the task's folder", found: text)
            }
            return text
        }
        let home = try cursor["home"].string()
        guard home.hasPrefix("/") else { throw try cursor["home"].error(expected: "an absolute path", found: home) }
        self.init(
            home: home, own: try cursor["own"].elements().map { try path($0.string(), $0) },
            links: Dictionary(
                uniqueKeysWithValues: try cursor["links"].members().map {
                    (try path($0.key, $0.value), try $0.value.string())
                }), local: try cursor["local"].elements().map { try path($0.string(), $0) })
    }
}
