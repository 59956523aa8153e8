/// What a program writes otherwise than the format says, told by its name in the footer (`created_by`). From everybody else
/// it is damage.
struct ParquetWriter: Sendable {
    /// How many zeros may stand behind the last value of a page of the first version. The format allows none; fastparquet
    /// writes eight, its older versions nine behind truth values.
    var padding = 0
    /// How many bits a difference of numbers of 32 bits may have. The format says no more than those; DuckDB takes the
    /// differences in 64.
    var differenceBits = 32

    /// One that keeps to the format.
    init() {}

    init(_ name: ArraySlice<UInt8>) {
        if name.starts(with: Array("fastparquet".utf8)) { padding = 9 }
        if name.starts(with: Array("DuckDB".utf8)) { differenceBits = 64 }
    }
}
