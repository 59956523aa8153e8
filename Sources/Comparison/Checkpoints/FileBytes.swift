import Checkpoints

/// Files that are held against each other as they stand.
enum FileBytes {
    private static let block = 1 << 20

    /// Whether two files have the same bytes; what is no regular file has not.
    /// - Throws: `CheckpointError` where reading fails.
    static func areEqual(_ left: String, _ right: String) throws -> Bool {
        guard let a = try? OpenFile(path: left), let b = try? OpenFile(path: right), a.size == b.size else {
            return false
        }
        for start in stride(from: 0, to: a.size, by: block) {
            let range = start..<min(a.size, start + block)
            guard try a.bytes(range) == b.bytes(range) else { return false }
        }
        return true
    }
}
