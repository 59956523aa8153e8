import Core
import Foundation

extension Table {
    /// A table of Parquet files: one file, a folder of them (or of `data/` in it), or a pattern of the shell. Files of
    /// several splits, `SPLIT-KKKKK-of-NNNNN*.parquet`, are told apart by `split`, and all N must be there.
    /// - Throws: `TableError`, `FileError`.
    package static func parquet(_ path: String, split: String? = nil) throws -> Table {
        let files = try ShardFiles(path, split: split, suffix: ".parquet").paths
        let caches = ParquetCaches()
        return try Table(path: path, parts: files.map { try ParquetFile(TableFile(path: $0), caches) })
    }

    /// A table of Arrow: a folder that `save_to_disk` of `datasets` left, or one file: a stream, or one of the random access
    /// format (Feather).
    /// - Throws: `TableError`, `FileError`, `JSONSyntaxError`, `JSONShapeError`.
    package static func arrow(_ path: String, split: String? = nil) throws -> Table {
        let buffers = ArrowBuffers()
        guard FileContents.isFolder(path) else {
            return try Table(path: path, parts: [ArrowFile(TableFile(path: path), buffers)])
        }
        let saved = try SavedDataset(path, split: split)
        let selection =
            saved.indices.isEmpty
            ? nil
            : try Table(
                path: saved.indices[0], parts: saved.indices.map { try ArrowFile(TableFile(path: $0), buffers) })
        return try Table(
            path: path, parts: saved.files.map { try ArrowFile(TableFile(path: $0), buffers) }, selection: selection)
    }
}
