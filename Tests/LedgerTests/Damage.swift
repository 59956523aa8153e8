import SeededRandom

extension SplitMix {
    /// A number from 0 to below `bound`.
    mutating func roll(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &self) }

    /// One to four damages of a document: bits flipped, bytes put in or taken out, pieces doubled or cut off.
    mutating func damage(_ bytes: [UInt8]) -> [UInt8] {
        var result = bytes
        for _ in 0..<1 + roll(4) where !result.isEmpty {
            let place = roll(result.count)
            switch roll(6) {
            case 0: result.removeSubrange(place..<result.count)
            case 1: result.insert(UInt8(roll(256)), at: place)
            case 2: result.remove(at: place)
            case 3: result.insert(contentsOf: result[place..<min(result.count, place + 40)], at: place)
            default: result[place] ^= 1 << UInt8(roll(8))
            }
        }
        return result
    }

    /// How many of ten thousand damaged copies `accept` refuses by an error; it checks those that it takes.
    mutating func refusals(of bytes: [UInt8], accept: ([UInt8]) throws -> Void) -> Int {
        var refused = 0
        for _ in 0..<10_000 {
            do { try accept(damage(bytes)) } catch { refused += 1 }
        }
        return refused
    }
}
