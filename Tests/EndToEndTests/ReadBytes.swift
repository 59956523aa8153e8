import Core
import Foundation
import Testing

/// How many bytes the program reads of files, as strace sees it: by calls that read, and by mapping.
struct ReadBytes {
    /// Bytes by absolute path: those that calls have read, and those that were mapped, a mapping at its whole length.
    let read: [String: Int], mapped: [String: Int]
    /// The exit status of the process.
    let status: Int32

    /// Runs the program with `arguments` to its end.
    init(_ program: Program, _ arguments: [String]) throws {
        let log = NSTemporaryDirectory() + "smpo-read-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: log) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments =
            [
                "strace", "-f", "-y", "-s", "0", "-e", "trace=read,pread64,readv,preadv,preadv2,mmap", "-o", log,
                Program.executable.path,
            ] + arguments
        process.currentDirectoryURL = URL(fileURLWithPath: program.folder)
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        status = process.terminationStatus
        (read, mapped) = ReadBytes.count(String(decoding: try FileContents.read(log), as: UTF8.self))
    }

    /// The bytes in strace's log. A call that others come between stands on two lines.
    static func count(_ log: String) -> (read: [String: Int], mapped: [String: Int]) {
        var (read, mapped, pending): ([String: Int], [String: Int], [Substring: String]) = ([:], [:], [:])
        for line in log.split(separator: "\n") {
            let process = line.prefix { $0 != " " }
            var call = String(line.dropFirst(process.count).drop { $0 == " " })
            if call.hasPrefix("<..."), let begun = pending.removeValue(forKey: process) {
                call = begun + call.drop { $0 != ">" }.dropFirst()
            } else if let cut = call.range(of: " <unfinished ...>") {
                pending[process] = String(call[..<cut.lowerBound])
                continue
            }
            guard let begin = call.range(of: "</"),
                let end = call.range(of: ">", range: begin.upperBound..<call.endIndex),
                let result = call.range(of: ") = ", options: .backwards), call[result.upperBound...].first != "-"
            else { continue }
            let path = "/" + call[begin.upperBound..<end.lowerBound]
            if call.hasPrefix("mmap(") {
                let words = call.split(separator: ",")
                mapped[path, default: 0] +=
                    words.count > 1 ? Int(words[1].trimmingCharacters(in: .whitespaces)) ?? 0 : 0
            } else {
                read[path, default: 0] += Int(call[result.upperBound...].prefix { $0.isNumber }) ?? 0
            }
        }
        return (read, mapped)
    }
}

@Suite struct ReadBytesTests {
    @Test func callsOfOtherThreadsComeBetween() {
        let (read, mapped) = ReadBytes.count(
            """
            7 read(3</a/b>, ""..., 100) = 60
            7 pread64(3</a/b>, ""..., 100, 5 <unfinished ...>
            8 mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, 4</a/c>, 0) = 0x7f00
            7 <... pread64 resumed>) = 40
            7 read(3</a/b>, 0x7f00, 100) = -1 EAGAIN (Resource temporarily unavailable)
            7 mmap(NULL, 4096, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f00
            8 +++ exited with 0 +++
            """)
        #expect(read == ["/a/b": 100] && mapped == ["/a/c": 4096])
    }
}
