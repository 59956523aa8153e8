import Checkpoints
import Comparison
import Compute
import Core
import Foundation
import Testing

/// What a verdict looked at: filters that meet nothing, files that were not read, metadata that pass.
@Suite struct PolicyReachTests {
    private func compare(
        _ left: Checkpoint, _ right: Checkpoint, _ policy: DifferencePolicy = DifferencePolicy()
    ) throws -> CheckpointDifference {
        let engine = Engine(workers: 1)
        defer { engine.stop() }
        return try CheckpointComparison(engine: engine, policy: policy).compare(left, right)
    }

    private func pair() throws -> (Checkpoint, Checkpoint) {
        (
            try Checkpoint.of(["unet/conv_in.weight": [1], "text_encoder/a.b": [2]]),
            try Checkpoint.of(["unet/conv_in.weight": [3], "text_encoder/a.b": [2]])
        )
    }

    @Test(arguments: [
        (["unett*"], "the nearest name is \"unet\""), (["unet/*", "unet/conv_im.weight"], "\"unet/conv_in.weight\""),
        (["zzzzzzzzzzzz"], "names begin with text_encoder, unet"),
    ]) func aFilterThatMeetsNothingIsAnError(only: [String], hint: String) throws {
        let (left, right) = try pair()
        let error = try #require(throws: EmptyComparison.self) {
            _ = try compare(left, right, DifferencePolicy(only: only))
        }
        #expect(error.problem == "--only \"\(only.last!)\" matches no tensor of A or B")
        #expect(error.hint?.contains(hint) == true, "\(error)")
    }

    @Test func comparingNothingIsAnError() throws {
        let (left, right) = try pair()
        let all = DifferencePolicy(rules: [.init(pattern: "*", tolerance: nil)])
        #expect(throws: EmptyComparison.self) { _ = try compare(left, right, all) }
        let rest = DifferencePolicy(rules: [.init(pattern: "unet/*", tolerance: nil)], only: ["unet/*"])
        #expect(throws: EmptyComparison.self) { _ = try compare(left, right, rest) }
        let nothing = try Checkpoint.of([:])
        #expect(throws: EmptyComparison.self) { _ = try compare(nothing, nothing) }
    }

    /// A rule that meets nothing is named, also one that never gets its turn.
    @Test func rulesThatMeetNothingAreNamed() throws {
        let (left, right) = try pair()
        let policy = DifferencePolicy(
            rules: [
                .init(pattern: "unet/*", tolerance: nil), .init(pattern: "vae/*", tolerance: .ulp(1)),
                .init(pattern: "unet/conv*", tolerance: .ulp(1)),
            ], ignoredMetadata: ["stepp"], ignoredFiles: ["*.onnx"])
        let report = try compare(left, right, policy)
        #expect(
            report.notes == [
                "the policy's rule \"vae/*\" meets no tensor",
                "the policy's rule \"unet/conv*\" meets no tensor that no earlier rule has met",
                "the pattern \"stepp\" of ignore_metadata meets no metadata",
                "the pattern \"*.onnx\" of ignored files meets no file",
                "not compared: 1 tensor that the policy leaves out",
            ])
        #expect(report.leftOut == 1 && report.passes)
    }

    @Test func metadataPassByPattern() throws {
        let left = try Checkpoint.of(["w": [1]], metadata: ["a: step": "1", "b": "1"])
        let right = try Checkpoint.of(["w": [1]], metadata: ["a: step": "2", "b": "1"])
        #expect(try compare(left, right).verdict == .different)
        #expect(try compare(left, right, DifferencePolicy(ignoredMetadata: ["b"])).verdict == .different)
        let passing = try compare(left, right, DifferencePolicy(ignoredMetadata: ["*: step"]))
        #expect(passing.verdict == .same && passing.metadata.map(\.passes) == [true])
    }

    /// Files that were not read: the same bytes are a comparison, other bytes or one side are none.
    @Test func filesThatWereNotReadDecide() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "reach-\(UUID())").path
        try FileContents.makeFolder(folder)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        func file(_ path: String, _ use: FolderFile.Use, _ text: String) throws -> FolderFile {
            let place = "\(folder)/\(UUID())"
            try AtomicFile.write(text, to: place)
            return FolderFile(path: path, place: place, use: use, why: "for a reason")
        }
        func side(_ files: [FolderFile], _ value: Float = 1) throws -> Checkpoint {
            let made = try Checkpoint.of(["unet/w": [value]])
            return try Checkpoint(path: "x", container: "folder", tensors: made.tensors, files: files)
        }
        let (a, same, b) = (
            try file("vae/m.onnx", .unread, "1234"), try file("vae/m.onnx", .unread, "1234"),
            try file("vae/m.onnx", .unread, "1235")
        )
        func verdict(_ left: [FolderFile], _ right: [FolderFile], _ policy: DifferencePolicy = DifferencePolicy())
            throws -> CheckpointDifference.Verdict
        { try compare(side(left), side(right), policy).verdict }
        #expect(try verdict([a], [same]) == .identical)
        #expect(try verdict([a], [b]) == .incomplete)
        #expect(try verdict([a], []) == .incomplete)
        #expect(try verdict([], [b]) == .incomplete)
        #expect(try verdict([a], [b], DifferencePolicy(only: ["unet/*"])) == .same)
        #expect(try verdict([a], [b], DifferencePolicy(only: ["*w"])) == .incomplete)
        #expect(try verdict([file("r", .harmless, "1")], [file("r", .harmless, "2")]) == .identical)
        #expect(try verdict([file("r", .ignored, "1")], [file("r", .ignored, "2")]) == .same)
        #expect(try verdict([file("r", .weights, "1")], []) == .identical)
        // What differs says more than what is not known.
        let different = try compare(side([a]), side([b], 2))
        #expect(different.verdict == .different && different.notCompared.map(\.path) == ["vae/m.onnx"])
        #expect(different.files[0].text == "for a reason; the bytes differ" && different.files[0].sides == .both)
    }
}
