/// A run of bytes of the pickle. Texts stay where they are until somebody asks for them.
struct PickleBytes: Equatable {
    let start: UInt32
    let count: UInt32

    /// Their places in the pickle.
    var range: Range<Int> { Int(start)..<(Int(start) + Int(count)) }
}
