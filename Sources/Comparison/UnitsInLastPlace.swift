/// Distances between floating-point numbers in units of the last place: how many representable numbers lie between.
package enum UnitsInLastPlace {
    /// Between two Float32 bit patterns: neighbours are 1 apart, −0 and +0 are 1 apart, NaN to NaN is 0, NaN to a number
    /// the largest distance.
    package static func distance(_ a: UInt32, _ b: UInt32) -> UInt64 {
        let (x, y) = (Float(bitPattern: a), Float(bitPattern: b))
        if x.isNaN || y.isNaN { return x.isNaN && y.isNaN ? 0 : .max }
        return distance(UInt64(a), UInt64(b), signBit: 31)
    }

    /// Between two Float64 bit patterns.
    package static func distance(_ a: UInt64, _ b: UInt64) -> UInt64 {
        let (x, y) = (Double(bitPattern: a), Double(bitPattern: b))
        if x.isNaN || y.isNaN { return x.isNaN && y.isNaN ? 0 : .max }
        return distance(a, b, signBit: 63)
    }

    /// Places on the number line: of one sign, magnitudes apart; of two, both magnitudes and the step from −0 to +0. The
    /// sum of two finite or infinite Float64 magnitudes and 1 fits into 64 bits; their signed difference would not.
    private static func distance(_ a: UInt64, _ b: UInt64, signBit: UInt64) -> UInt64 {
        let mask: UInt64 = (1 << signBit) - 1
        let (x, y) = (a & mask, b & mask)
        return a >> signBit == b >> signBit ? max(x, y) - min(x, y) : x + y + 1
    }
}
