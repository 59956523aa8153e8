import Core
import Foundation
import Ledger
import Testing
import TinyRuns

/// A small file system in memory, where this user may mount one.
struct MemoryDisk {
    let path: String

    static let isPermitted: Bool = {
        guard let disk = try? MemoryDisk(path: NSTemporaryDirectory() + "disk-\(UUID().uuidString)", bytes: 1 << 20)
        else { return false }
        disk.remove()
        try? FileManager.default.removeItem(atPath: disk.path)
        return true
    }()

    struct Refused: Error {}

    init(path: String, bytes: Int) throws {
        self.path = path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try MemoryDisk.call("mount", "-t", "tmpfs", "-o", "size=\(bytes)", "none", path)
    }

    func remount(_ option: String) throws { try MemoryDisk.call("mount", "-o", "remount,\(option)", path) }

    func remove() { try? MemoryDisk.call("umount", "-l", path) }

    private static func call(_ arguments: String...) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = arguments
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Refused() }
    }
}

@Suite(.enabled(if: MemoryDisk.isPermitted, "needs the right to mount a file system in memory"))
struct DiskTests {
    /// The steps before the disk was full stay, and with more room the run goes on.
    @Test func aFullDiskEndsARunInGoodOrder() throws {
        try Sandbox.with { sandbox in
            let disk = try MemoryDisk(path: sandbox.runs.path(".smpo"), bytes: 1 << 20)
            defer { disk.remove() }
            let recipe = try sandbox.runs.smpo(steps: 60)
            let full = try sandbox.program.run("train", recipe, "--record", "--workers", "1")
            #expect(full.status == 2, "\(full.output)")
            let names = ["disk is full", "No space left on device"]
            #expect(names.contains { full.errors.contains($0) }, "\(full.errors)")
            try disk.remount("size=64m")
            let steps = try sandbox.workspace.openLedger().verify("run-1", objects: sandbox.workspace.objects).chain
                .count
            #expect(1..<60 ~= steps)
            let resumed = try sandbox.program.run("train", "--resume", "run-1")
            #expect(resumed.status == 0, "\(resumed.errors)")
            #expect(try sandbox.program.run("audit", "run-1").status == 0)
        }
    }

    @Test func aReadOnlyLedgerIsReadAndNotWritten() throws {
        try Sandbox.with { sandbox in
            let disk = try MemoryDisk(path: sandbox.runs.path(".smpo"), bytes: 64 << 20)
            defer { disk.remove() }
            let recipe = try sandbox.runs.smpo(steps: 2)
            _ = try sandbox.record(recipe)
            try disk.remount("ro")
            let result = try sandbox.program.run("train", recipe, "--record")
            #expect(result.status == 2)
            #expect(result.errors.contains("read-only"), "\(result.errors)")
            let audit = try sandbox.program.run("audit", "run-1")
            #expect(audit.status == 0, "\(audit.output)\(audit.errors)")
            #expect(audit.output.contains("ledger"))
        }
    }
}
