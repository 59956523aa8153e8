/// Bytes that only the rank that sends them and the one that receives them agree on: SplitMix64 from a start that both know.
struct TransferPattern {
    private var state: UInt64

    /// The bytes of `key`.
    init(_ key: UInt64) { state = key &* 0xD134_2543_DE82_EF95 &+ 1 }

    /// What goes from one rank to another.
    init(from: Int, to: Int) { self.init(UInt64(from) << 32 | UInt64(to)) }

    /// The next eight bytes.
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// Fills memory of a multiple of eight bytes.
    mutating func fill(_ bytes: UnsafeMutableRawBufferPointer) {
        for at in stride(from: 0, to: bytes.count, by: 8) {
            bytes.storeBytes(of: next(), toByteOffset: at, as: UInt64.self)
        }
    }

    /// Where memory of a multiple of eight bytes first holds something else.
    mutating func firstDifference(_ bytes: UnsafeMutableRawBufferPointer) -> (
        offset: Int, expected: UInt64, found: UInt64
    )? {
        for at in stride(from: 0, to: bytes.count, by: 8) {
            let (expected, found) = (next(), bytes.load(fromByteOffset: at, as: UInt64.self))
            if expected != found { return (at, expected, found) }
        }
        return nil
    }
}
