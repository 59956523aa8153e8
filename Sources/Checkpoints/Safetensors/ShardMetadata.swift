import Core

/// The metadata of a checkpoint in several files: what all of them say is said once, and where they differ each one's
/// own stands under its name.
struct ShardMetadata {
    private var shards: [(file: String, metadata: [(key: String, value: String)])] = []

    /// Adds what one file says.
    mutating func add(_ metadata: [(key: String, value: String)], of file: String) { shards.append((file, metadata)) }

    /// The texts of all.
    /// - Parameter mayLack: whether a key may be in some of the files only, as where the texts belong to the tensors; else
    ///   a file without it differs from those that have it.
    func merged(mayLack: Bool) -> [(key: String, value: String)] {
        var values: [[UInt8]: [String]] = [:]
        for shard in shards {
            for (key, value) in shard.metadata { values[Array(key.utf8), default: []].append(value) }
        }
        var result: [(key: String, value: String)] = []
        var done: Set<[UInt8]> = []
        for shard in shards {
            for (key, value) in shard.metadata {
                let all = values[Array(key.utf8)] ?? []
                let agree = all.allSatisfy { utf8Equal($0, value) } && (mayLack || all.count == shards.count)
                if !agree {
                    result.append(("\(shard.file): \(key)", value))
                } else if done.insert(Array(key.utf8)).inserted {
                    result.append((key, value))
                }
            }
        }
        return result
    }
}
