import Audit
import Core
import Foundation
import Ledger
import Testing
import TinyRuns

/// Evidence that was packed, and what a segment's audit reads of it.
@Suite struct EvidencePackTests {
    /// A run of six steps with checkpoints after 2, 4 and 6.
    private func withRun(_ body: (RecordedRun) throws -> Void) throws {
        try RecordedRun.with(
            { runs, _ in try runs.smpo(steps: 6, more: "record: {checkpoint_every: 2}") }, body)
    }

    private func segment(_ run: RecordedRun, _ workspace: Workspace, _ steps: ClosedRange<Int>) throws -> AuditReport {
        var scope = AuditScope(segment: steps)
        scope.readsOwnObjects = true
        return try Auditor(workspace: workspace, engine: run.engine).audit("run-1", scope)
    }

    @Test func packedEvidenceIsAuditedAndStaysAsItIs() throws {
        try withRun { run in
            try run.record(try run.runs.smpo(steps: 2), as: "other")
            try run.promote()
            let folder = run.runs.path("packed")
            try EvidencePack.write(try Run("run-1", in: run.workspace), to: folder + "/")
            let packed = Workspace(root: folder)
            // The 19th and 20th byte of a database are 1 where it has no write-ahead log.
            #expect(try FileContents.read(packed.ledger)[18...19] == [1, 1])
            #expect(try packed.existingLedger()?.runs().map(\.name) == ["run-1"])
            let files = try FolderListing(folder).files
            #expect(!files.contains { $0.contains("draft") || $0.contains("lock") || $0.contains("tmp") }, "\(files)")
            let before = try files.map { try Digest.file("\(folder)/\($0)") }

            let whole = try Auditor(workspace: packed, engine: run.engine).audit("run-1")
            #expect(whole.verdict == .reproduced && whole.evidence == [.goldenLog, .ledger, .chainHead])
            #expect(whole.chainHead == run.manifest.outcome?.chainHead)
            #expect(try segment(run, packed, 3...4).verdict == .reproduced)
            #expect(try FolderListing(folder).files == files)
            #expect(try files.map { try Digest.file("\(folder)/\($0)") } == before)

            #expect(throws: EvidencePack.Occupied.self) {
                try EvidencePack.write(try Run("run-1", in: run.workspace), to: folder)
            }
            #expect(try FolderListing(folder).files == files)
        }
    }

    /// Into a ledger with runs of its own, which share lists of names; twice is once.
    @Test func packedRunsAreTakenIntoAnotherLedger() throws {
        try withRun { run in
            try run.record(try run.runs.smpo(steps: 2), as: "other")
            let folders = try ["run-1", "other"].map { name in
                let folder = run.runs.path("packed-\(name)")
                try EvidencePack.write(try Run(name, in: run.workspace), to: folder)
                return folder
            }
            let there = Workspace(root: run.runs.path("there"))
            #expect(try EvidencePack.unpack(folders[1], into: there) == .new(run: "other", steps: 2))
            #expect(try EvidencePack.unpack(folders[0], into: there) == .new(run: "run-1", steps: 6))
            #expect(try EvidencePack.unpack(folders[0], into: there) == .there(run: "run-1"))
            let (own, taken) = (try run.workspace.openLedger(), try there.openLedger())
            for name in ["run-1", "other"] {
                #expect(
                    try taken.verify(name, objects: there.objects) == own.verify(name, objects: run.workspace.objects))
                let (mine, others) = (try own.steps(of: name), try taken.steps(of: name))
                #expect(mine.map(\.digest) == others.map(\.digest))
            }
            #expect(try taken.dataItems(of: "run-1").map(\.digest) == own.dataItems(of: "run-1").map(\.digest))
            let report = try Auditor(workspace: there, engine: run.engine).audit("run-1")
            #expect(report.verdict == .reproduced && report.chainHead == run.manifest.outcome?.chainHead)
        }
    }

    @Test func anotherRunOfTheNameAndDamagedEvidenceAreNotTaken() throws {
        try withRun { run in
            let folder = run.runs.path("packed")
            try EvidencePack.write(try Run("run-1", in: run.workspace), to: folder)
            let there = Workspace(root: run.runs.path("there"))
            try FileContents.makeFolder(there.root)
            // One bit of an object, which is a link: written anew, so that the original stays as it is.
            let object = try #require(
                try FolderListing(folder).files.first { $0.hasPrefix(".smpo/objects/") })
            var bytes = try FileContents.read("\(folder)/\(object)")
            bytes[0] ^= 1
            try FileContents.remove(["\(folder)/\(object)"])
            try AtomicFile.write(bytes, to: "\(folder)/\(object)")
            #expect(throws: TamperError.self) { try EvidencePack.unpack(folder, into: there) }
            #expect(try there.existingLedger()?.runs().isEmpty ?? true)

            // A run of the same name that trained for longer.
            try FileManager.default.removeItem(atPath: folder)
            try EvidencePack.write(try Run("run-1", in: run.workspace), to: folder)
            try run.record(try run.runs.smpo(steps: 3), as: "other")
            let before = try run.workspace.openLedger().verify("other")
            let renamed = run.runs.path("renamed")
            try EvidencePack.write(try Run("other", in: run.workspace), to: renamed)
            _ = try EvidencePack.unpack(renamed, into: there)
            try FileManager.default.removeItem(atPath: there.manifest("other"))
            #expect(try EvidencePack.unpack(renamed, into: there) == .there(run: "other"))
            #expect(FileContents.exists(there.manifest("other")))
            try FileContents.makeFolder(there.manifests)
            try AtomicFile.write(FileContents.read(run.workspace.manifest("other")), to: there.manifest("run-1"))
            #expect(throws: (any Error).self) { try EvidencePack.unpack(folder, into: there) }
            #expect(try there.openLedger().runs().map(\.name) == ["other"])
            #expect(try there.openLedger().verify("other") == before)
            // A folder without evidence.
            #expect(throws: EvidencePack.NotTaken.self) {
                try EvidencePack.unpack(run.runs.path("nothing"), into: there)
            }
        }
    }

    @Test func whatCannotBePackedLeavesNothing() throws {
        try withRun { run in
            let opened = try Run("run-1", in: run.workspace)
            let checkpoint = try #require(try opened.checkpoints().first)
            try FileManager.default.removeItem(atPath: run.workspace.objects.path(of: checkpoint.object))
            #expect(throws: FileError.self) { try EvidencePack.write(opened, to: run.runs.path("packed")) }
            #expect(try FileContents.names(in: run.runs.folder).filter { $0.hasPrefix("packed") }.isEmpty)
        }
    }

    /// The objects of other steps may be damaged or missing; its own may not.
    @Test func aSegmentReadsItsOwnObjectsOnly() throws {
        try withRun { run in
            let store = try run.workspace.openLedger()
            func objects(_ steps: ClosedRange<Int>) throws -> Set<Digest> {
                Set(try steps.flatMap { try store.storedTensors(of: "run-1", step: $0) }.map(\.object))
            }
            let checkpoints = try store.checkpoints(of: "run-1")
            let own = try objects(3...4).union(checkpoints.filter { $0.step == 2 }.map(\.object))
            let others = try objects(1...6).union(checkpoints.map(\.object)).subtracting(own)
            #expect(!own.isEmpty && others.count > 2)
            for object in others {
                try FileManager.default.removeItem(atPath: run.workspace.objects.path(of: object))
            }
            let report = try segment(run, run.workspace, 3...4)
            #expect(report.verdict == .reproduced, "\(report.reason ?? "")")
            #expect(report.unchecked.contains { $0.hasPrefix("objects of other steps: \(others.count) were not read") })
            // All of them are wanted elsewhere.
            #expect(
                try Auditor(workspace: run.workspace, engine: run.engine).audit("run-1", segment: 3...4).verdict
                    != .reproduced)
            #expect(try segment(run, run.workspace, 5...6).verdict != .reproduced)

            for object in own {
                let path = run.workspace.objects.path(of: object)
                let bytes = try FileContents.read(path)
                try run.flip(path, at: -1)
                #expect(try segment(run, run.workspace, 3...4).verdict == .tampered)
                try AtomicFile.write(bytes, to: path)
            }
            #expect(try segment(run, run.workspace, 3...4).verdict == .reproduced)
        }
    }
}
