import Core
import Foundation
import Ledger
import Testing
import TinyRuns

/// Pictures that are not taken as they lie in their files are counted: in a note, in the manifest and in the report.
@Suite struct PictureNoteTests {
    private static let fixtures =
        URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().path + "/DatasetsTests/Fixtures/traits"

    @Test func whatIsDroppedOrIgnoredIsCountedOnce() throws {
        try Sandbox.with { sandbox in
            let pairs = try PairFolder(sandbox.runs)
            for (name, place) in [
                ("rgba.png", pairs.picture(0, .image0)), ("orientation_6.jpg", pairs.picture(0, .image1)),
                ("everything.webp", pairs.picture(1, .image0)), ("orientation_1.png", pairs.picture(1, .image1)),
            ] {
                try AtomicFile.write(FileContents.read("\(Self.fixtures)/\(name)"), to: place)
            }
            let result = try sandbox.record(try sandbox.runs.smpo(data: pairs.path, steps: 2))
            let sentences = [
                "2 pictures have an EXIF orientation, which is not applied",
                "2 pictures have an alpha channel, which is dropped",
                "1 picture has a colour profile, which is ignored",
            ]
            let report = try sandbox.program.run("report", "run-1")
            for sentence in sentences {
                #expect(result.errors.ranges(of: sentence).count == 1, "\(result.errors)")
                #expect(report.output.contains(sentence), "\(report.output)")
            }
            let notes = try Manifest.read(sandbox.workspace.manifest("run-1")).circumstances.inputNotes
            #expect(notes == InputNotes([.orientationIgnored: 2, .alphaDropped: 2, .profileIgnored: 1]))
        }
    }

    @Test func ofOrdinaryPicturesNothingIsSaid() throws {
        try Sandbox.with { sandbox in
            let result = try sandbox.record(
                try sandbox.runs.smpo(data: try PairFolder(sandbox.runs).path, steps: 1))
            #expect(!result.errors.contains("picture"), "\(result.errors)")
        }
    }
}
