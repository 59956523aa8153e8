import Audit
import Checkpoints
import Compute
import Core
import Datasets
import Foundation
import Ledger
import Testing
import TinyRuns
import Training

/// One bit flipped anywhere in what a run left behind or started from is found before any replay, and named.
@Suite struct TamperTests {
    private func expectTampered(
        _ run: RecordedRun, naming words: String..., location: SourceLocation = #_sourceLocation
    ) throws {
        let report = try run.audit()
        #expect(report.verdict == .tampered, sourceLocation: location)
        let reason = report.reason ?? "no reason"
        for word in words { #expect(reason.contains(word), "\(reason)", sourceLocation: location) }
        #expect(report.equalSteps == 0, sourceLocation: location)
    }

    @Test func aLossInTheGoldenLog() throws {
        try RecordedRun.with { run in
            try run.promote()
            try run.removeLedger()
            guard
                case .float32(let bits)? = try GoldenLog(folder: run.workspace.golden("run-1")).steps()[1]
                    .record[.loss]?["loss"]?.value
            else {
                Issue.record("no loss")
                return
            }
            let line = try run.goldenLine(2)
            let changed = line.replacingOccurrences(
                of: #""loss":{"f32":["\#(HexFloat.string(bits: bits[0]))"]}"#,
                with: #""loss":{"f32":["\#(HexFloat.string(bits: bits[0] ^ 1))"]}"#)
            #expect(changed != line)
            try run.replace(line, changed, in: run.workspace.golden("run-1") + "/log.jsonl")
            try expectTampered(run, naming: "Golden/run-1/log.jsonl", "step 2", "record")
        }
    }

    @Test func aLatentDigestInTheGoldenLog() throws {
        try RecordedRun.with { run in
            try run.promote()
            let digest = try #require(
                try GoldenLog(folder: run.workspace.golden("run-1")).steps()[2].record[.inversion]?.tensors?.root)
            let last = digest.hex.last == "0" ? "1" : "0"
            let line = try run.goldenLine(3)
            try run.replace(
                line, line.replacingOccurrences(of: digest.hex, with: digest.hex.dropLast() + last),
                in: run.workspace.golden("run-1") + "/log.jsonl")
            try expectTampered(run, naming: "Golden/run-1/log.jsonl", "step 3", "record")
        }
    }

    /// Each byte of the tensors' digests and names beside the log, and more or fewer of them.
    @Test func theTensorsBesideTheGoldenLog() throws {
        try RecordedRun.with { run in
            try run.promote()
            try run.removeLedger()
            let folder = run.workspace.golden("run-1")
            for (file, offset) in [("tensors.bin", 5), ("tensors.bin", -1), ("names.json", 100), ("names.json", 5)] {
                let whole = try FileContents.read("\(folder)/\(file)")
                try run.flip("\(folder)/\(file)", at: offset, bit: 1)
                try expectTampered(run, naming: "Golden/run-1/\(file)")
                try AtomicFile.write(Array(whole.dropLast(40)), to: "\(folder)/\(file)")
                try expectTampered(run, naming: "Golden/run-1/\(file)")
                try AtomicFile.write(whole + [1], to: "\(folder)/\(file)")
                try expectTampered(run, naming: "Golden/run-1/\(file)")
                try AtomicFile.write(whole, to: "\(folder)/\(file)")
            }
            #expect(try run.audit().verdict == .reproduced)
        }
    }

    @Test func theManifestsSeedAndRecipe() throws {
        try RecordedRun.with { run in
            let path = run.workspace.manifest("run-1")
            let original = try FileContents.read(path)
            for (old, new) in [
                (#""seed": 11"#, #""seed": 10"#), (#""pairs_per_step": 2"#, #""pairs_per_step": 3"#),
                (#""tiny-smpo""#, #""tiny-smpn""#),
            ] {
                try run.replace(old, new, in: path)
                try expectTampered(run, naming: "Manifests/run-1.json", "run-1", "manifest.digest")
                try AtomicFile.write(original, to: path)
            }
            #expect(try run.audit().verdict == .reproduced)
        }
    }

    @Test(arguments: ["record", "digest", "head"])
    func aStepRowOfTheLedger(column: String) throws {
        try RecordedRun.with { run in
            let value =
                column == "record"
                ? "replace(record, '\"step\":2', '\"step\":3')"
                : "CAST(iif(substr(\(column), 1, 1) = x'01', x'02', x'01') || substr(\(column), 2) AS BLOB)"
            try run.sql("UPDATE steps SET \(column) = \(value) WHERE step = 2")
            try expectTampered(run, naming: "ledger.sqlite", "step 2", "steps.\(column)")
        }
    }

    @Test func aStoredLatentAndACheckpoint() throws {
        try RecordedRun.with { run in
            let store = try run.workspace.openLedger()
            let latent = try #require(try store.storedTensors(of: "run-1", step: 2).first)
            let path = run.workspace.objects.path(of: latent.object)
            try run.flip(path, at: latent.offset + 5)
            try expectTampered(run, naming: path)
            try run.flip(path, at: latent.offset + 5)
            let checkpoint = try #require(try store.checkpoints(of: "run-1").first)
            try run.flip(run.workspace.objects.path(of: checkpoint.object), at: -1)
            try expectTampered(run, naming: run.workspace.objects.path(of: checkpoint.object))
        }
    }

    /// In the numbers, in the header, so that a number becomes infinite: the file is named each time.
    @Test func theBaseModel() throws {
        try RecordedRun.with({ runs, engine in
            let base = try TrainingSession(recipe: try Recipe.read(path: runs.base()), engine: engine)
            try base.model.pipeline.write(to: runs.path("model"))
            return try runs.smpo(model: runs.path("model"))
        }) { run in
            let path = run.runs.path("model/unet/diffusion_pytorch_model.safetensors")
            let original = try FileContents.read(path)
            #expect(try run.audit().verdict == .reproduced)
            try run.flip(path, at: -4)
            try expectTampered(run, naming: run.runs.path("model/unet"), "run-1", "digest of model/unet")
            try AtomicFile.write(original, to: path)
            for (offset, bit) in [(9, UInt8(0)), (0, 1)] {
                try run.flip(path, at: offset, bit: bit)
                try expectTampered(run, naming: path, "digest of an input")
                try AtomicFile.write(original, to: path)
            }
            try AtomicFile.write(original.dropLast(4) + [0, 0, 0x80, 0x7F], to: path)
            try expectTampered(run, naming: path, "infinite")
            try AtomicFile.write(original, to: path)
            let config = run.runs.path("model/unet/config.json")
            try run.replace("\"norm_eps\": 0.00001", "\"norm_eps\": 0.00003", in: config)
            try expectTampered(run, naming: "model/unet/config")
        }
    }

    @Test func aPictureOfAFolder() throws {
        try RecordedRun.with({ runs, _ in
            let folder = runs.path("pairs")
            try FileContents.makeFolder(folder)
            let world = try ShapesWorld(seed: 1, side: 16)
            let shapes = ShapesDataset(world: world, count: 4)
            var lines = ""
            for index in 0..<4 {
                for side in PairSide.allCases {
                    let planes = try shapes.pixels(at: index, which: side, size: 16)
                    try PNGWriter.write(
                        PixelPlanes.image(planes, width: 16, height: 16),
                        to: "\(folder)/\(index)-\(side.rawValue).png")
                }
                lines +=
                    #"{"caption": "\#(shapes.item(at: index).caption)", "image_0": "\#(index)-0.png", "#
                    + #""image_1": "\#(index)-1.png", "label_0": 1, "label_1": 0, "score_0": 0.\#(index + 2), "#
                    + "\"score_1\": 0.1}\n"
            }
            try AtomicFile.write(lines, to: folder + "/pairs.jsonl")
            return try runs.smpo(data: folder)
        }) { run in
            #expect(try run.audit().verdict == .reproduced)
            let path = run.runs.path("pairs/2-1.png")
            let original = try FileContents.read(path)
            // Inside the compressed pixels, where the checksum notices, and in the signature.
            for offset in [60, 3, -3] {
                try run.flip(path, at: offset)
                try expectTampered(run, naming: "pairs")
                try AtomicFile.write(original, to: path)
            }
            // Another valid picture.
            try AtomicFile.write(try FileContents.read(run.runs.path("pairs/1-1.png")), to: path)
            try expectTampered(run, naming: path, "digest of pair-000003")
            try AtomicFile.write(original, to: path)
            try run.replace("0.3", "0.4", in: run.runs.path("pairs/pairs.jsonl"))
            try expectTampered(run, naming: run.runs.path("pairs/1-0.png"), "digest of pair-000002")
        }
    }

    /// No step's record holds the labels of items that it did not draw: the data itself does.
    @Test func oneBitOfALabelInTheLedgerIsTampering() throws {
        try RecordedRun.with { run in
            // In format 3 the outcome knows the rows; which of them has changed only the data tells.
            try run.makeFormatTwo()
            try run.sql("UPDATE labels SET bits = '0x3f800001' WHERE run_id = 1 AND position = 2 AND name = 'weight'")
            let report = try run.audit()
            #expect(report.verdict == .tampered && report.reason?.contains("labels does not hold") == true)
            let verified = try Verifier(workspace: run.workspace, engine: run.engine).verify("run-1")
            #expect(verified.verdict == .tampered && verified.reason?.contains("pair-000002") == true)
        }
        try RecordedRun.with { run in
            try run.sql("UPDATE data_items SET digest = zeroblob(32) WHERE run_id = 1 AND position = 7")
            #expect(try run.audit().reason?.contains("data_items does not hold") == true)
        }
    }

    /// A manifest under another run's name says nothing of that run.
    @Test func aManifestOfAnotherName() throws {
        try RecordedRun.with { run in
            try AtomicFile.write(
                try FileContents.read(run.workspace.manifest("run-1")), to: run.workspace.manifest("run-9"))
            let report = try run.audit("run-9")
            #expect(report.verdict == .tampered)
            #expect(report.reason?.contains("run-9.json") == true, "\(report.reason ?? "")")
        }
    }
}
