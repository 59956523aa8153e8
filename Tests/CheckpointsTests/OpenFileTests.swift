import Checkpoints
import Foundation
import Testing

/// What may stand behind a path.
@Suite struct OpenFileTests {
    /// A new folder, removed after `body`.
    private func inFolder(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "open-\(UUID())").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }

    private func refused(_ path: String) throws -> CheckpointError {
        try #require(throws: CheckpointError.self) { _ = try OpenFile(path: path) }
    }

    @Test func linksAreFollowed() throws {
        try inFolder { folder in
            try Data([1, 2, 3]).write(to: URL(filePath: folder + "/file"))
            try FileManager.default.createSymbolicLink(atPath: folder + "/link", withDestinationPath: "file")
            #expect(try OpenFile(path: folder + "/link").bytes(1..<3) == [2, 3])
        }
    }

    /// A pipe without a writer would be waited for, a device read without end.
    @Test func onlyRegularFilesAreRead() throws {
        try inFolder { folder in
            let pipe = folder + "/pipe"
            #expect(mkfifo(pipe, 0o600) == 0)
            for path in [pipe, folder, "/dev/zero"] { #expect(try refused(path).problem == "not a regular file") }
            try FileManager.default.createSymbolicLink(atPath: folder + "/loop", withDestinationPath: "loop")
            #expect(try refused(folder + "/loop").kind == .unreadable)
            try FileManager.default.createSymbolicLink(atPath: folder + "/hanging", withDestinationPath: "nothing")
            #expect(try refused(folder + "/hanging").kind == .unreadable)
        }
    }

    /// A file that becomes shorter while it is open.
    @Test func aCutFileIsAnErrorWithItsOffset() throws {
        try inFolder { folder in
            let path = folder + "/file"
            try Data(repeating: 7, count: 100).write(to: URL(filePath: path))
            let file = try OpenFile(path: path)
            #expect(truncate(path, 60) == 0)
            #expect(try file.bytes(0..<60).count == 60)
            let error = try #require(throws: CheckpointError.self) { _ = try file.bytes(50..<70) }
            #expect(error.kind == .truncated && error.offset == 60 && error.file == path)
        }
    }

    @Test func memoryHasTheSameBounds() throws {
        let file = OpenFile(path: "memory", bytes: [1, 2, 3])
        #expect(try file.bytes(1..<3) == [2, 3] && file.bytes(3..<3) == [])
        #expect(throws: CheckpointError.self) { _ = try file.bytes(2..<4) }
    }
}
