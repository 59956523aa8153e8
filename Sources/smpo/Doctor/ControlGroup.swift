import Core
import Foundation

/// The limits of this process's control group and of those above it (version 1 or 2).
struct ControlGroup {
    /// Bytes of memory, or nil for no limit.
    let memory: Int?
    /// Cores' worth of time, or nil for no limit.
    let cores: Double?

    /// The limits in force, as far as the system shows them.
    static var current: ControlGroup {
        let groups = (try? FileContents.read("/proc/self/cgroup")).map { String(decoding: $0, as: UTF8.self) } ?? ""
        var (memory, cores): ([Int], [Double]) = ([], [])
        for line in groups.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 3 else { continue }
            let controllers = parts[1].split(separator: ",")
            let root = parts[1].isEmpty ? "/sys/fs/cgroup" : "/sys/fs/cgroup/\(parts[1])"
            for folder in folders(root, parts[2]) {
                if parts[1].isEmpty {
                    memory += number("\(folder)/memory.max").map { [$0] } ?? []
                    let words = words("\(folder)/cpu.max").compactMap(Double.init)
                    if words.count == 2, words[1] > 0 { cores.append(words[0] / words[1]) }
                }
                if controllers.contains("memory") {
                    memory += number("\(folder)/memory.limit_in_bytes").map { [$0] } ?? []
                }
                if controllers.contains("cpu"), let quota = number("\(folder)/cpu.cfs_quota_us"), quota > 0,
                    let period = number("\(folder)/cpu.cfs_period_us"), period > 0
                {
                    cores.append(Double(quota) / Double(period))
                }
            }
        }
        // Version 1 says "none" by a number near 2^63.
        return ControlGroup(memory: memory.filter { $0 < 1 << 60 }.min(), cores: cores.min())
    }

    /// The folder of a group and of all groups above it.
    private static func folders(_ root: String, _ path: String) -> [String] {
        var (folders, folder) = ([root], root)
        for part in path.split(separator: "/") {
            folder += "/\(part)"
            folders.append(folder)
        }
        return folders
    }

    private static func words(_ path: String) -> [Substring] {
        guard let bytes = try? FileContents.read(path) else { return [] }
        return String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace)
    }

    private static func number(_ path: String) -> Int? { words(path).first.flatMap { Int($0) } }
}
