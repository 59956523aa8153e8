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
