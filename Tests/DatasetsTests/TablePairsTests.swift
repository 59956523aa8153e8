import Core
import Foundation
import Tables
import Testing

@testable import Datasets

struct TablePairsTests {
    private func table(_ name: String) throws -> Table { try .parquet(try FixtureFiles.path("tables/\(name)")) }

    private func scratch() throws -> String {
        let path = NSTemporaryDirectory() + "smpo-table-pairs-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }

    @Test func rowsBecomePairs() throws {
        let pairs = try TablePairs(table("scored.parquet"))
        #expect(pairs.count == 24 && pairs.refused.isEmpty)
        let item = pairs.item(at: 0)
        #expect(item.id == "row-0000000" && item.image1 == "jpg_1[0]" && item.label0 == 1)
        #expect(item.caption == "a photograph of two dogs running on the beach at sunset")
        #expect(item.score0 == 0.19 && item.score1 == 0.2)
        #expect(try pairs.pixels(at: 3, which: .image1, size: 8).count == 192)
        // The digest is that of the documented encoding, over the bytes in the cells.
        guard case .bytes(let bytes) = try table("scored.parquet").value(row: 0, column: 9) else {
            Issue.record("no picture")
            return
        }
        #expect(item.imageDigest0 == Digest.of(.file, bytes))
        let whole = (0..<24).map { index in
            let item = pairs.item(at: index)
            return PairItem(
                id: "", caption: item.caption, image0: "", image1: "", imageDigest0: item.imageDigest0,
                imageDigest1: item.imageDigest1, label0: item.label0, label1: item.label1, score0: item.score0,
                score1: item.score1)
        }
        #expect(pairs.digest == TablePairs.digest(of: whole))
    }

    @Test func picturesOfDatasetsAreStructs() throws {
        var columns = PairColumns()
        (columns.image0, columns.image1) = ("image_0", "image_1")
        let table = try table("image_struct.parquet")
        let pairs = try TablePairs(table, columns: columns, dropUnreadable: true)
        #expect(pairs.count > 10)
        let image = try #require(try pairs.image(at: 0, which: .image0))
        #expect(image.width > 0 && pairs.item(at: 0).score0 == nil)
    }

    @Test func unreadablePicturesAreNamedOrLeftOut() throws {
        let table = try table("broken_pictures.parquet")
        let error = #expect(throws: TablePairsError.self) { try TablePairs(table) }
        #expect(error?.problems.map(\.row) == [1, 2, 5])
        #expect(error?.description.contains("column \"jpg_0\"") == true, "\(error?.description ?? "")")
        let pairs = try TablePairs(table, dropUnreadable: true)
        #expect((0..<pairs.count).map { pairs.row(at: $0) } == [0, 3, 4])
        #expect(pairs.refused.map(\.row) == [1, 2, 5])
        for index in 0..<3 { _ = try pairs.pixels(at: index, which: .image0, size: 16) }
    }

    /// The names of pairs are numbers of rows, which rows that are no pairs move.
    @Test func numbersOfChosenRowsAreInADigest() throws {
        let whole = try table("scored.parquet")
        #expect(try TablePairs(whole).rowsDigest == nil)
        #expect(try TablePairs(table("broken_pictures.parquet"), dropUnreadable: true).rowsDigest == nil)
        var selection = PairSelection()
        selection.labels = .decided
        let decided = try TablePairs(whole, selection: selection)
        let rows = (0..<decided.count).map { JSONValue.integer(Int64(decided.row(at: $0))) }
        #expect(decided.count < 24 && decided.rowsDigest == Digest.of(.document, .array(rows)))
        // All rows, in another order.
        (selection.labels, selection.maxPairs) = (.any, 24)
        let shuffled = try TablePairs(whole, selection: selection)
        #expect(shuffled.count == 24 && shuffled.rowsDigest != nil)
        // Ties before the others: the same pairs, with other names.
        selection.maxPairs = nil
        selection.labels = .decided
        let paths = try ["ties.parquet", "scored.parquet"].map { try FixtureFiles.path("tables/\($0)") }
        let folder = try scratch()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for (path, name) in zip(paths, ["a", "b"]) {
            try FileManager.default.copyItem(atPath: path, toPath: "\(folder)/\(name).parquet")
        }
        let moved = try TablePairs(.parquet(folder), selection: selection)
        #expect(moved.digest == decided.digest && moved.rowsDigest != decided.rowsDigest)
        #expect(moved.item(at: 0).id != decided.item(at: 0).id)
    }

    @Test func columnsOfAnotherTypeAreNamed() throws {
        let table = try table("scored.parquet")
        var columns = PairColumns()
        columns.image0 = "image_0_url"
        let error = #expect(throws: TableError.self) { try TablePairs(table, columns: columns) }
        #expect(error?.place.column == "image_0_url" && error?.found == "string")
        columns = PairColumns()
        columns.caption = "captoin"
        let missing = #expect(throws: TableError.self) { try TablePairs(table, columns: columns) }
        #expect(missing?.hint == "did you mean \"caption\"?")
        var selection = PairSelection()
        selection.pairsPerPrompt = 1
        #expect(throws: Never.self) { try TablePairs(table, selection: selection) }
    }

    @Test func digestsAreMadeOnceAndKept() throws {
        let folder = try scratch()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let (kept, file) = ("\(folder)/kept", "\(folder)/table.parquet")
        try FileContents.read(try FixtureFiles.path("tables/scored.parquet")).withUnsafeBytes {
            try Data($0).write(to: URL(filePath: file))
        }
        let first = try TablePairs(.parquet(file), kept: kept)
        let names = try FileContents.names(in: kept)
        #expect(names.count == 1)
        // What is kept is taken as it is: a digest that was changed, with the file's own made to fit, comes back.
        let path = "\(kept)/\(names[0])"
        var bytes = try FileContents.read(path)
        bytes[60] ^= 1
        let end = bytes.count - 32
        bytes.replaceSubrange(end..., with: Digest.of(.file, Array(bytes[..<end])).bytes)
        try AtomicFile.write(bytes, to: path)
        let second = try TablePairs(.parquet(file), kept: kept)
        #expect(second.digest != first.digest)
        #expect(throws: FolderImageChanged.self) { try second.image(at: 0, which: .image0) }
        // Checking makes them anew, and says that they were others.
        let third = try TablePairs(.parquet(file), kept: kept, checksKept: true)
        #expect(third.digest == first.digest && third.notes.count == 1)
        #expect(try TablePairs(.parquet(file), kept: kept).digest == first.digest)
        // A damaged file is not taken, nor one of another table.
        bytes[60] ^= 1
        try AtomicFile.write(bytes, to: path)
        #expect(try TablePairs(.parquet(file), kept: kept).digest == first.digest)
        try Data(try FixtureFiles.bytes("tables/scored.parquet")).write(to: URL(filePath: file))
        _ = try TablePairs(.parquet(file), kept: kept)
        #expect(try FileContents.names(in: kept).count == 2)
    }

    /// What an earlier program could not decode is tried again: else the pair would be missing here and found by an audit.
    @Test func aPictureThatWasUnreadableIsTriedAgain() throws {
        let folder = try scratch()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let table = try table("scored.parquet")
        let first = try TablePairs(table, kept: folder)
        let path = "\(folder)/\(try FileContents.names(in: folder)[0])"
        let whole = try FileContents.read(path)
        // Behind the head of 48 bytes an entry has a digest and a byte of traits, 255 of what cannot be read.
        var bytes = whole
        bytes[48 + 32] = 0xFF
        let end = bytes.count - 32
        bytes.replaceSubrange(end..., with: Digest.of(.file, Array(bytes[..<end])).bytes)
        try AtomicFile.write(bytes, to: path)
        let second = try TablePairs(table, dropUnreadable: true, kept: folder)
        #expect(second.refused.isEmpty && second.digest == first.digest)
        #expect(try FileContents.read(path) == whole)

        // Of pictures that still cannot be read nothing changes.
        let broken = try self.table("broken_pictures.parquet")
        let left = try [true, false].map { _ in try TablePairs(broken, dropUnreadable: true, kept: folder).refused }
        #expect(left[0] == left[1] && left[0].map(\.row) == [1, 2, 5])
    }

    @Test func aTableThatChangesIsNoticed() throws {
        let folder = try scratch()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let file = "\(folder)/table.parquet"
        var bytes = try FixtureFiles.bytes("tables/scored.parquet")
        try Data(bytes).write(to: URL(filePath: file))
        // The digests are kept, so that the second one has read no picture.
        _ = try TablePairs(.parquet(file), kept: folder)
        let pairs = try TablePairs(.parquet(file), kept: folder)
        bytes[5000] ^= 1
        try Data(bytes).write(to: URL(filePath: file))
        // Two writings can be in one tick of the volume's clock.
        try FileManager.default.setAttributes([.modificationDate: Date(timeIntervalSince1970: 1)], ofItemAtPath: file)
        let error = #expect(throws: TableError.self) {
            for index in 0..<24 { _ = try pairs.image(at: index, which: .image0) }
        }
        #expect(error?.kind == .changed)
    }
}
