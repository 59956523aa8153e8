/// Strings of bytes that lie in one piece of memory.
struct ByteSlices: Sendable {
    var bytes: [UInt8]
    var starts: [UInt32]
    var lengths: [UInt32]

    init(_ bytes: [UInt8]) { (self.bytes, starts, lengths) = (bytes, [], []) }

    var count: Int { starts.count }

    mutating func append(_ range: Range<Int>) {
        starts.append(UInt32(range.lowerBound))
        lengths.append(UInt32(range.count))
    }

    subscript(index: Int) -> ArraySlice<UInt8> { bytes[Int(starts[index])..<Int(starts[index]) + Int(lengths[index])] }
}
