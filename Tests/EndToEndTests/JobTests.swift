import Core
import Foundation
import Ledger
import Testing
import TinyRuns

/// `--on file:JOB` and `smpo job`.
@Suite struct JobTests {
    private func json(_ text: String) throws -> JSONCursor {
        JSONCursor(try JSONValue.parse(text, file: "stdout"), name: "report")
    }

    @Test func tasksOfAFolderComeToTheReportOfOneMachine() throws {
        try Sandbox.with { sandbox in
            _ = try sandbox.record(sandbox.runs.smpo(steps: 4, more: "record: {checkpoint_every: 2}"))
            func run(_ arguments: String..., environment: [String: String] = [:]) throws -> Program.Result {
                try sandbox.program.start(arguments, environment: environment).wait()
            }
            let local = try run("audit", "run-1", "--segments", "all", "--json", "--workers", "1")
            #expect(local.status == 0, "\(local.errors)")

            // Written, nothing has been replayed: that is no pass.
            let written = try run("audit", "run-1", "--segments", "all", "--json", "--workers", "1", "--on", "file:job")
            #expect(written.status == 2 && written.errors.contains("0 of 2 tasks have a result"), "\(written.errors)")
            let none = try run("job", "gather", "job")
            #expect(none.status == 2 && none.output.isEmpty && none.errors.contains("0 of 2 segments"))
            func states() throws -> [String] {
                try json(try run("job", "status", "job", "--json").output)["tasks"].elements().map {
                    try $0["state"].string()
                }
            }
            #expect(try states() == ["not begun", "not begun"])
            #expect(try run("job", "run", "job", "2").status == 64)
            #expect(try run("job", "run", "job").status == 64)

            #expect(try run("job", "run", "job", "0").status == 0)
            #expect(try states() == ["done", "not begun"])
            let half = try run("job", "gather", "job")
            #expect(half.status == 2 && half.errors.contains("1 of 2 segments"), "\(half.errors)")
            // As a member of an array; the ledger of the workspace is not needed any more.
            try FileManager.default.moveItem(atPath: sandbox.workspace.ledger, toPath: sandbox.runs.path("aside"))
            let member = try run("job", "run", "job", environment: ["SGE_TASK_ID": "2"])
            #expect(member.status == 0 && member.output.contains("task 1 (3..4)"), "\(member.errors)")
            let gathered = try run("job", "gather", "job", "--json")
            #expect(gathered.status == 0 && gathered.output == local.output, "\(gathered.output)\(gathered.errors)")
            try FileManager.default.moveItem(atPath: sandbox.runs.path("aside"), toPath: sandbox.workspace.ledger)

            // The same question finds its answers, and says that they are earlier ones.
            let again = try run("audit", "run-1", "--segments", "all", "--json", "--workers", "1", "--on", "file:job")
            #expect(again.status == 0 && again.output == local.output)
            #expect(again.errors.contains("2 of 2 tasks have a result already"), "\(again.errors)")
            let other = try run("audit", "run-1", "--sample", "1", "--seed", "x", "--on", "file:job")
            #expect(other.status == 2 && other.errors.contains("name another folder"), "\(other.errors)")

            // A result that another program made is none.
            let file = sandbox.runs.path("job/job.json")
            let digest = try json(String(decoding: try FileContents.read(file), as: UTF8.self))["program"].string()
            let text = String(decoding: try FileContents.read(file), as: UTF8.self)
            try AtomicFile.write(text.replacing(digest, with: String(repeating: "0", count: 64)), to: file)
            let foreign = try run("job", "run", "job", "0")
            #expect(foreign.status == 2 && foreign.errors.contains("program"), "\(foreign.errors)")
            #expect(try run("job", "gather", "job").status == 2)
        }
    }

    /// A folder that others can write into has no other commands run than those that its kind has.
    @Test func whatNoJobWouldHaveIsNotRun() throws {
        try Sandbox.with { sandbox in
            func run(_ kind: String, _ command: String, environment: String = "", place: String = "") throws
                -> Program.Result
            {
                let words = command.split(separator: " ").map { "\"\($0)\"" }.joined(separator: ",")
                func text(_ key: String) -> String {
                    """
                    {"schema": 1, "kind": "\(kind)", "request": {}, "program": "\(key)", "contract": "ref-1", "evidence": {},
                     "tasks": [{"name": "one", "cores": 1, "sources": [], "key": "\(key)", \(place)
                     "commands": [{"arguments": [\(words)] \(environment)}]}]}
                    """
                }
                try FileContents.makeFolder(sandbox.runs.path("job"))
                try sandbox.runs.write(text(String(repeating: "0", count: 64)), to: "job/job.json")
                // The key that the commands have is said where another one stands.
                let refused = try sandbox.program.run("job", "run", "job", "0")
                let key = try #require(refused.errors.firstMatch(of: /expected ([0-9a-f]{64})/)?.1)
                try sandbox.runs.write(text(String(key)), to: "job/job.json")
                return try sandbox.program.run("job", "run", "job", "0")
            }
            for (result, words) in [
                (try run("other", "audit run-1"), "job.kind"),
                (try run("audit", "train recipe.yaml --out model"), "commands of the kind audit (audit)"),
                (try run("encode", "data generate --out pairs"), "commands of the kind encode (data encode)"),
                (
                    try run("audit", "audit run-1", environment: ", \"environment\": {\"LD_PRELOAD\": \"x.so\"}"),
                    "without an environment"
                ),
                (
                    try run(
                        "audit", "audit run-1",
                        place: "\"place\": {\"home\": \"/\", \"own\": [], \"links\": {}, \"local\": []},"),
                    "job.tasks[0].place"
                ),
            ] {
                #expect(result.status == 2 && result.errors.contains(words), "\(result.errors)")
                #expect(!FileContents.exists(sandbox.runs.path("job/tasks")))
            }
            // What it has is looked at further: this is not the program that wrote the folder.
            let own = try run("audit", "audit run-1")
            #expect(own.status == 2 && own.errors.contains("install the same file on all machines"), "\(own.errors)")
        }
    }

    /// Where a task finds its evidence changed, that is the verdict, from any machine.
    @Test func aTaskThatFindsTamperingSaysSo() throws {
        try Sandbox.with { sandbox in
            _ = try sandbox.record(sandbox.runs.smpo(steps: 4, more: "record: {checkpoint_every: 2}"))
            let arguments = ["audit", "run-1", "--segments", "all", "--workers", "1", "--on", "file:job"]
            #expect(try sandbox.program.start(arguments).wait().status == 2)
            let checkpoint = try #require(try sandbox.workspace.openLedger().checkpoints(of: "run-1").first)
            let packed = Workspace(root: sandbox.runs.path("job/evidence")).objects.path(of: checkpoint.object)
            var bytes = try FileContents.read(packed)
            bytes[bytes.count - 1] ^= 1
            try FileContents.remove([packed])
            try AtomicFile.write(bytes, to: packed)
            for task in ["0", "1"] { #expect(try sandbox.program.run("job", "run", "job", task).status == 0) }
            let gathered = try sandbox.program.run("job", "gather", "job")
            #expect(gathered.status == 3, "\(gathered.output)\(gathered.errors)")
            #expect(gathered.output.contains("steps 1..2        reproduced"), "\(gathered.output)")
            #expect(gathered.output.contains("steps 3..4        tampered"), "\(gathered.output)")
        }
    }

    /// The audit of a part opens the checkpoint before it and what is stored of its steps, and makes no file.
    @Test(.enabled(if: OpenedFiles.canBeSeen)) func aPartReadsItsOwnObjectsOnly() throws {
        try Sandbox.with { sandbox in
            _ = try sandbox.record(sandbox.runs.smpo(steps: 4, more: "record: {checkpoint_every: 1}"))
            #expect(try sandbox.program.run("runs", "pack", "run-1", "packed").status == 0)
            let folder = sandbox.runs.path("packed")
            let before = try FolderListing(folder).files
            let opened = try OpenedFiles(
                sandbox.program, ["audit", "run-1", "--evidence", "packed", "--segment", "3..3", "--workers", "1"])
            #expect(opened.status == 0)
            let (store, objects) = (try sandbox.workspace.openLedger(), Workspace(root: folder).objects)
            let checkpoint = try #require(try store.checkpoints(of: "run-1").first { $0.step == 2 })
            let own = Set(
                try store.storedTensors(of: "run-1", step: 3).map(\.object) + [checkpoint.object]
            ).map { objects.path(of: $0) }
            #expect(opened.paths.filter { $0.contains("/.smpo/objects/") } == own.sorted(by: utf8Less))
            #expect(try FolderListing(folder).files == before)
        }
    }

    /// A task reads no more than ledger, checkpoint and latents of its part have, but for a tenth: whatever the run's length.
    @Test(.enabled(if: OpenedFiles.canBeSeen)) func aPartReadsNoMoreThanItsShare() throws {
        try Sandbox.with { sandbox in
            _ = try sandbox.record(sandbox.runs.smpo(steps: 6, more: "record: {checkpoint_every: 1}"))
            let written = ["audit", "run-1", "--segments", "all", "--workers", "1", "--on", "file:job"]
            #expect(try sandbox.program.start(written).wait().status == 2)
            let packed = Workspace(root: sandbox.runs.path("job/evidence"))
            let found = try ReadBytes(sandbox.program, ["job", "run", "job", "3"])
            #expect(found.status == 0)
            func bytes(_ path: String) throws -> Int {
                try #require(FileContents.size(path), "\(path)")
            }
            func sum(_ counts: [String: Int]) -> Int {
                counts.reduce(0) { $0 + ($1.key.hasPrefix(packed.root + "/") ? $1.value : 0) }
            }
            let store = try sandbox.workspace.openLedger()
            let checkpoint = try #require(try store.checkpoints(of: "run-1").first { $0.step == 3 })
            let latents = Set(try store.storedTensors(of: "run-1", step: 4).map(\.object))
            let state = try bytes(packed.objects.path(of: checkpoint.object))
            let own =
                try bytes(packed.ledger) + bytes(packed.manifest("run-1")) + state
                + latents.reduce(0) { try $0 + bytes(packed.objects.path(of: $1)) }
            #expect(sum(found.read) <= own * 11 / 10, "\(sum(found.read)) of \(own): \(found.read)")
            #expect(sum(found.read) >= own / 2, "strace did not see what was read")
            // The state that a replay begins with is mapped, once; its pages come from what was read.
            #expect(sum(found.mapped) <= state * 11 / 10, "\(found.mapped)")
        }
    }

    /// An audit of packed evidence is noted in no ledger, and says so; `verify` takes it too.
    @Test func packedEvidenceIsAuditedAndVerifiedElsewhere() throws {
        try Sandbox.with { sandbox in
            _ = try sandbox.record(sandbox.runs.smpo(steps: 2))
            func run(_ arguments: String...) throws -> Program.Result {
                try sandbox.program.start(arguments).wait()
            }
            #expect(try run("runs", "pack", "run-1", "packed").status == 0)
            let here = try run("audit", "run-1", "--json", "--workers", "1")
            #expect(here.status == 0 && !here.errors.contains("no ledger"), "\(here.errors)")
            // As where nothing but the pack, model and data is.
            for name in [".smpo", "Manifests/run-1.json"] {
                try FileManager.default.moveItem(
                    atPath: sandbox.runs.path(name), toPath: sandbox.runs.path("aside-\(name.count)"))
            }
            let before = try FolderListing(sandbox.runs.path("packed")).files
            let audited = try run("audit", "run-1", "--evidence", "packed", "--workers", "1")
            #expect(
                audited.status == 0 && audited.errors.contains("packed: this audit is noted in no ledger"),
                "\(audited.errors)")
            let part = try run("audit", "run-1", "--evidence", "packed", "--segment", "1..2", "--part", "--json")
            #expect(part.status == 0 && !part.errors.contains("no ledger"), "\(part.errors)")
            let verified = try run("verify", "run-1", "--evidence", "packed", "--workers", "1")
            #expect(
                verified.status == 0 && verified.output.hasPrefix("run-1: verified"),
                "\(verified.output)\(verified.errors)")
            #expect(try run("verify", "run-1", "--workers", "1").status == 2)
            #expect(try run("verify", "--evidence", "packed", "--proof", "x").status == 64)
            #expect(try FolderListing(sandbox.runs.path("packed")).files == before)
        }
    }

    /// Evidence of another run of the same name and length, put in the place of the run's, comes to no verdict about it.
    @Test func evidenceThatWasExchangedComesToNoVerdict() throws {
        try Sandbox.with { sandbox in
            func run(_ arguments: String...) throws -> Program.Result {
                try sandbox.program.start(arguments).wait()
            }
            _ = try sandbox.record(sandbox.runs.smpo(steps: 4, more: "record: {checkpoint_every: 2}"))
            #expect(try run("audit", "run-1", "--segments", "all", "--on", "file:job").status == 2)
            try Sandbox.with { other in
                _ = try other.record(
                    other.runs.smpo(steps: 4, more: "record: {checkpoint_every: 2}", training: ", ema: 0.9"))
                #expect(try other.program.start(["runs", "pack", "run-1", "packed"]).wait().status == 0)
                // As it stands it is sound.
                let sound = try other.program.start(["audit", "run-1", "--evidence", "packed", "--workers", "1"]).wait()
                #expect(sound.status == 0, "\(sound.errors)")
                try FileManager.default.removeItem(atPath: sandbox.runs.path("job/evidence"))
                try FileManager.default.moveItem(
                    atPath: other.runs.path("packed"), toPath: sandbox.runs.path("job/evidence"))
                for task in ["0", "1"] { _ = try run("job", "run", "job", task) }
            }
            let gathered = try run("job", "gather", "job")
            #expect(gathered.status == 2 && gathered.output.isEmpty, "\(gathered.output)")
            #expect(gathered.errors.contains("is not that which was to be audited"), "\(gathered.errors)")
        }
    }

    /// Where one of several folders is refused, those before it have been taken, which is said; those after it have not.
    @Test func whatWasTakenBeforeAnErrorIsSaid() throws {
        try Sandbox.with { sandbox in
            let recipe = try sandbox.runs.smpo(steps: 2)
            for name in ["run-1", "run-2"] {
                let recorded = try sandbox.program.run("train", recipe, "--record", "--name", name, "--workers", "1")
                #expect(recorded.status == 0, "\(recorded.errors)")
            }
            func run(_ arguments: String...) throws -> Program.Result {
                try sandbox.program.start(arguments).wait()
            }
            for name in ["run-1", "run-2"] { #expect(try run("runs", "pack", name, "packed-\(name)").status == 0) }
            for name in [".smpo", "Manifests"] {
                try FileManager.default.moveItem(
                    atPath: sandbox.runs.path(name), toPath: sandbox.runs.path("aside-\(name.count)"))
            }
            try FileManager.default.createDirectory(
                atPath: sandbox.runs.path("empty"), withIntermediateDirectories: true)
            let taken = try run("runs", "unpack", "packed-run-1", "empty", "packed-run-2")
            #expect(taken.status == 2 && taken.output == "run-1  2 steps, taken from packed-run-1\n", "\(taken.output)")
            #expect(
                taken.errors.contains("taken before the error: run-1; not taken: empty, packed-run-2"),
                "\(taken.errors)")
            #expect(taken.errors.contains("empty: expected evidence with a ledger"), "\(taken.errors)")
            #expect(try Workspace(root: sandbox.runs.folder).openLedger().runs().map(\.name) == ["run-1"])
            let none = try run("runs", "unpack", "empty", "packed-run-2")
            #expect(
                none.status == 2
                    && none.errors.contains("taken before the error: nothing; not taken: empty, packed-run-2"))
        }
    }
}
