import Core
import Foundation
import Testing

@testable import Datasets

/// A folder with `w` and `l`, removed at the end.
private final class PairFolders {
    let path = NSTemporaryDirectory() + "smpo-pair-folders-\(UUID().uuidString)"

    /// Two pairs: `a`, with its caption in both folders, and `b`.
    init() throws {
        for side in ["w", "l"] { try FileContents.makeFolder("\(path)/\(side)") }
        for (number, name) in ["w/a.jpg", "l/a.png", "w/b.c.webp", "l/b.c.JPG"].enumerated() {
            let source = ["420.jpg", "rgb.png", "lossy.webp", "gray.jpg"][number]
            try write(name, try FixtureFiles.bytes("preparation/\(source)"))
        }
        try write("w/a.txt", "  a dog \n\n")
        try write("l/a.caption", "a dog")
        try write("l/b.c.txt", "café")
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ name: String, _ bytes: [UInt8]) throws { try AtomicFile.write(bytes, to: "\(path)/\(name)") }
    func write(_ name: String, _ text: String) throws { try write(name, Array(text.utf8)) }
    func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: "\(path)/\(name)") }
    func load(dropUnreadable: Bool = false) throws -> FolderPairs {
        try FolderPairs.loadAll(folder: path, layout: .winnersAndLosers, dropUnreadable: dropUnreadable)
    }
}

@Suite struct WinnersAndLosersTests {
    /// The same pairs in a list: the digest does not tell where a pair stood.
    @Test func theDigestIsThatOfTheSamePairsInAList() throws {
        let folder = try PairFolders()
        try folder.write("w/.DS_Store", "x")
        try folder.write("w/a_latents.npz", "x")
        let pairs = try folder.load()
        #expect(pairs.items.map(\.caption) == ["a dog", "café"])
        #expect(pairs.items.map(\.id) == ["pair-000001", "pair-000002"])
        #expect(pairs.items.map(\.image0) == ["w/a.jpg", "w/b.c.webp"])
        #expect(pairs.items.map(\.humanWinner) == [.image0, .image0])
        try folder.write(
            "pairs.jsonl",
            """
            {"caption": "a dog", "image_0": "w/a.jpg", "image_1": "l/a.png", "label_0": 1, "label_1": 0}
            {"caption": "café", "image_0": "w/b.c.webp", "image_1": "l/b.c.JPG", "label_0": 1, "label_1": 0}

            """)
        let listed = try FolderPairs.loadAll(folder: folder.path)
        #expect(pairs.digest == listed.digest)
        #expect(try pairs.pixels(at: 1, which: .image1, size: 8) == (try listed.pixels(at: 1, which: .image1, size: 8)))
    }

    @Test func whatIsWrongIsNamed() throws {
        let png = try FixtureFiles.bytes("preparation/rgb.png")
        let faults: [(String, (PairFolders) throws -> Void)] = [
            ("w/a.jpg: has no partner in l", { try $0.remove("l/a.png") }),
            ("l/b.c.JPG: has no partner in w", { try $0.remove("w/b.c.webp") }),
            ("w/a.png: a second picture of the stem of w/a.jpg", { try $0.write("w/a.png", png) }),
            ("w/b.c.webp: has no caption", { try $0.remove("l/b.c.txt") }),
            ("l/a.caption: another caption than w/a.txt", { try $0.write("l/a.caption", "a cat") }),
            ("l/b.c.txt: an empty caption", { try $0.write("l/b.c.txt", " \n ") }),
            ("l/b.c.txt: 2 lines", { try $0.write("l/b.c.txt", "a\nb") }),
            ("l/b.c.txt: is not plain UTF-8", { try $0.write("l/b.c.txt", [0x61, 0xFF]) }),
            ("l/b.c.txt: is not plain UTF-8", { try $0.write("l/b.c.txt", [0xEF, 0xBB, 0xBF, 0x61]) }),
            ("w/z.txt: a caption without pictures", { try $0.write("w/z.txt", "z") }),
            ("w/z.gif: a picture of a kind that is not read", { try $0.write("w/z.gif", "z") }),
            ("l/more: a folder inside l", { try FileContents.makeFolder("\($0.path)/l/more") }),
            ("w/a.jpg: cannot be read", { try $0.write("w/a.jpg", Array(png.prefix(100))) }),
        ]
        for (expected, damage) in faults {
            let folder = try PairFolders()
            try damage(folder)
            let error = try #require(throws: FolderPairsError.self) { try folder.load() }
            #expect(error.problems.count == 1, "\(error)")
            #expect("\(error)".contains(expected), "\(error)")
        }
    }

    @Test func unreadablePicturesAreDroppedIfAsked() throws {
        let folder = try PairFolders()
        try folder.write("w/a.jpg", [1, 2, 3])
        let pairs = try folder.load(dropUnreadable: true)
        #expect(pairs.items.map(\.id) == ["pair-000002"])
        #expect(pairs.refused.map(\.line) == [1])
    }

    @Test func aFolderWithoutTheTwoIsAnError() throws {
        let folder = try PairFolders()
        try FileManager.default.removeItem(atPath: folder.path + "/l")
        let error = try #require(throws: FileError.self) { try folder.load() }
        #expect("\(error)".contains("/l"))
        try FileContents.makeFolder(folder.path + "/l")
        for name in ["a.jpg", "a.txt", "b.c.webp"] { try folder.remove("w/\(name)") }
        let empty = try #require(throws: FolderPairsError.self) { try folder.load() }
        #expect("\(empty)".contains("w and l hold no pictures"), "\(empty)")
    }
}
