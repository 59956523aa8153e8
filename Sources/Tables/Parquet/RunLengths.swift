/// The hybrid of runs and packed bits that levels, places in a dictionary and truth values are written in (RLE).
enum RunLengths {
    /// `count` numbers of `width` bits, 0 to 32. What is left of `source` afterwards is padding.
    static func read<Number: FixedWidthInteger & UnsignedInteger>(
        _ source: inout EncodedBytes, width: Int, count: Int, as: Number.Type
    ) throws -> [Number] {
        var numbers: [Number] = []
        if width == 0 { return [Number](repeating: 0, count: count) }
        numbers.reserveCapacity(min(count, 1 << 16))
        while numbers.count < count {
            let header = try source.varint()
            guard header > 1 else { throw source.error("a run of no values") }
            let length = Int(clamping: header >> 1)
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
                // The last group of eight is filled up.
                guard length <= (wanted + 7) / 8 else {
                    throw source.error("packed values beyond the page", expected: "\((wanted + 7) / 8) groups at most")
                }
                let range = try source.take(min(length * width, source.left))
                let here = min(wanted, range.count * 8 / width, length * 8)
                guard here == wanted || range.count == length * width else {
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
