import Core
import Foundation
import Ledger
import Testing
import TinyRuns

/// `smpo audit --sample-steps --sample-lanes` in one process, in several, and as tasks of a folder.
@Suite struct UnitAuditTests {
    /// Records run-1 of four steps of five pairs in three lanes.
    private func with(_ body: (Sandbox, (String...) throws -> Program.Result) throws -> Void) throws {
        try Sandbox.with { sandbox throws in
            let recorded = try sandbox.program.run(
                "train", try sandbox.runs.smpo(steps: 4, more: "record: {gradients: true}"), "--set",
                "training.pairs_per_step=5", "--set", "training.lanes=3", "--record", "--workers", "1")
            #expect(recorded.status == 0, "\(recorded.errors)")
            try body(sandbox) { (arguments: String...) in try sandbox.program.start(arguments).wait() }
        }
    }

    private let draw = [
        "audit", "run-1", "--sample-steps", "1", "--sample-lanes", "4", "--seed", "x", "--workers", "1",
    ]

    @Test func processesAndTasksComeToTheReportOfOneProcess() throws {
        try with { sandbox, run throws in
            func audit(_ more: String...) throws -> Program.Result {
                try sandbox.program.start(draw + more).wait()
            }
            for form in [["--json"], []] {
                let one = try sandbox.program.start(draw + form).wait()
                #expect(one.status == 0, "\(one.errors)")
                let two = try sandbox.program.start(draw + form + ["--jobs", "2"]).wait()
                #expect(two.status == 0 && two.output == one.output, "\(two.output)\(two.errors)")
            }
            // The states of the walk are gone.
            #expect(try FileContents.names(in: sandbox.workspace.jobs) == [])

            let one = try audit("--json")
            #expect(try audit("--json", "--on", "file:job").status == 2)
            let lines = try String(decoding: FileContents.read(sandbox.runs.path("job/tasks.txt")), as: UTF8.self)
            let count = lines.split(separator: "\n").count
            #expect(count > 3)
            // What builds on the walk waits for it; the workspace's ledger is not needed any more.
            let early = try run("job", "run", "job", "1")
            #expect(early.status == 2 && early.errors.contains("builds on task 0"), "\(early.errors)")
            try FileManager.default.moveItem(atPath: sandbox.workspace.ledger, toPath: sandbox.runs.path("aside"))
            for task in (0..<count).reversed() where task > 0 {
                #expect(try run("job", "run", "job", "\(task)").status == 2)
            }
            #expect(try run("job", "run", "job", "0").status == 0)
            for task in (1..<count).reversed() {
                let gathered = try run("job", "gather", "job")
                #expect(gathered.status == 2 && gathered.errors.contains("incomplete"), "\(gathered.errors)")
                let done = try run("job", "run", "job", "\(task)")
                #expect(done.status == 0, "\(done.errors)")
            }
            let gathered = try run("job", "gather", "job", "--json")
            #expect(gathered.status == 0 && gathered.output == one.output, "\(gathered.output)\(gathered.errors)")
            try FileManager.default.moveItem(atPath: sandbox.runs.path("aside"), toPath: sandbox.workspace.ledger)
            let again = try audit("--json", "--on", "file:job")
            #expect(again.status == 0 && again.output == one.output && again.errors.contains("have a result already"))
            // Every one of these audits is noted.
            let audits = try sandbox.workspace.openLedger().audits(of: "run-1")
            #expect(audits.map(\.verdict) == Array(repeating: "reproduced", count: 6))
            #expect(try audits.last?.report == JSONValue.parse(Array(one.output.utf8), file: "stdout"))
        }
    }

    /// Evidence that changed after the job's folder was written is the verdict, wherever it is met.
    @Test func aTaskThatFindsTamperingSaysSo() throws {
        try with { sandbox, run throws in
            #expect(try sandbox.program.start(draw + ["--on", "file:job"]).wait().status == 2)
            let place = try #require(
                try sandbox.workspace.openLedger().storedTensors(of: "run-1", step: 3).first { $0.phase == .gradient })
            let object = Workspace(root: sandbox.runs.path("job/evidence")).objects.path(of: place.object)
            var bytes = try FileContents.read(object)
            bytes[place.offset] ^= 1
            try FileContents.remove([object])
            try AtomicFile.write(bytes, to: object)
            let lines = try String(decoding: FileContents.read(sandbox.runs.path("job/tasks.txt")), as: UTF8.self)
            for task in lines.split(separator: "\n").indices {
                #expect(try run("job", "run", "job", "\(task)").status == 0)
            }
            let gathered = try run("job", "gather", "job")
            #expect(
                gathered.status == 3 && gathered.output.contains("tampered"), "\(gathered.output)\(gathered.errors)")
        }
    }

    @Test func anAuditOfALaneIsNotedAndOneOfPackedEvidenceIsNot() throws {
        try with { sandbox, run throws in
            #expect(try run("audit", "run-1", "--step", "2", "--lane", "3", "--workers", "1").status == 0)
            #expect(try run("runs", "pack", "run-1", "packed").status == 0)
            #expect(try sandbox.program.start(draw + ["--evidence", "packed"]).wait().status == 0)
            #expect(try sandbox.program.start(draw + ["--evidence", "packed", "--jobs", "2"]).wait().status == 0)
            #expect(try sandbox.workspace.openLedger().audits(of: "run-1").count == 1)
        }
    }

    @Test func whatDoesNotGoTogetherIsRefused() throws {
        try Sandbox.with { sandbox throws in
            for more in [
                ["--device", "cuda", "--jobs", "2"], ["--remake-latents", "--on", "slurm"],
                ["--states", "x", "--unit", "3"],
            ] { #expect(try sandbox.program.start(draw + more).wait().status == 64, "\(more)") }
            for words in [["--states", "x"], ["--unit", "3"], ["--unit", "3/0", "--states", "x"]] {
                #expect(try sandbox.program.start(["audit", "run-1"] + words).wait().status == 64, "\(words)")
            }
        }
    }

    /// The walk reads each object once, also those that hold a step's gradients; a unit reads none.
    @Test(.enabled(if: OpenedFiles.canBeSeen)) func theWalkReadsEachObjectOnce() throws {
        try with { sandbox, run throws in
            let (store, objects) = (try sandbox.workspace.openLedger(), sandbox.workspace.objects)
            let all = try store.objects(of: "run-1")
            // One of each step, and the last checkpoint.
            #expect(all.count == 5)
            let sizes = Dictionary(
                uniqueKeysWithValues: all.map { (objects.path(of: $0), objects.size($0) ?? 0) })
            #expect(try bytesRead(sandbox, draw + ["--unnoted"]) == sizes)
            #expect(
                try bytesRead(sandbox, ["audit", "run-1", "--segment", "4..4", "--unnoted", "--workers", "1"])
                    .allSatisfy { sizes[$0.key] == $0.value })
            let states = sandbox.runs.path("states")
            let walk = try bytesRead(sandbox, draw + ["--states", states])
            #expect(walk == sizes)
            let file = try #require(try FileContents.names(in: states).first)
            let step = file.split(separator: "-").last?.split(separator: ".").first ?? ""
            #expect(try bytesRead(sandbox, ["audit", "run-1", "--unit", "\(step)/1", "--states", states]) == [:])
        }
    }

    /// The bytes that a process reads of each object, by read and pread.
    private func bytesRead(_ sandbox: Sandbox, _ arguments: [String]) throws -> [String: Int] {
        let log = sandbox.runs.path("read-\(UUID().uuidString)")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments =
            ["strace", "-f", "-y", "-e", "trace=read,pread64,readv,preadv", "-o", log, Program.executable.path]
            + arguments
        process.currentDirectoryURL = URL(fileURLWithPath: sandbox.runs.folder)
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        var bytes: [String: Int] = [:], open: [Substring: String] = [:]
        for line in String(decoding: try FileContents.read(log), as: UTF8.self).split(separator: "\n") {
            let process = line.prefix { $0 != " " }
            if let begin = line.firstIndex(of: "<"), let end = line[begin...].firstIndex(of: ">"),
                line[begin...end].contains("/.smpo/objects/")
            {
                open[process] = String(line[line.index(after: begin)..<end])
            } else if !line.contains("resumed>") {
                open[process] = nil
            }
            guard let path = open[process], let result = line.range(of: ") = ", options: .backwards),
                let count = Int(line[result.upperBound...].prefix { $0.isNumber })
            else { continue }
            bytes[path, default: 0] += count
        }
        return bytes.filter { $0.value > 0 }
    }
}
