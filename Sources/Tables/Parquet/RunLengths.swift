/// The hybrid of runs and packed bits that levels, places in a dictionary and truth values are written in (RLE).
enum RunLengths {
    /// `count` numbers of `width` bits, 0 to 32. What is left of `source` afterwards is padding, and so are packed bits beyond
    /// `count`: a packed run has eights of values, and some writers fill whole blocks (DuckDB 256 values).
    static func read<Number: FixedWidthInteger & UnsignedInteger>(
        _ source: inout EncodedBytes, width: Int, count: Int, as: Number.Type
    ) throws -> [Number] {
        var numbers: [Number] = []
        if width == 0 { return [Number](repeating: 0, count: count) }
        numbers.reserveCapacity(min(count, 1 << 16))
        while numbers.count < count {
            let header = try source.varint()
            guard header > 1 else { throw source.error("a run of no values") }
            // A run has fewer than 2^31 values (Encodings.md).
            let most: UInt64 = header & 1 == 0 ? 1 << 31 - 1 : 1 << 28 - 1
            guard header >> 1 <= most else { throw source.error("a run of 2^31 values or more") }
            let length = Int(header >> 1)
            let wanted = count - numbers.count
            if header & 1 == 0 {
                guard let value = Number(exactly: try source.unsigned((width + 7) / 8)), value.bitWidth >= width,
                    width >= value.bitWidth || value >> Number(width) == 0
                else { throw source.error("a value of more bits than there are", expected: "\(width)") }
                // A run may not be longer than what is missing.
                guard length <= wanted else {
                    throw source.error("a run beyond the page", expected: "\(wanted) at most", found: "\(length)")
                }
                numbers.append(contentsOf: repeatElement(value, count: length))
            } else {
                // Of the last group of eight some writers leave out what no value is in; more of it must be there.
                let range = try source.take(min(length * width, source.left))
                let here = min(wanted, range.count * 8 / width, length * 8)
                guard range.count == length * width || here == wanted && length <= (wanted + 7) / 8 else {
                    throw source.error("packed values that end too early")
                }
                BitPacking.unpack(source.bytes, from: range.lowerBound, width: width, count: here) {
                    numbers.append(Number(truncatingIfNeeded: $0))
                }
            }
        }
        return numbers
    }
}
