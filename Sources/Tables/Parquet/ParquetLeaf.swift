/// A column of numbers or bytes inside a Parquet file: a field of the table, or a part of one.
struct ParquetLeaf: Sendable {
    /// How a stored value becomes one of the table.
    enum Meaning: Sendable {
        case plain
        case unsigned(bits: Int)
        case text
        case half
        case int96
    }

    /// The names from the column of the table down to here.
    let path: [String]
    let physical: ParquetPhysical
    /// Bytes of a value of `fixedBytes`.
    let length: Int
    let type: TableType
    let meaning: Meaning
    /// The definition level of a value that is there, and the repetition level of one in the innermost list.
    let definition: Int
    let repetition: Int

    var name: String { path.joined(separator: ".") }
}

/// A node of the tree of types: which levels say that it is there, and what it is made of.
struct ParquetField: Sendable {
    indirect enum Shape: Sendable {
        /// The number of the leaf.
        case leaf(Int)
        case record([ParquetField])
        /// A list whose elements begin where the repetition level is at most `repetition`, and which has any from
        /// definition level `filled` on.
        case list(ParquetField, repetition: Int, filled: Int)
    }

    let name: String
    let shape: Shape
    let type: TableType
    /// Below this definition level there is a null here.
    let presence: Int
    /// The leaves that it is made of.
    let leaves: Range<Int>
}
