import Core
import Foundation

/// The files that a path of a table stands for, in order.
struct ShardFiles {
    let paths: [String]

    /// `path` is a file, a folder, or a pattern of the shell with `*`, `?` or `[`. - Throws: `TableError`, `FileError`.
    init(_ path: String, split: String?, suffix: String) throws {
        let place = TablePlace(file: path)
        if FileContents.isFolder(path) {
            func files(_ folder: String) throws -> [String] {
                guard FileContents.isFolder(folder) else { return [] }
                return try FileContents.names(in: folder).filter { $0.hasSuffix(suffix) }.map { "\(folder)/\($0)" }
            }
            var found = try files(path)
            if found.isEmpty { found = try files("\(path)/data") }
            if found.isEmpty, let split, case let own = try files("\(path)/\(split)"), !own.isEmpty {
                // The Hub's own conversion: a folder for each split, its files numbered.
                paths = try Self.chosen(own, nil, place)
                return
            }
            guard !found.isEmpty else {
                throw place.error(
                    .layout, "no \(suffix) files in the folder, nor in data\(split.map { " or \($0)" } ?? "") below it")
            }
            paths = try Self.chosen(found, split, place)
        } else if FileContents.exists(path) || !path.contains(where: { "*?[".contains($0) }) {
            paths = [path]
        } else {
            let found = Self.matching(path)
            guard !found.isEmpty else { throw place.error(.layout, "no file matches the pattern") }
            paths = try Self.chosen(found, split, place)
        }
    }

    /// What matches a pattern of the shell, in byte order.
    private static func matching(_ pattern: String) -> [String] {
        var result = glob_t()
        defer { globfree(&result) }
        guard glob(pattern, GLOB_ERR, nil, &result) == 0 else { return [] }
        return (0..<Int(result.gl_pathc)).compactMap { result.gl_pathv[$0].map { String(cString: $0) } }
            .sorted(by: utf8Less)
    }

    /// A name as `datasets` gives it: SPLIT-KKKKK-of-NNNNN, and a dash with a hash behind it or nothing.
    private struct Shard {
        let split: String
        let number: Int
        let count: Int

        init?(_ path: String) {
            let name = path.split(separator: "/").last ?? ""
            let parts = name.prefix { $0 != "." }.split(separator: "-", omittingEmptySubsequences: false)
            guard let of = parts.lastIndex(of: "of"), of >= 2, of + 1 < parts.count,
                let number = Int(parts[of - 1]), let count = Int(parts[of + 1]), number >= 0, count > 0
            else { return nil }
            split = parts[..<(of - 1)].joined(separator: "-")
            (self.number, self.count) = (number, count)
        }
    }

    /// The files of the split that is asked for, complete.
    private static func chosen(_ paths: [String], _ split: String?, _ place: TablePlace) throws -> [String] {
        let shards = paths.map { Shard($0) }
        var splits: [String] = []
        for shard in shards { if let shard, !splits.contains(shard.split) { splits.append(shard.split) } }
        let known = splits.map { "\"\($0)\"" }.joined(separator: ", ")
        guard let split = split ?? (splits.count == 1 && shards.allSatisfy { $0 != nil } ? splits[0] : nil) else {
            guard splits.count <= 1 else {
                throw place.error(
                    .layout, "files of several splits", expected: "one of \(known)", hint: "set data.split")
            }
            return paths
        }
        let mine = zip(paths, shards).compactMap { path, shard in
            shard.flatMap { $0.split == split ? (path: path, shard: $0) : nil }
        }
        if mine.isEmpty {
            // A file for each split, named after it.
            let named = paths.filter { $0.hasSuffix("/\(split).parquet") }
            guard named.isEmpty else { return named }
            throw place.error(
                .layout, "no files of the split \"\(split)\"",
                expected: splits.isEmpty ? "SPLIT-KKKKK-of-NNNNN*.parquet" : "one of \(known)")
        }
        let count = mine[0].shard.count
        let sorted = mine.sorted { $0.shard.number < $1.shard.number }
        guard sorted.allSatisfy({ $0.shard.count == count }), sorted.map(\.shard.number) == Array(0..<count) else {
            let there = Set(sorted.map(\.shard.number))
            let missing = (0..<min(count, 1 << 20)).filter { !there.contains($0) }
            throw place.error(
                .layout, "the files of the split \"\(split)\" are not complete, or not of one set",
                expected: "\(count) of them", found: "\(mine.count)",
                hint: missing.isEmpty
                    ? "there are files of two sets: remove one"
                    : "missing: \(missing.prefix(5).map(String.init).joined(separator: ", "))\(missing.count > 5 ? ", …" : "")"
            )
        }
        return sorted.map(\.path)
    }
}
