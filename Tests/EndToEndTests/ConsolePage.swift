import Core
import Foundation
import Testing

/// A page with blocks of `console`: commands behind `$`, each with what it prints below it. `…` stands for any text, a line
/// of its own for any lines.
struct ConsolePage {
    /// A command and what the page says of it.
    struct Command: Equatable {
        let words: String
        let output: [String]
    }

    /// The commands, in the order of the page.
    let commands: [Command]

    init(_ text: String) {
        var (isInside, words, output): (Bool, String?, [String]) = (false, nil, [])
        var commands: [Command] = []
        func end() {
            if let done = words { commands.append(Command(words: done, output: output)) }
            (words, output) = (nil, [])
        }
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
            if line.hasPrefix("```") {
                end()
                isInside = line == "```console"
            } else if isInside, line.hasPrefix("$ ") {
                end()
                words = String(line.dropFirst(2))
            } else if isInside, let begun = words, output.isEmpty, begun.hasSuffix("\\") || Self.isOpen(begun) {
                words = begun + "\n" + line
            } else if isInside {
                output.append(line)
            }
        }
        self.commands = commands
    }

    /// Whether a quoted text goes on in the next line.
    private static func isOpen(_ words: String) -> Bool { words.filter { $0 == "\"" }.count % 2 == 1 }

    /// Runs all commands in one shell in `folder`, `smpo` being the built program, and gives what is not as the page says.
    /// A command may only fail if the next one asks for its status.
    func faults(in folder: String) throws -> [String] {
        let outputs = folder + "/.console"
        try FileContents.makeFolder(outputs)
        var script = ""
        for (index, command) in commands.enumerated() {
            script += """
                {
                \(command.words)
                } > '\(outputs)/\(index)' 2> '\(outputs)/\(index).err'
                status=$?; echo $status > '\(outputs)/\(index).status'; (exit $status)

                """
        }
        try AtomicFile.write(script, to: outputs + "/script")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = [outputs + "/script"]
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        process.standardInput = FileHandle.nullDevice
        let path = Program.executable.deletingLastPathComponent().path + ":" + (Program.environment["PATH"] ?? "")
        process.environment = Program.environment.merging(["PATH": path]) { $1 }
        try process.run()
        process.waitUntilExit()

        func read(_ name: String) throws -> String {
            String(decoding: try FileContents.read("\(outputs)/\(name)"), as: UTF8.self)
        }
        var faults: [String] = []
        for (index, command) in commands.enumerated() {
            let status = try read("\(index).status").trimmingCharacters(in: .newlines)
            let isAskedFor = index + 1 < commands.count && commands[index + 1].words == "echo $?"
            if status != "0", !isAskedFor {
                faults.append("$ \(command.words)\nstatus \(status)\n" + (try read("\(index).err")))
            }
            let found = try read("\(index)")
            var lines = found.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
            if lines.last == "" { lines.removeLast() }
            if !Self.fits(command.output[...], lines[...]) { faults.append("$ \(command.words)\n\(found)") }
        }
        return faults
    }

    /// Whether lines that were printed are as the page has them.
    static func fits(_ expected: ArraySlice<String>, _ found: ArraySlice<String>) -> Bool {
        guard let line = expected.first else { return found.isEmpty }
        if line == "…" {
            return (0...found.count).contains { fits(expected.dropFirst(), found.dropFirst($0)) }
        }
        guard let first = found.first, fits(line, first) else { return false }
        return fits(expected.dropFirst(), found.dropFirst())
    }

    private static func fits(_ line: String, _ found: String) -> Bool {
        let pieces = line.components(separatedBy: "…")
        guard pieces.count > 1, let begin = pieces.first, let end = pieces.last else { return line == found }
        guard found.hasPrefix(begin), found.dropFirst(begin.count).hasSuffix(end) else { return false }
        var rest = found.dropFirst(begin.count).dropLast(end.count)
        for piece in pieces.dropFirst().dropLast() where !piece.isEmpty {
            guard let range = rest.range(of: piece) else { return false }
            rest = rest[range.upperBound...]
        }
        return true
    }
}
