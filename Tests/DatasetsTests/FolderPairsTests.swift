import Core
import Foundation
import Testing

@testable import Datasets

private struct ExpectedDigests: Decodable {
    let items: [String]
    let dataset: String
}

/// A copy of the fixture folder that a test may damage; removed at the end.
private final class ScratchFolder {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "smpo-folder-pairs-\(UUID().uuidString)"
        try FileManager.default.copyItem(atPath: try FixtureFiles.path("folder"), toPath: path)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ name: String, _ bytes: [UInt8]) throws { try AtomicFile.write(bytes, to: "\(path)/\(name)") }

    func write(lines: [String]) throws {
        try write("pairs.jsonl", Array((lines.joined(separator: "\n") + "\n").utf8))
    }
}

@Suite struct FolderPairsTests {
    private let good =
        #"{"caption": "c", "image_0": "images/0.jpg", "image_1": "images/1.png", "label_0": 1, "label_1": 0}"#

    private func line(_ changes: (String, String)...) -> String {
        changes.reduce(good) { $0.replacingOccurrences(of: $1.0, with: $1.1) }
    }

    @Test func readsTheFixtureFolder() throws {
        let pairs = try FolderPairs.loadAll(folder: try FixtureFiles.path("folder"))
        #expect(pairs.count == 3)
        #expect(pairs.refused.isEmpty)
        #expect(pairs.items.map(\.id) == ["pair-000001", "pair-000002", "pair-000003"])
        #expect(pairs.items.map(\.humanWinner) == [.image0, nil, .image1])
        #expect(pairs.items.map(\.caption) == ["a circle of colours", "Käse, 日本", ""])
        #expect(pairs.items[2].score(of: .image0) == 0.25)
        #expect(pairs.items[2].score(of: .image1) == -3.5)
        #expect(pairs.items[0].score0 == nil)
        #expect(pairs.items[1].image(of: .image1) == "images/2.webp")
    }

    /// The digests that Python's hashlib computes from the documented encoding.
    @Test func digestsAreThoseOfHashlib() throws {
        let expected = try FixtureFiles.json("folder.json", as: ExpectedDigests.self)
        let pairs = try FolderPairs.loadAll(folder: try FixtureFiles.path("folder"))
        #expect(pairs.items.map(\.digest.hex) == expected.items)
        #expect(pairs.digest.hex == expected.dataset)
    }

    @Test func pixelsAreSquaresOfThePicture() throws {
        let pairs = try FolderPairs.loadAll(folder: try FixtureFiles.path("folder"))
        let image = try pairs.image(of: pairs.item(at: 0), which: .image1)
        #expect(image.width == 21 && image.height == 16)
        let pixels = try pairs.pixels(at: 0, which: .image1, size: 8)
        let square = PillowResize.centerCrop(PillowResize.resize(image, width: 10, height: 8), to: 8)
        #expect(pixels == PixelPlanes.planar(square))
        #expect(pixels.count == 3 * 8 * 8)
    }

    @Test func malformedLinesAreNamed() throws {
        let folder = try ScratchFolder()
        let cases: [(String, String)] = [
            (line(("label_1", "lable_1")), #"unknown key "lable_1" (did you mean "label_1"?)"#),
            (line(("\"caption\"", "\"zzzzzzzzzz\"")), "known keys: caption"),
            (line(("\"caption\": \"c\", ", "")), #"the key "caption" is missing"#),
            (line(("\"c\"", "7")), "caption: expected a string, found integer"),
            (line((": 1,", ": 0.7,")), "label_0: expected 0, 0.5 or 1, found 0.7"),
            (line((": 1,", ": \"1\",")), "label_0: expected 0, 0.5 or 1, found string"),
            (line((": 1,", ": 0.5,")), "add up to 0.5, not 1"),
            (line(("images/0.jpg", "../0.jpg")), #""../0.jpg" leads out of the folder"#),
            (line(("images/0.jpg", "images/../../0.jpg")), "leads out of the folder"),
            (line(("images/0.jpg", "/etc/passwd")), "leads out of the folder"),
            (line(("images/0.jpg", "")), "is no path"),
            (line(("0}", "0, \"score_0\": 1}")), "only one of score_0 and score_1"),
            (line(("0}", "0, \"score_0\": null, \"score_1\": 1}")), "score_0: expected a finite number, found null"),
            (line(("0}", "0, \"score_0\": 1e999, \"score_1\": 1}")), "score_0: expected a finite number"),
            (line(("0}", "0")), "column"),
            (line(("\"caption\"", "\"caption\": \"a\", \"caption\"")), "caption"),
            ("[1]", "expected an object, found array"),
            ("  ", "an empty line"),
        ]
        for (text, words) in cases {
            try folder.write(lines: [good, text, good])
            // Malformed lines are never dropped.
            for drop in [false, true] {
                let error = try #require(throws: FolderPairsError.self, "\(text)") {
                    try FolderPairs.loadAll(folder: folder.path, dropUnreadable: drop)
                }
                #expect(error.problems.map(\.line) == [2])
                #expect("\(error)".contains("pairs.jsonl:2: "), "\(error)")
                #expect("\(error)".contains(words), "\(error)")
            }
        }
    }

    @Test func unreadablePicturesAreListedOrDropped() throws {
        let folder = try ScratchFolder()
        try folder.write("images/cut.png", try FixtureFiles.bytes("refused/png_truncated.png"))
        try FileManager.default.createSymbolicLink(
            atPath: "\(folder.path)/images/out.png", withDestinationPath: try FixtureFiles.path("decoders/png_1x1.png"))
        try folder.write(lines: [
            good, line(("1.png", "none.png")), line(("1.png", "cut.png")), good, line(("images/1.png", "images")),
            line(("1.png", "out.png")),
        ])
        let error = try #require(throws: FolderPairsError.self) { try FolderPairs.loadAll(folder: folder.path) }
        #expect(error.problems.map(\.line) == [2, 3, 5, 6])
        #expect(error.problems.map(\.image) == ["images/none.png", "images/cut.png", "images", "images/out.png"])
        for words in [
            "4 problems in 6 lines", "none.png: cannot open: No such file", "cut.png: PNG: the data end too early",
            "is no regular file", "leads out of the folder through a link",
        ] { #expect("\(error)".contains(words), "\(error)") }

        let kept = try FolderPairs.loadAll(folder: folder.path, dropUnreadable: true)
        #expect(kept.items.map(\.id) == ["pair-000001", "pair-000004"])
        #expect(kept.refused == error.problems)
    }

    @Test func tenProblemsAreSpelledOut() throws {
        let folder = try ScratchFolder()
        try folder.write(lines: (1...13).map { line(("1.png", "none\($0).png")) })
        for drop in [false, true] {
            let error = try #require(throws: FolderPairsError.self) {
                try FolderPairs.loadAll(folder: folder.path, dropUnreadable: drop)
            }
            #expect(error.problems.count == 13)
            let text = "\(error)"
            #expect(text.contains("13 problems in 13 lines") && text.contains("and 3 more"))
            #expect(text.contains("none10.png") && !text.contains("none11.png"))
        }
    }

    @Test func changedPictureIsNamed() throws {
        let folder = try ScratchFolder()
        let pairs = try FolderPairs.loadAll(folder: folder.path)
        var bytes = try FileContents.read("\(folder.path)/images/0.jpg")
        bytes[bytes.count - 20] ^= 1
        try folder.write("images/0.jpg", bytes)
        let error = try #require(throws: FolderImageChanged.self) { try pairs.pixels(at: 0, which: .image0, size: 8) }
        #expect(error.file.hasSuffix("images/0.jpg") && error.item == "pair-000001")
        #expect(error.expected == pairs.items[0].imageDigest0)
        #expect(error.found == Digest.of(.file, bytes))
        #expect(throws: Never.self) { try pairs.pixels(at: 0, which: .image1, size: 8) }
    }

    @Test func missingFolderAndEmptyList() throws {
        let folder = try ScratchFolder()
        #expect(throws: FileError.self) { try FolderPairs.loadAll(folder: folder.path + "/none") }
        #expect(throws: FileError.self) { try FolderPairs.loadAll(folder: folder.path + "/images") }
        try folder.write("pairs.jsonl", [])
        let error = try #require(throws: FolderPairsError.self) { try FolderPairs.loadAll(folder: folder.path) }
        #expect("\(error)".contains("pairs.jsonl is empty"))
    }

    /// Content counts, names do not: the same bytes under other names give the same digest.
    @Test func digestFollowsContent() throws {
        let folder = try ScratchFolder()
        try folder.write(lines: [good])
        let before = try FolderPairs.loadAll(folder: folder.path)
        try folder.write("images/copy.png", try FileContents.read("\(folder.path)/images/1.png"))
        try folder.write(lines: [line(("1.png", "copy.png"))])
        #expect(try FolderPairs.loadAll(folder: folder.path).digest == before.digest)
        for other in [line(("\"c\"", "\"d\"")), line((": 1,", ": 0,"), (": 0}", ": 1}")), line(("0.jpg", "2.webp"))] {
            try folder.write(lines: [other])
            #expect(try FolderPairs.loadAll(folder: folder.path).digest != before.digest, "\(other)")
        }
    }
}
