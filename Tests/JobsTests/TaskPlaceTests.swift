import Core
import Foundation
import Jobs
import Testing

/// Folders of their own in which tasks work.
@Suite struct TaskPlaceTests {
    /// A folder that holds the home `home` and the job `job`, whose one task has `place`.
    private func with(
        _ place: (String) -> TaskPlace, mayDiffer: [String] = [],
        files: [(String, String)] = [("recipes/a.yaml", "a: 1\n")], _ body: (String, JobFolder) throws -> Void
    ) throws {
        let root = NSTemporaryDirectory() + "place-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: root) }
        for (file, text) in [
            ("models/one/weights", "w"), ("models/two/weights", "x"), (".smpo/ledger.sqlite", "l"), ("scorer/s", "s"),
        ] {
            try FileContents.makeFolder(AtomicFile.folder(of: "\(root)/home/\(file)"))
            try AtomicFile.write(text, to: "\(root)/home/\(file)")
        }
        try FileContents.makeFolder("\(root)/job/evidence")
        try AtomicFile.write("packed", to: "\(root)/job/evidence/ledger.sqlite")
        var job = Job("task", files: files, [Command(["do", Job.folderToken])])
        job.place = place("\(root)/home")
        job.mayDiffer = mayDiffer
        let description = JobDescription(
            kind: "test", request: [:], evidence: [:], program: .sha256([1]), contract: "one", tasks: [job])
        try body(root, try JobFolder.make("\(root)/job", description) { "run \($0)" })
    }

    private func run(_ folder: JobFolder, _ launcher: PlaceLauncher) throws -> TaskRun.Outcome {
        try TaskRun(0, of: folder, on: launcher, circumstances: [:], stopIfAsked: {}).run()
    }

    private func text(_ path: String) throws -> String { String(decoding: try FileContents.read(path), as: UTF8.self) }

    @Test func aTaskSeesItsHomeAndMakesItsOwn() throws {
        try with({
            TaskPlace(
                home: $0, own: ["models/one", "made"],
                links: [".smpo/ledger.sqlite": "\(Job.folderToken)/evidence/ledger.sqlite"], local: ["log/db"])
        }) { root, folder in
            let before = try FolderListing("\(root)/home")
            var scratch = ""
            let outcome = try run(
                folder,
                PlaceLauncher { place, words in
                    #expect(words == ["do", "\(root)/job"])
                    #expect(try text("\(place)/models/two/weights") == "x" && text("\(place)/scorer/s") == "s")
                    #expect(try text("\(place)/.smpo/ledger.sqlite") == "packed")
                    #expect(try text("\(place)/recipes/a.yaml") == "a: 1\n")
                    #expect(!FileContents.exists("\(place)/models/one"))
                    // On a disk of the machine, in a folder that is there.
                    scratch = try FileManager.default.destinationOfSymbolicLink(atPath: "\(place)/log/db")
                    #expect(!scratch.hasPrefix(root) && FileContents.isFolder(AtomicFile.folder(of: scratch)))
                    try FileContents.makeFolder("\(place)/models/one")
                    try AtomicFile.write("new", to: "\(place)/models/one/weights")
                    return "{}"
                })
            #expect(outcome == .done)
            let result = try #require(try folder.result(of: 0))
            let place = try #require(folder.place(of: result, 0))
            #expect(try text("\(place)/models/one/weights") == "new")
            #expect(try FolderListing("\(root)/home") == before && text("\(root)/home/models/one/weights") == "w")
            #expect(!scratch.isEmpty && !FileContents.exists(AtomicFile.folder(of: scratch)))
            // Read again, it is the same place.
            #expect(try JobFolder(folder.path).description.tasks[0].place == folder.description.tasks[0].place)
        }
    }

    /// One without anything of its own works in its home.
    @Test func aTaskThatMakesNothingWorksInItsHome() throws {
        try with({ TaskPlace(home: $0) }, files: []) { root, folder in
            let outcome = try run(
                folder,
                PlaceLauncher { place, _ in
                    #expect(place == "\(root)/home")
                    return "{}"
                })
            #expect(outcome == .done)
            #expect(try folder.place(of: #require(try folder.result(of: 0)), 0) == nil)
        }
    }

    /// Of two copies that run at once one has the result, and the other's folder goes. What a task took is no disagreement; what
    /// it came to is one.
    @Test(arguments: [("2", true), ("3", false)]) func twoCopiesAreInEachOthersWayNowhere(head: String, agrees: Bool)
        throws
    {
        try with({ TaskPlace(home: $0, own: ["made"]) }, mayDiffer: ["seconds"]) { root, folder in
            let file = "\(folder.task(0))/result.json"
            #expect(try run(folder, PlaceLauncher { _, _ in "{\"head\": 2, \"seconds\": 1.5}" }) == .done)
            let result = try #require(try folder.result(of: 0))
            let first = try #require(folder.place(of: result, 0))
            let name = URL(fileURLWithPath: first).lastPathComponent
            let other = try text(file).replacing(name, with: "work-other-1")
            try FileManager.default.moveItem(atPath: first, toPath: "\(folder.task(0))/work-other-1")
            try FileContents.remove([file])
            let outcome = try run(
                folder,
                PlaceLauncher { _, _ in
                    // The other one comes to its end in the meantime.
                    try AtomicFile.write(other, to: file)
                    return "{\"head\": \(head), \"seconds\": 2.5}"
                })
            #expect((outcome == .done) == agrees, "\(outcome)")
            #expect(folder.disagreements(of: 0).count == (agrees ? 0 : 1))
            let places = try FileContents.names(in: folder.task(0)).filter { $0.hasPrefix("work-") }
            #expect(places == ["work-other-1"])
        }
    }

    /// A command that fails leaves no folder.
    @Test func aFailureLeavesNoFolder() throws {
        try with({ TaskPlace(home: $0, own: ["made"]) }) { _, folder in
            let outcome = try run(folder, PlaceLauncher(code: 2) { _, _ in "" })
            guard case .failed = outcome else { return #expect(Bool(false), "\(outcome)") }
            #expect(try !FileContents.names(in: folder.task(0)).contains { $0.hasPrefix("work-") })
        }
    }

    @Test(arguments: ["", "/etc", "../x", "a/../../b", "a//b", "./a"]) func aPathThatLeadsOutIsRefused(path: String)
        throws
    {
        try with({ TaskPlace(home: $0, own: [path]) }) { _, folder in
            let error = try #require(throws: JSONShapeError.self) { try JobFolder(folder.path) }
            #expect("\(error)".contains("below the task's folder"))
        }
        try with({ _ in TaskPlace(home: "home") }) { _, folder in
            #expect(throws: JSONShapeError.self) { try JobFolder(folder.path) }
        }
    }
}

/// Commands that do something in the folder in which they run, print what it gives and end at once.
private struct PlaceLauncher: Launcher {
    var folder = "."
    var code: Int32 = 0
    let act: (String, [String]) throws -> String

    init(code: Int32 = 0, _ act: @escaping (String, [String]) throws -> String) { (self.code, self.act) = (code, act) }

    func moved(to folder: String) -> any Launcher {
        var other = self
        other.folder = folder
        return other
    }

    func start(_ command: Command) throws -> any RunningCommand {
        Ended(command: command, code: code, output: try act(folder, command.arguments))
    }

    private final class Ended: RunningCommand {
        let command: Command, code: Int32, output: String
        init(command: Command, code: Int32, output: String) {
            (self.command, self.code, self.output) = (command, code, output)
        }
        var isRunning: Bool { false }
        func interrupt() {}
        func ending() throws -> CommandEnding { CommandEnding(command, .exit(code), output: Array(output.utf8)) }
    }
}
