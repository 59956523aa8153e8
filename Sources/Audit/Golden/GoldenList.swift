import Core
import Ledger

/// The list of golden runs, `Golden/runs.txt`: a name a line, comments after `#`. It says which runs there must be, so
/// that one that goes missing is missed.
package struct GoldenList: Sendable, Equatable {
    /// The path of the file.
    package let path: String
    /// The lines as they stand.
    private var lines: [String]

    /// A line that names no run, or one that is named before.
    package struct BadLine: Error, Equatable, CustomStringConvertible {
        /// The file and the line, from 1.
        package let path: String, line: Int
        /// The line's text, and its fault.
        package let found: String, problem: String
        /// The message.
        package var description: String { "\(path):\(line): \(problem), found \"\(found)\"" }
    }

    /// A list of these runs.
    package init(path: String, runs: some Sequence<String>) {
        self.path = path
        lines = ["# The golden runs, kept by `smpo golden accept`."] + Set(runs).sorted(by: utf8Less)
    }

    /// Reads the file; nil where there is none. - Throws: `FileError`, `BadLine`.
    package static func read(_ path: String) throws -> GoldenList? {
        guard FileContents.exists(path) else { return nil }
        var list = GoldenList(path: path, runs: [String]())
        let text = String(decoding: try FileContents.read(path), as: UTF8.self)
        // CR and LF in a row are one character.
        list.lines = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }.map(String.init)
        if list.lines.last == "" { list.lines.removeLast() }
        var seen: Set<String> = []
        for (index, line) in list.lines.enumerated() {
            guard let name = name(in: line) else { continue }
            func bad(_ problem: String) -> BadLine {
                BadLine(path: path, line: index + 1, found: name, problem: problem)
            }
            guard RunName.isValid(name) else { throw bad("expected the name of a run") }
            guard seen.insert(name).inserted else { throw bad("expected each run once") }
        }
        return list
    }

    /// The runs, in the order of the lines.
    package var runs: [String] { lines.compactMap(GoldenList.name) }

    /// The line of a run, from 1.
    package func line(of run: String) -> Int? {
        lines.firstIndex { GoldenList.name(in: $0) == run }.map { $0 + 1 }
    }

    /// Adds a run before the first greater name, if it is not there; the other lines stay.
    package mutating func add(_ run: String) {
        guard line(of: run) == nil else { return }
        let place = lines.firstIndex { GoldenList.name(in: $0).map { utf8Less(run, $0) } ?? false }
        lines.insert(run, at: place ?? lines.count)
    }

    /// Writes the file, at another path where that is given. - Throws: `FileError`.
    package func write(to other: String? = nil) throws {
        try AtomicFile.write(lines.map { $0 + "\n" }.joined(), to: other ?? path)
    }

    private static func name(in line: String) -> String? {
        let bare = line.prefix { $0 != "#" }
        let name = bare.drop { $0 == " " || $0 == "\t" }
        let end = name.lastIndex { $0 != " " && $0 != "\t" }
        return end.map { String(name[...$0]) }
    }
}

extension Workspace {
    /// The list of golden runs.
    package var goldenList: String { "\(golden)/runs.txt" }
}
