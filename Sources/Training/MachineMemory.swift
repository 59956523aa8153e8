import Compute
import Core
import Foundation

/// How much memory the system still gives this process.
package struct MachineMemory: Sendable, Equatable {
    /// Bytes that can be taken before the system has to swap or to end processes.
    package let available: Int
    /// Which limit that is, for messages.
    package let limit: String

    /// A machine with so much left.
    package init(available: Int, limit: String) {
        self.available = available
        self.limit = limit
    }

    /// What the device of `engine` has left, where it has a memory of its own; else what the system gives.
    package static func read(for engine: Engine) -> MachineMemory? {
        guard let free = engine.device.freeMemory else { return read() }
        return MachineMemory(available: free, limit: "the memory of \(engine.place)")
    }

    /// The least of what the kernel calls available and of what the limits of the control groups (version 1 and 2) leave;
    /// nil where the system does not say. `root` stands before `/proc` and `/sys`.
    package static func read(root: String = "") -> MachineMemory? {
        var found: [MachineMemory] = []
        if let kibibytes = field("MemAvailable", "\(root)/proc/meminfo") {
            found.append(MachineMemory(available: kibibytes << 10, limit: "MemAvailable"))
        }
        for line in lines("\(root)/proc/self/cgroup") {
            // hierarchy:controllers:path; version 2 has hierarchy 0 and no controllers.
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { continue }
            if parts[1].isEmpty {
                found += groups("\(root)/sys/fs/cgroup", parts[2], .version2)
            } else if parts[1].split(separator: ",").contains("memory") {
                found += groups("\(root)/sys/fs/cgroup/memory", parts[2], .version1)
            }
        }
        return found.min { $0.available < $1.available }
    }

    /// The most memory that this process has held at once (`VmHWM`), in bytes.
    package static func peak() -> Int? { field("VmHWM", "/proc/self/status").map { $0 << 10 } }

    /// Lets `peak` begin anew from what is held now. False where the system does not allow it.
    package static func resetPeak() -> Bool {
        guard let file = fopen("/proc/self/clear_refs", "w") else { return false }
        let written = fputs("5", file)
        return fclose(file) == 0 && written >= 0
    }

    private struct GroupFiles {
        let limit, usage: String
        let cache: [String]
        static let version1 = GroupFiles(
            limit: "memory.limit_in_bytes", usage: "memory.usage_in_bytes",
            cache: ["total_inactive_file", "total_active_file"])
        static let version2 = GroupFiles(
            limit: "memory.max", usage: "memory.current", cache: ["inactive_file", "active_file"])
    }

    /// What the group `path` and those above it leave. In a container the path may be that of the host: what is not
    /// there is passed over.
    private static func groups(_ mount: String, _ path: Substring, _ files: GroupFiles) -> [MachineMemory] {
        var names = path.split(separator: "/")
        var found: [MachineMemory] = []
        while true {
            let folder = ([Substring(mount)] + names).joined(separator: "/")
            if let limit = number("\(folder)/\(files.limit)"), let usage = number("\(folder)/\(files.usage)") {
                // The cache of files is given back when memory is asked for.
                let cache = files.cache.compactMap { field($0, "\(folder)/memory.stat") }.reduce(0, +)
                found.append(
                    MachineMemory(
                        available: max(0, limit - max(0, usage - cache)),
                        limit: "the control group's \(files.limit)"))
            }
            if names.popLast() == nil { return found }
        }
    }

    private static func lines(_ path: String) -> [Substring] {
        guard let bytes = try? FileContents.read(path) else { return [] }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    }

    private static func number(_ path: String) -> Int? { lines(path).first.flatMap { Int($0) } }

    /// The number behind `name` in a file of names and numbers.
    private static func field(_ name: String, _ path: String) -> Int? {
        for line in lines(path) {
            let words = line.split(whereSeparator: { " \t:".contains($0) })
            if words.count >= 2, words[0] == name { return Int(words[1]) }
        }
        return nil
    }
}
