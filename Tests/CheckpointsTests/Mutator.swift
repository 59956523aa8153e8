import SeededRandom

/// Damages files the way that hurts readers: single bits, lost and doubled pieces, and numbers that are extreme.
struct Mutator {
    private var random: SplitMix

    init(seed: UInt64) { random = SplitMix(state: seed) }

    static let extremes: [Int] = [
        0, 1, -1, .max, .min, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 0xFFFF_FFFE, 1 << 62, 1 << 32, .max - 7, 255,
        65535,
        1 << 20, 64, 7,
    ]

    /// The bytes with one to three damages, mostly in `range`. `words` are put in the place of each other where they
    /// occur.
    mutating func damaged(_ bytes: [UInt8], in range: Range<Int>, words: [[UInt8]] = []) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<max(1, Int.random(in: -1...3, using: &random)) {
            guard !bytes.isEmpty else { break }
            let end = min(range.upperBound, bytes.count)
            let inRange = range.lowerBound < end && Int.random(in: 0..<10, using: &random) > 0
            damage(&bytes, in: inRange ? range.lowerBound..<end : 0..<bytes.count, words: words)
        }
        return bytes
    }

    private mutating func damage(_ bytes: inout [UInt8], in range: Range<Int>, words: [[UInt8]]) {
        let place = Int.random(in: range, using: &random)
        let length = min(Int.random(in: 1...24, using: &random), bytes.count - place)
        // Mostly what leaves the rest in its place: everything else is soon noticed.
        switch Int.random(in: 0..<(words.isEmpty ? 15 : 20), using: &random) {
        case 0..<3: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 3..<6: bytes[place] = UInt8.random(in: 0...255, using: &random)
        case 6..<11:
            let width = [1, 2, 4, 8].randomElement(using: &random) ?? 4
            let value = (Self.extremes.randomElement(using: &random) ?? 0) &+ Int.random(in: -1...1, using: &random)
            for (index, byte) in le64(value).prefix(width).enumerated() where place + index < bytes.count {
                bytes[place + index] = byte
            }
        case 11: bytes.removeLast(bytes.count - place)
        case 12: bytes.removeSubrange(place..<(place + length))
        case 13:
            let piece = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
            bytes.insert(contentsOf: piece, at: place)
        case 14:
            let piece = Array(bytes[place..<(place + length)])
            bytes.insert(contentsOf: piece, at: Int.random(in: range, using: &random))
        case 15: bytes.insert(contentsOf: words.randomElement(using: &random) ?? [], at: place)
        default: exchange(&bytes, words)
        }
    }

    /// Puts another word in the place of one that occurs.
    private mutating func exchange(_ bytes: inout [UInt8], _ words: [[UInt8]]) {
        let start = Int.random(in: bytes.indices, using: &random)
        for place in bytes[start...].indices {
            for word in words where bytes[place...].starts(with: word) {
                bytes.replaceSubrange(
                    place..<(place + word.count), with: words.randomElement(using: &random) ?? [])
                return
            }
        }
    }
}
