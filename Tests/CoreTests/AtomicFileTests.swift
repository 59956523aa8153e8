import Core
import Foundation
import Testing

@Suite struct AtomicFileTests {
    /// A fresh folder that is removed afterwards.
    private func withFolder(_ body: (String) throws -> Void) throws {
        let folder = NSTemporaryDirectory() + "atomic-\(UUID().uuidString)"
        try FileContents.makeFolder(folder + "/a/b")
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }

    @Test func writesAndReplaces() throws {
        try withFolder { folder in
            let path = folder + "/a/b/file"
            try AtomicFile.write("one", to: path)
            try AtomicFile.write("two", to: path)
            #expect(try FileContents.read(path) == Array("two".utf8))
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder + "/a/b") == ["file"])
        }
    }

    @Test func streamsLargeFilesAndDigestsThem() throws {
        try withFolder { folder in
            let path = folder + "/large"
            let piece = (0..<100_003).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            try AtomicFile.write(to: path) { writer in
                for size in [1, 70_000, 3, 100_003, 65_536, 65_535] { try writer.append(Array(piece[..<size])) }
            }
            let expected = [1, 70_000, 3, 100_003, 65_536, 65_535].flatMap { piece[..<$0] }
            #expect(try FileContents.read(path) == expected)
            #expect(try Digest.file(path) == Digest.of(.file, expected))
        }
    }

    @Test func aFailingBodyLeavesTheOldFile() throws {
        struct Stop: Error {}
        try withFolder { folder in
            let path = folder + "/file"
            try AtomicFile.write("old", to: path)
            #expect(throws: Stop.self) {
                try AtomicFile.write(to: path) { writer in
                    try writer.append("new")
                    throw Stop()
                }
            }
            #expect(try FileContents.read(path) == Array("old".utf8))
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == ["a", "file"])
        }
    }

    /// The name may depend on what was written.
    @Test func aNameCanComeAfterwards() throws {
        struct Stop: Error {}
        try withFolder { folder in
            func write(_ text: String, path: (Int) throws -> String?) throws -> Int {
                try AtomicFile.write(in: folder + "/a") { writer in
                    try writer.append(text)
                    return text.utf8.count
                } path: {
                    try path($0)
                }
            }
            let length = try write("seven b") { "\(folder)/a/b/\($0)" }
            #expect(length == 7)
            #expect(try FileContents.read(folder + "/a/b/7") == Array("seven b".utf8))
            #expect(try write("none", path: { _ in nil }) == 4)
            #expect(throws: Stop.self) { try write("x") { _ in throw Stop() } }
            #expect(throws: FileError.self) { try write("x") { _ in folder + "/missing/file" } }
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder + "/a") == ["b"])
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder + "/a/b") == ["7"])
        }
    }

    @Test func errorsNamePathAndReason() throws {
        try withFolder { folder in
            let path = folder + "/missing/file"
            let error = try #require(throws: FileError.self) { try AtomicFile.write("x", to: path) }
            #expect(error.description == "\(path): cannot create: No such file or directory")
            #expect(throws: FileError.self) { try AtomicFile.write("x", to: folder + "/a") }
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["a"])
            #expect(throws: FileError.self) { try FileContents.read(folder + "/none") }
            try AtomicFile.write("x", to: folder + "/plain")
            #expect(throws: FileError.self) { try FileContents.makeFolder(folder + "/plain/below") }
            #expect(throws: FileError.self) { try FileContents.makeFolder(folder + "/plain") }
        }
    }

    /// The codes by which a full volume, an exhausted quota and a file size limit answer.
    @Test func aFullDiskIsRecognised() {
        for code in [ENOSPC, EDQUOT, EFBIG] { #expect(FileError(operation: "write", path: "f", code: code).isDiskFull) }
        #expect(!FileError(operation: "write", path: "f", code: EACCES).isDiskFull)
    }
}
