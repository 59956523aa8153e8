import Datasets
import Tables

extension Recipe.Data {
    /// A table whose rows are pairs.
    package struct Table: Sendable, Equatable {
        /// What its files are.
        package enum Format: String, Sendable {
            /// One or more Parquet files.
            case parquet
            /// A folder that `save_to_disk` of `datasets` left.
            case arrow
        }

        /// What its files are.
        package let format: Format
        /// A folder, a file, or a pattern of files; as written, relative to the working folder.
        package let path: String
        /// Which of several splits.
        package let split: String?
        /// The columns that pairs are read from.
        package let columns: PairColumns
        /// Which rows are taken.
        package let selection: PairSelection
        /// Whether pairs with a picture that cannot be decoded are left out rather than an error.
        package let dropUnreadable: Bool

        /// The pairs. Digests of pictures that are kept in the folder `kept` are read, or with `checksKept` made anew.
        /// - Throws: `TableError`, `TablePairsError`, `FileError`, `JSONSyntaxError`, `JSONShapeError`.
        package func pairs(kept: String, checksKept: Bool) throws -> TablePairs {
            let table =
                switch format {
                case .parquet: try Tables.Table.parquet(path, split: split)
                case .arrow: try Tables.Table.arrow(path, split: split)
                }
            return try TablePairs(
                table, columns: columns, selection: selection, dropUnreadable: dropUnreadable, kept: kept,
                checksKept: checksKept)
        }
    }
}
