import Compute
import Core
import Foundation
import Testing

@testable import Checkpoints

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

    /// The pages of halves are there while they are looked at, and not beside what is made of them; read again, they are the same.
    @Test func widenedNumbersAreNotInMemoryTwice() throws {
        func resident() throws -> Int {
            let status = String(decoding: try FileContents.read("/proc/self/status"), as: UTF8.self)
            let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("RssFile:") })
            return try #require(
                line.split(whereSeparator: { " \t".contains($0) }).dropFirst().first.flatMap { Int($0) }) << 10
        }
        try inFolder { folder in
            let (count, path) = (8 << 20, folder + "/halves.safetensors")
            let header = "{\"x\":{\"dtype\":\"F16\",\"shape\":[\(count)],\"data_offsets\":[0,\(2 * count)]}}"
            let padded = header + String(repeating: " ", count: (8 - header.utf8.count % 8) % 8)
            var data = withUnsafeBytes(of: UInt64(padded.utf8.count).littleEndian) { Data($0) }
            data += Data(padded.utf8) + Data(repeating: 0x3C, count: 2 * count)
            try data.write(to: URL(filePath: path))
            let checkpoint = try Checkpoint(opening: path)
            let before = try resident()
            try checkpoint.requireFinite()
            #expect(try resident() - before > count)
            let widened = try checkpoint.float32(named: "x")
            #expect(try resident() - before < count, "of \(2 * count) bytes")
            let again = try checkpoint.float32(named: "x")
            // 0x3C3C: 1 + 60/1024.
            #expect(widened.slice(0..<3).floats == [Float](repeating: 1 + 60.0 / 1024, count: 3))
            #expect(again.slice(count - 3..<count).floats == [Float](repeating: 1 + 60.0 / 1024, count: 3))
        }
    }

    @Test func memoryHasTheSameBounds() throws {
        let file = OpenFile(path: "memory", bytes: [1, 2, 3])
        #expect(try file.bytes(1..<3) == [2, 3] && file.bytes(3..<3) == [])
        #expect(throws: CheckpointError.self) { _ = try file.bytes(2..<4) }
    }
}
