/// A column of an Arrow stream, or a part of one: how its values lie in the buffers of a record batch.
struct ArrowField: Sendable {
    indirect enum Layout: Sendable {
        case null
        case boolean
        /// Whole numbers of so many bytes.
        case integers(width: Int, signed: Bool)
        /// Numbers of so many bytes.
        case numbers(width: Int)
        /// Bytes or text, with offsets of so many bytes.
        case strings(offset: Int, isText: Bool)
        /// Bytes or text, short ones in place and long ones in any of several buffers; its number among such columns.
        case views(number: Int, isText: Bool)
        case fixed(width: Int)
        case list(offset: Int, ArrowField)
        case fixedList(count: Int, ArrowField)
        case record([ArrowField])
        /// Places in the dictionary of this number.
        case places(width: Int, signed: Bool, dictionary: Int64)
        /// Not read, and only passed over.
        case unsupported
    }

    let name: String
    let type: TableType
    let layout: Layout
    /// Its number among the nodes of a record batch, and that of its first buffer.
    let node: Int
    let buffer: Int
}
