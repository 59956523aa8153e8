import Core
import Foundation
import Testing
import TinyRuns

/// Names from files that would command a terminal, make lines of their own, or be markup, in every form of output.
@Suite struct HostileNameTests {
    private static let hostile = "w\u{1B}[2J\nidentical: 0|`<b>x</b>`\r\u{202E}\u{9B}31m\u{200B}"
    private static let plain = "w"

    /// A file of one tensor with this name, and metadata that say it too.
    private func write(_ name: String, _ value: UInt8, to path: String) throws {
        let tensor: JSONValue = ["dtype": "U8", "shape": [1], "data_offsets": [0, 1]]
        let metadata = JSONObject([(name + "key", .string("\(value)" + name))])
        let json = JSONValue.object(JSONObject([("__metadata__", .object(metadata)), (name, tensor)]))
        let header = json.canonicalBytes
        let size = (0..<8).map { UInt8(truncatingIfNeeded: header.count >> (8 * $0)) }
        try AtomicFile.write(size + header + [value], to: path)
    }

    private func expectVisible(_ text: String, _ what: String) {
        let found = text.unicodeScalars.filter { $0 != "\n" && VisibleText.spelt($0) != nil }
        #expect(found.isEmpty, "\(what): \(found.map { String($0.value, radix: 16) }) in \(text.debugDescription)")
    }

    @Test(arguments: [
        ["inspect", "a"], ["inspect", "a", "--tensors", "--metadata"], ["digest", "a", "--tensors"],
        ["diff", "a", "b"],
        ["diff", "a", "b", "--stat"], ["diff", "a", "b", "--all", "--by-layer"], ["diff", "a", "b", "--markdown"],
        ["diff", "a", "c", "--all"], ["diff", "a", "c", "--markdown"], ["diff", "a", "b", "--html", "/dev/stdout"],
    ])
    func tensorsAndMetadataAreShownAsText(_ arguments: [String]) throws {
        try Sandbox.with { sandbox in
            var lines: [Int] = []
            for name in [Self.plain, Self.hostile] {
                for (file, value) in [("a", UInt8(1)), ("b", 2)] {
                    try write(name, value, to: sandbox.runs.path(file))
                }
                try write("another", 3, to: sandbox.runs.path("c"))
                let result = try sandbox.program.start(arguments).wait()
                #expect(result.status < 2, "\(result.errors)")
                expectVisible(result.output, "\(arguments)")
                expectVisible(result.errors, "\(arguments)")
                // In Markdown it stands in a span of code, elsewhere on a terminal.
                #expect(!arguments.contains("--html") || !result.output.contains("<b>x"), "\(arguments)")
                lines.append(result.output.split(separator: "\n", omittingEmptySubsequences: false).count)
            }
            // A line feed in a name makes no line.
            #expect(lines[0] == lines[1], "\(arguments): \(lines)")
        }
    }

    /// JSON is for programs: the name comes out as it is.
    @Test func documentsKeepNames() throws {
        try Sandbox.with { sandbox in
            try write(Self.hostile, 1, to: sandbox.runs.path("a"))
            let result = try sandbox.program.run("inspect", "a", "--json")
            let json = JSONCursor(try JSONValue.parse(Array(result.output.utf8), file: "a"), name: "a")
            #expect(try json["tensors"][0]["name"].string() == Self.hostile)
        }
    }

    @Test func errorsAreOneLine() throws {
        try Sandbox.with { sandbox in
            let folder = sandbox.runs.folder
            let name = "file\u{1B}[2J\nsmpo: fine"
            try AtomicFile.write("no checkpoint", to: "\(folder)/\(name)")
            try write(Self.hostile, 1, to: "\(folder)/\(name).safetensors")
            // A tensor's bytes are missing: the error names it.
            let whole = try FileContents.read("\(folder)/\(name).safetensors")
            try AtomicFile.write(Array(whole.dropLast()), to: "\(folder)/\(name).safetensors")
            for arguments in [
                ["inspect", name], ["inspect", "\(name).safetensors"], ["diff", name, "\(name)2"],
                ["digest", "\(name)2"],
                ["train", "\(name).yaml"], ["score", "--model", name, "--caption", "c", name], ["report", name],
                ["data", "generate", "--check", name], ["label", name, "--model", name],
                ["verify", "--proof", name], ["verify", "--model", name], ["prove", name, "--step", "1"],
            ] {
                let result = try sandbox.program.start(arguments).wait()
                #expect(result.status != 0 && result.status < 1000, "\(arguments)")
                expectVisible(result.output + result.errors, "\(arguments)")
                #expect(result.errors.split(separator: "\n").count == 1, "\(arguments): \(result.errors)")
            }
        }
    }

    /// A folder of pairs has an error of several lines; each of them is one.
    @Test func linesOfAnErrorAreItsOwn() throws {
        try Sandbox.with { sandbox in
            let folder = sandbox.runs.folder + "/pairs"
            try FileContents.makeFolder(folder)
            let line: JSONValue = [
                "caption": "c", "image_0": .string("\u{1B}[2J\nx.png"), "image_1": "y.png", "label_0": .integer(1),
                "label_1": .integer(0),
            ]
            try AtomicFile.write(line.canonicalBytes + [0x0A], to: folder + "/pairs.jsonl")
            let result = try sandbox.program.run("train", try sandbox.runs.smpo(data: folder))
            #expect(result.status == 2, "\(result)")
            expectVisible(result.errors, "train")
            #expect(result.errors.split(separator: "\n").count == 3, "\(result.errors)")
        }
    }

    @Test func aRecipesNameIsShownAsText() throws {
        try Sandbox.with { sandbox in
            let path = try sandbox.runs.smpo(steps: 1)
            let text = String(decoding: try FileContents.read(path), as: UTF8.self)
            try AtomicFile.write(
                text.replacingOccurrences(of: "name: tiny-smpo", with: #"name: "tiny\e[2J\nrun-9""#), to: path)
            let result = try sandbox.program.run("train", path, "--record", "--workers", "1")
            guard result.status == 0 else {
                // A name that is refused is refused in one line.
                expectVisible(result.errors, "train")
                return
            }
            for arguments in [["runs", "list"], ["report", "run-1"], ["verify", "run-1"], ["audit", "run-1"]] {
                expectVisible(try sandbox.program.start(arguments).wait().output, "\(arguments)")
            }
        }
    }
}
