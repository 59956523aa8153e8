/// The generator's own random numbers: Philox4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"),
/// counter based, so that picture 70,000 can be drawn without the 70,000 before it.
///
/// Key = (low half of the seed, stream), counter = (low and high half of the index, high half of the seed, block).
/// Integers only: the same on every machine.
struct ShapesRandom {
    /// What the numbers are for. Each purpose has its own stream, so that a change to one leaves the others alone.
    enum Stream: UInt32 {
        case split = 1
        case jitter
        case flaws
        case grain
        case votes
        case order
    }

    private let key: (UInt32, UInt32)
    private var counter: (UInt32, UInt32, UInt32, UInt32)
    private var block: [UInt32] = []
    private var used = 4

    init(seed: UInt64, stream: Stream, index: UInt64) {
        key = (UInt32(truncatingIfNeeded: seed), stream.rawValue)
        counter = (
            UInt32(truncatingIfNeeded: index), UInt32(truncatingIfNeeded: index >> 32),
            UInt32(truncatingIfNeeded: seed >> 32), 0
        )
    }

    /// The next 32 random bits.
    mutating func next() -> UInt32 {
        if used == 4 {
            block = Self.philox(counter: counter, key: key)
            counter.3 &+= 1
            used = 0
        }
        used += 1
        return block[used - 1]
    }

    /// A number in `0..<bound`, by the high half of a 32 × 32 bit product (bias below bound / 2^32).
    mutating func below(_ bound: Int) -> Int {
        precondition(bound > 0 && bound < 1 << 31, "a bound between 1 and 2^31")
        return Int((UInt64(next()) &* UInt64(bound)) >> 32)
    }

    /// A number in `-reach...reach`.
    mutating func within(_ reach: Int) -> Int { below(2 * reach + 1) - reach }

    /// One block of Philox4x32-10.
    static func philox(counter: (UInt32, UInt32, UInt32, UInt32), key: (UInt32, UInt32)) -> [UInt32] {
        var (c0, c1, c2, c3) = counter
        var (k0, k1) = key
        for _ in 0..<10 {
            let first = UInt64(0xD251_1F53) &* UInt64(c0)
            let second = UInt64(0xCD9E_8D57) &* UInt64(c2)
            (c0, c1, c2, c3) = (
                UInt32(truncatingIfNeeded: second >> 32) ^ c1 ^ k0, UInt32(truncatingIfNeeded: second),
                UInt32(truncatingIfNeeded: first >> 32) ^ c3 ^ k1, UInt32(truncatingIfNeeded: first)
            )
            k0 &+= 0x9E37_79B9
            k1 &+= 0xBB67_AE85
        }
        return [c0, c1, c2, c3]
    }
}
