import Core
import Foundation
import Testing
import TinyRuns

/// Ranks by the MPIs of this machine: `smpo-mpi` is compiled by each one's own `mpicc`. Without any of them what needs one
/// is left out.
@Suite struct RanksTests {
    /// An MPI of this machine.
    struct MPI: CustomTestStringConvertible {
        let name: String
        var testDescription: String { name }

        /// Those that Debian's packages bring; their names stand beside each other.
        static let all = ["openmpi", "mpich"].filter { name in
            ["mpicc", "mpirun"].allSatisfy { FileContents.exists("/usr/bin/\($0).\(name)") }
        }.map(MPI.init)

        /// The bridge, compiled into `folder`.
        func bridge(in folder: String) throws -> String {
            let source = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
                .appendingPathComponent("../../Packaging/mpi/smpo-mpi.c").standardized.path
            let program = "\(folder)/smpo-mpi"
            let compiled = try RanksTests.shell(
                "/usr/bin/mpicc.\(name) -O2 -Wall -Wextra -Werror -o '\(program)' '\(source)'", in: folder)
            #expect(compiled.status == 0, "\(compiled.text)")
            return program
        }

        /// Runs a command line as so many ranks.
        func run(_ ranks: Int, _ line: String, in folder: String) throws -> (status: Int32, text: String) {
            let root = name == "openmpi" ? "--allow-run-as-root --oversubscribe" : ""
            return try RanksTests.shell(
                "timeout -k 5 120 /usr/bin/mpirun.\(name) \(root) -np \(ranks) \(line)", in: folder)
        }
    }

    private static func shell(_ line: String, in folder: String) throws -> (status: Int32, text: String) {
        let (process, output) = (Process(), "\(folder)/output-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(atPath: output) }
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = ["-c", line]
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        process.environment = ProcessInfo.processInfo.environment.merging(
            ["smpo": Program.executable.path]) { $1 }
        process.standardInput = FileHandle.nullDevice
        _ = FileManager.default.createFile(atPath: output, contents: nil)
        let handle = try #require(FileHandle(forWritingAtPath: output))
        (process.standardOutput, process.standardError) = (handle, handle)
        try process.run()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: try FileContents.read(output), as: UTF8.self))
    }

    private static func folder(_ body: (String) throws -> Void) throws {
        let folder = NSTemporaryDirectory() + "smpo-ranks-\(UUID().uuidString)"
        try FileContents.makeFolder(folder)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }

    @Test func oneProcessIsAGroupToo() throws {
        try Self.folder { folder in
            let result = try Program(folder: folder).run("ranks", "check", "--json", "--megabytes", "1")
            #expect(result.status == 0, "\(result.errors)")
            let report = JSONCursor(try JSONValue.parse(result.output, file: "stdout"), name: "report")
            #expect(try report["ranks"].int() == 1 && report["lanes"].int() == 16)
            #expect(try report["bytes_per_second"].present == nil)
        }
    }

    @Test(arguments: MPI.all) func aGroupOfEachMPIIsWell(_ mpi: MPI) throws {
        try Self.folder { folder in
            let bridge = try mpi.bridge(in: folder)
            let one = try Program(folder: folder).run("ranks", "check", "--json", "--megabytes", "1")
            let alone = try JSONCursor(JSONValue.parse(one.output, file: "stdout"), name: "report")["sum"].string()
            for ranks in 1...3 {
                let ended = try mpi.run(ranks, "\(bridge) $smpo ranks check --json --megabytes 1", in: folder)
                #expect(ended.status == 0, "\(ended.text)")
                let start = try #require(ended.text.firstIndex(of: "{"), "\(ended.text)")
                let text = String(ended.text[start...])
                let report = JSONCursor(try JSONValue.parse(text, file: "stdout"), name: "report")
                #expect(try report["ranks"].int() == ranks && report["hosts"].elements().count == ranks)
                #expect(try report["sum"].string() == alone)
            }
        }
    }

    @Test(arguments: MPI.all) func aRankWithAnotherProgramIsNamed(_ mpi: MPI) throws {
        try Self.folder { folder in
            let bridge = try mpi.bridge(in: folder)
            // The same program but for a byte behind its end.
            let script = """
                #!/bin/bash
                program=$smpo
                if [ "${OMPI_COMM_WORLD_RANK:-$PMI_RANK}" = 1 ]; then cp "$smpo" other; echo >> other; program=./other; fi
                exec "$program" ranks check --megabytes 1
                """
            try AtomicFile.write(script, to: "\(folder)/start")
            let ended = try mpi.run(3, "\(bridge) bash ./start", in: folder)
            #expect(ended.status != 0)
            #expect(ended.text.contains("the program's digest: expected"), "\(ended.text)")
            #expect(ended.text.contains("on rank 1 (host "), "\(ended.text)")
        }
    }

    @Test(arguments: MPI.all) func aRankThatIsKilledEndsAllAndIsNamed(_ mpi: MPI) throws {
        try Self.folder { folder in
            let bridge = try mpi.bridge(in: folder)
            let begin = ContinuousClock.now
            let victim = #"[ "${OMPI_COMM_WORLD_RANK:-$PMI_RANK}" != 1 ] || kill -9 $$; exec "$smpo" ranks check"#
            try AtomicFile.write(victim, to: "\(folder)/start")
            let ended = try mpi.run(2, "\(bridge) bash ./start", in: folder)
            #expect(ended.status != 0)
            #expect(ended.text.contains("smpo-mpi: rank 1 (host "), "\(ended.text)")
            #expect(ended.text.contains("signal 9"), "\(ended.text)")
            #expect(ContinuousClock.now - begin < .seconds(30))
        }
    }

    @Test(arguments: MPI.all) func aBridgeThatIsKilledEndsAllAndIsNamed(_ mpi: MPI) throws {
        try Self.folder { folder in
            let bridge = try mpi.bridge(in: folder)
            let begin = ContinuousClock.now
            // The bridge knows its rank once MPI has started.
            let victim = """
                if [ "${OMPI_COMM_WORLD_RANK:-$PMI_RANK}" = 1 ]; then sleep 3; kill -9 $PPID; sleep 60; fi
                exec "$smpo" ranks check
                """
            try AtomicFile.write(victim, to: "\(folder)/start")
            let ended = try mpi.run(2, "\(bridge) bash ./start", in: folder)
            #expect(ended.status != 0)
            #expect(ended.text.contains("smpo-mpi: rank 1 (host "), "\(ended.text)")
            #expect(ended.text.contains("smpo-mpi was killed"), "\(ended.text)")
            #expect(!ended.text.contains("smpo-mpi: rank 0"), "\(ended.text)")
            #expect(ContinuousClock.now - begin < .seconds(30))
        }
    }

    @Test(arguments: MPI.all) func otherCommandsRefuseToRunOncePerRank(_ mpi: MPI) throws {
        try Self.folder { folder in
            let bridge = try mpi.bridge(in: folder)
            let ended = try mpi.run(1, "\(bridge) $smpo doctor", in: folder)
            #expect(ended.status != 0)
            #expect(ended.text.contains("`smpo doctor` is the work of one process"), "\(ended.text)")
        }
    }

    /// One chain head, and one audit without any MPI; rank 0 alone speaks.
    @Test(arguments: MPI.all) func aRunOverRanksIsThatOfOneProcess(_ mpi: MPI) throws {
        try Self.folder { folder in
            let bridge = try mpi.bridge(in: folder)
            let recipe = try TinyRuns(folder: "\(folder)/tiny").recipe("name: kto", steps: 3, training: ", ema: 0.9")
            let arguments = ["train", recipe, "--set", "training.lanes=3"]
            let program = Program(folder: folder)
            let alone = try program.start(arguments + ["--record", "--name", "one"]).wait()
            #expect(alone.status == 0, "\(alone.errors)")
            let line = "\(bridge) $smpo " + arguments.joined(separator: " ")
            for ranks in 1...3 {
                let ended = try mpi.run(ranks, "\(line) --record --name r\(ranks)", in: folder)
                #expect(ended.status == 0, "\(ended.text)")
                #expect(ended.text.contains("same chain head as one"), "\(ended.text)")
                #expect(ended.text.components(separatedBy: "recording r\(ranks)").count == 2, "\(ended.text)")
                let manifest = JSONCursor(try JSONValue.read("\(folder)/Manifests/r\(ranks).json"), name: "manifest")
                let hosts = try manifest["circumstances"]["ranks"].present?.elements()
                #expect(hosts?.count == (ranks == 1 ? nil : ranks))
                let audit = try program.run("audit", "r\(ranks)")
                #expect(audit.status == 0, "\(audit.output)")
            }
            let planned = try mpi.run(2, "\(line) --dry-run", in: folder)
            #expect(planned.status == 0 && planned.text.contains("ranks         2"), "\(planned.text)")
            let refused = try mpi.run(2, "\(line) --record operators", in: folder)
            #expect(refused.status != 0 && refused.text.contains("one process"), "\(refused.text)")
        }
    }

    /// A signal to the starter ends all after a step; what was begun by two ranks one process takes up.
    @Test(arguments: MPI.all) func aRunOverRanksIsStoppedAndTakenUp(_ mpi: MPI) throws {
        try Self.folder { folder in
            let bridge = try mpi.bridge(in: folder)
            let recipe = try TinyRuns(folder: "\(folder)/tiny").recipe("name: dpo", steps: 400)
            let line =
                "\(bridge) $smpo train \(recipe) --record --name r --set training.lanes=2 --set training.pairs_per_step=2"
            let stopper = #"""
                steps() { sqlite3 -readonly .smpo/ledger.sqlite 'select count(*) from steps' 2> /dev/null || echo 0; }
                for i in {1..600}; do [ "$(steps)" -gt 2 ] && break; sleep 0.1; done
                pkill -TERM -f "^$smpo train RECIPE"
                """#.replacingOccurrences(of: "RECIPE", with: recipe)
            try AtomicFile.write(stopper, to: "\(folder)/stopper")
            let ended = try Self.shell(
                "bash ./stopper & timeout -k 5 120 /usr/bin/mpirun.\(mpi.name) "
                    + (mpi.name == "openmpi" ? "--allow-run-as-root --oversubscribe " : "") + "-np 2 \(line); wait",
                in: folder)
            #expect(ended.text.contains("take it up with: smpo train --resume r"), "\(ended.text)")
            let taken = try Program(folder: folder).run("train", "--resume", "r")
            #expect(taken.status == 0, "\(taken.errors)")
            let audit = try Program(folder: folder).run("audit", "r")
            #expect(audit.status == 0, "\(audit.output)")
        }
    }
}
