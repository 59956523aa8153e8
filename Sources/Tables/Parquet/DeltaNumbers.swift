/// DELTA_BINARY_PACKED: the differences of whole numbers in blocks, each with its smallest difference and few bits.
enum DeltaNumbers {
    /// All numbers, which must be `count`; arithmetic wraps at `bits`, 32 or 64.
    static func read(_ source: inout EncodedBytes, bits: Int, count: Int) throws -> [Int64] {
        let blockSize = Int(clamping: try source.varint())
        let parts = Int(clamping: try source.varint())
        let total = Int(clamping: try source.varint())
        let first = try source.zigzag()
        guard (1...1 << 20).contains(parts), (1...1 << 24).contains(blockSize), blockSize % parts == 0,
            blockSize / parts % 8 == 0
        else {
            throw source.error("blocks of differences of no possible size", found: "\(blockSize) in \(parts) parts")
        }
        guard total == count else {
            throw source.error("differences of another number of values", expected: "\(count)", found: "\(total)")
        }
        func wrapped(_ value: Int64) -> Int64 { bits == 32 ? Int64(Int32(truncatingIfNeeded: value)) : value }
        let most = bits == 64 ? 64 : source.writer.differenceBits
        guard most == 64 || wrapped(first) == first else { throw source.error("a first value of more than 32 bits") }
        var values: [Int64] = []
        if count == 0 { return values }
        values.reserveCapacity(min(count, 1 << 16))
        var last = wrapped(first)
        values.append(last)
        let partSize = blockSize / parts
        while values.count < count {
            let least = try source.zigzag()
            let widths = try source.take(parts)
            for place in widths where values.count < count {
                let width = Int(source.bytes[place])
                guard width <= most else {
                    throw source.error("differences of \(width) bits", expected: "\(most) at most")
                }
                let wanted = min(partSize, count - values.count)
                let stored = try source.take(min(partSize * width / 8, source.left))
                guard stored.count * 8 >= wanted * width else { throw source.error("differences that end too early") }
                BitPacking.unpack(source.bytes, from: stored.lowerBound, width: width, count: wanted) {
                    last = wrapped(last &+ least &+ Int64(bitPattern: $0))
                    values.append(last)
                }
            }
        }
        return values
    }
}
