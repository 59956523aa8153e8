/// The random numbers of `numpy.random.default_rng(seed)`: PCG64 (O'Neill, "PCG", 2014) whose state comes from numpy's
/// SeedSequence. `datasets` shuffles with it, so that a subset drawn by a public script is drawn alike here.
struct NumpyGenerator {
    private var state: UInt128
    private let increment: UInt128
    /// The upper half of the last 64 bits, where only the lower one was taken.
    private var kept: UInt32?

    init(seed: UInt64) {
        let words = Self.words(seed)
        func joined(_ index: Int) -> UInt128 {
            let (high, low) = (
                UInt64(words[index + 1]) << 32 | UInt64(words[index]),
                UInt64(words[index + 3]) << 32 | UInt64(words[index + 2])
            )
            return UInt128(high) << 64 | UInt128(low)
        }
        increment = joined(4) << 1 | 1
        state = 0
        advance()
        state &+= joined(0)
        advance()
    }

    /// SeedSequence(seed).generate_state(8): the seed's words mixed in a pool of four.
    private static func words(_ seed: UInt64) -> [UInt32] {
        var constant: UInt32 = 0x43B0_D7E5
        func hashed(_ value: UInt32, _ factor: UInt32) -> UInt32 {
            var value = value ^ constant
            constant = constant &* factor
            value = value &* constant
            return value ^ value >> 16
        }
        var pool = [UInt32(truncatingIfNeeded: seed), UInt32(seed >> 32), 0, 0].map { hashed($0, 0x931E_8875) }
        for source in 0..<4 {
            for target in 0..<4 where target != source {
                let mixed = pool[target] &* 0xCA01_F9DD &- hashed(pool[source], 0x931E_8875) &* 0x4973_F715
                pool[target] = mixed ^ mixed >> 16
            }
        }
        constant = 0x8B51_F9DD
        return (0..<8).map { hashed(pool[$0 % 4], 0x58F3_8DED) }
    }

    private mutating func advance() {
        state = state &* 0x2360_ED05_1FC6_5DA4_4385_DF64_9FCC_F645 &+ increment
    }

    private mutating func next() -> UInt64 {
        advance()
        let (mixed, turn) = (UInt64(truncatingIfNeeded: state >> 64) ^ UInt64(truncatingIfNeeded: state), state >> 122)
        return mixed >> UInt64(turn) | mixed << UInt64((64 - turn) & 63)
    }

    private mutating func half() -> UInt32 {
        if let kept {
            self.kept = nil
            return kept
        }
        let value = next()
        kept = UInt32(value >> 32)
        return UInt32(truncatingIfNeeded: value)
    }

    /// A number from 0 to `most`: as many bits as that has, drawn until they are not above it.
    private mutating func number(to most: UInt32) -> UInt32 {
        let mask = UInt32.max >> UInt32(most.leadingZeroBitCount)
        while true {
            let value = half() & mask
            if value <= most { return value }
        }
    }

    /// `default_rng(seed).permutation(count)`, for fewer than 2^32.
    static func permutation(seed: UInt64, count: Int) -> [Int] {
        precondition(count <= UInt32.max, "a permutation of 32 bits")
        var generator = NumpyGenerator(seed: seed)
        var order = Array(0..<count)
        for place in stride(from: count - 1, to: 0, by: -1) {
            order.swapAt(place, Int(generator.number(to: UInt32(place))))
        }
        return order
    }
}
