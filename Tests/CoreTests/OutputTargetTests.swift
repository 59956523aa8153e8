import Core
import Foundation
import Testing

/// What is written where no plain file is.
@Suite struct OutputTargetTests {
    private func withFolder(_ body: (String) throws -> Void) throws {
        let folder = NSTemporaryDirectory() + "output-\(UUID().uuidString)"
        try FileContents.makeFolder(folder + "/below")
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }

    private func status(_ path: String) throws -> stat {
        var result = stat()
        try #require(lstat(path, &result) == 0, "\(path)")
        return result
    }

    private func text(_ path: String) throws -> String { String(decoding: try FileContents.read(path), as: UTF8.self) }

    @Test func linksAreFollowedAndStay() throws {
        try withFolder { folder in
            try AtomicFile.write("old", to: folder + "/below/file")
            #expect(symlink("below/file", folder + "/one") == 0)
            #expect(symlink(folder + "/one", folder + "/two") == 0)
            #expect(symlink("../below/later", folder + "/below/dangling") == 0)
            try AtomicFile.write("new", to: folder + "/two")
            try AtomicFile.write("first", to: folder + "/below/dangling")
            #expect(try text(folder + "/below/file") == "new")
            #expect(try text(folder + "/below/later") == "first")
            for link in ["one", "two", "below/dangling"] {
                #expect(try status("\(folder)/\(link)").st_mode & S_IFMT == S_IFLNK, "\(link)")
            }
            #expect(try status(folder + "/below/file").st_mode & S_IFMT == S_IFREG)
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: folder + "/below").sorted()
                    == ["dangling", "file", "later"])
        }
    }

    @Test func aLoopOfLinksAndAFolderAreErrors() throws {
        try withFolder { folder in
            #expect(symlink("loop", folder + "/loop") == 0)
            let loop = try #require(throws: FileError.self) { try AtomicFile.write("x", to: folder + "/loop") }
            #expect(loop.code == ELOOP)
            let below = try #require(throws: FileError.self) { try AtomicFile.write("x", to: folder + "/below") }
            #expect(below.description == "\(folder)/below: cannot write: Is a directory")
            #expect(FileContents.isFolder(folder + "/below"))
        }
    }

    @Test func aFIFOIsWrittenThrough() async throws {
        let path = NSTemporaryDirectory() + "fifo-\(UUID().uuidString)"
        #expect(mkfifo(path, 0o600) == 0)
        defer { unlink(path) }
        let sent = String(repeating: "0123456789", count: 30_000)
        async let received = Task.detached { try FileContents.read(path) }.value
        try AtomicFile.write(sent, to: path)
        #expect(try await received == Array(sent.utf8))
        #expect(try status(path).st_mode & S_IFMT == S_IFIFO)
    }

    @Test func aDeviceIsWrittenThrough() throws {
        try AtomicFile.write("nothing", to: "/dev/null")
        #expect(try status("/dev/null").st_mode & S_IFMT == S_IFCHR)
        let error = try #require(throws: FileError.self) { try AtomicFile.write("x", to: "/dev/full") }
        #expect(error.description == "/dev/full: cannot write: No space left on device")
        #expect(try status("/dev/full").st_mode & S_IFMT == S_IFCHR)
    }

    @Test func aSocketIsAnError() throws {
        try withFolder { folder in
            let number = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
            defer { close(number) }
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            // The path of an address is short: the socket is bound by a name in this folder.
            let name = "/tmp/s-\(UUID().uuidString)"
            defer { unlink(name) }
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name.utf8.prefix(100)) }
            let size = socklen_t(MemoryLayout<sockaddr_un>.size)
            let isBound = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(number, $0, size) == 0 }
            }
            try #require(isBound)
            #expect(throws: FileError.self) { try AtomicFile.write("x", to: name) }
            #expect(try status(name).st_mode & S_IFMT == S_IFSOCK)
        }
    }

    /// Appended to what a descriptor of this process has written, as `> file` and `/dev/stdout` go together.
    @Test func anOwnDescriptorIsWrittenThrough() throws {
        try withFolder { folder in
            let path = folder + "/log"
            let number = open(path, O_WRONLY | O_CREAT, 0o600)
            defer { close(number) }
            #expect(Array("one ".utf8).withUnsafeBytes { Descriptor.write($0, to: number) })
            try AtomicFile.write("two ", to: "/dev/fd/\(number)")
            #expect(symlink("/proc/self/fd/\(number)", folder + "/link") == 0)
            try AtomicFile.write("three", to: folder + "/link")
            #expect(try text(path) == "one two three")
            #expect(!OutputTarget.isStandardOutput(folder + "/link"))
            #expect(OutputTarget.isStandardOutput("/dev/stdout"))
        }
    }

    @Test func modeAndOwnerStay() throws {
        try withFolder { folder in
            let path = folder + "/secret"
            try AtomicFile.write("old", to: path)
            #expect(chmod(path, 0o640) == 0)
            let isRoot = geteuid() == 0
            if isRoot { #expect(chown(path, 1234, 4321) == 0) }
            try AtomicFile.write("new", to: path)
            let after = try status(path)
            #expect(after.st_mode & 0o7777 == 0o640)
            if isRoot { #expect((after.st_uid, after.st_gid) == (1234, 4321)) }
            #expect(try text(path) == "new")
        }
    }

    /// A name of 255 bytes leaves no room for a temporary one beside it.
    @Test func theLongestNameIsWritten() throws {
        try withFolder { folder in
            let path = folder + "/" + String(repeating: "n", count: 255)
            try AtomicFile.write("x", to: path)
            #expect(try text(path) == "x")
        }
    }
}
