import Core
import Foundation
import Ledger
import Testing
import TinyRuns

/// `smpo audit` of parts of a run.
@Suite struct SegmentTests {
    @Test func partsAreReplayedSideBySide() throws {
        try Sandbox.with { sandbox in
            _ = try sandbox.record(try sandbox.runs.smpo(steps: 6, more: "record: {checkpoint_every: 2}"))
            let plan = try sandbox.program.run("audit", "plan", "run-1")
            #expect(plan.status == 0 && plan.output.contains("6 steps, 3 segments of up to 2"), "\(plan.errors)")
            #expect(
                plan.output.components(separatedBy: "finds a run with 1 wrong segment").count == 2, "\(plan.output)")
            #expect(plan.output.contains("1..2, 3..4, 5..6") && plan.output.contains("--sample 3"), "\(plan.output)")

            let one = try sandbox.program.run("audit", "run-1", "--segment", "3..4", "--workers", "1")
            #expect(one.status == 0 && one.output.contains("3..4 of 6 steps"), "\(one.output)\(one.errors)")
            #expect(one.output.contains("the checkpoint after step 2; the others were not"), "\(one.output)")

            let some = try sandbox.program.run("audit", "run-1", "--sample", "2", "--seed", "x", "--jobs", "2")
            #expect(some.status == 0 && some.output.contains("run-1: reproduced, in 2 of 3 segments"), "\(some.errors)")
            #expect(some.output.contains("1 of 3 segments are wrong with 66.7 %"), "\(some.output)")
            let all = try sandbox.program.run("audit", "run-1", "--sample", "9", "--json")
            let report = try JSONCursor(JSONValue.parse(Array(all.output.utf8), file: "report"), name: "report")
            #expect(try report["results"].elements().count == 3 && report["segments"].int() == 3)
            #expect(
                try report["seed"].string() == Manifest.read(sandbox.workspace.manifest("run-1")).outcome?.chainHead.hex
            )

            // The same of packed evidence, without the ledger; nothing is made or changed in it.
            let pack = try sandbox.program.run("runs", "pack", "run-1", "packed")
            #expect(pack.status == 0 && pack.output.hasPrefix("packed written"), "\(pack.output)\(pack.errors)")
            let again = try sandbox.program.run("runs", "pack", "run-1", "packed")
            #expect(again.status == 2 && again.errors.contains("packed is there"), "\(again.errors)")
            let (smpo, aside) = (sandbox.runs.path(".smpo"), sandbox.runs.path("aside"))
            try FileManager.default.moveItem(atPath: smpo, toPath: aside)
            let files = try FolderListing(sandbox.runs.path("packed")).files
            let packed = try sandbox.program.run(
                "audit", "run-1", "--evidence", "packed", "--sample", "2", "--seed", "x", "--jobs", "2")
            // All but the trained model, which is not in it.
            let (own, other) = (some.output.split(separator: "\n"), packed.output.split(separator: "\n"))
            #expect(packed.status == 0 && other.dropLast() == own.dropLast(), "\(packed.output)\(packed.errors)")
            #expect(own.last?.hasPrefix("  trained model ") == true, "\(some.output)")
            #expect(other.last == "  not checked       model files: packed/.smpo/runs/run-1 is not there")
            #expect(try FolderListing(sandbox.runs.path("packed")).files == files)
            #expect(!FileContents.exists(smpo + "/ledger.sqlite"))
            try? FileManager.default.removeItem(atPath: smpo)
            try FileManager.default.moveItem(atPath: aside, toPath: smpo)

            for wrong in [["--segment", "4..7"], ["--segment", "4-7"], ["--segment", "0..1"], ["--jobs", "2"]] {
                let result = try sandbox.program.start(["audit", "run-1"] + wrong).wait()
                #expect(result.status == 64, "\(wrong): \(result.errors)")
            }
            // A checkpoint that is damaged ends each part's audit, and the whole: tampered, not reproduced.
            let checkpoint = try #require(try sandbox.workspace.openLedger().checkpoints(of: "run-1").first)
            let path = sandbox.workspace.objects.path(of: checkpoint.object)
            var bytes = try FileContents.read(path)
            bytes[bytes.count - 1] ^= 1
            try AtomicFile.write(bytes, to: path)
            let damaged = try sandbox.program.run("audit", "run-1", "--sample", "2")
            #expect(damaged.status == 3, "\(damaged.output)\(damaged.errors)")
        }
    }
}
