/// Distances between floating-point numbers in units of the last place: how many representable numbers lie between.
public enum UnitsInLastPlace {
    /// Between two Float32 bit patterns: neighbours are 1 apart, −0 and +0 are 1 apart, NaN to NaN is 0, NaN to a number
    /// the largest distance.
    public static func distance(_ a: UInt32, _ b: UInt32) -> UInt64 {
        let (x, y) = (Float(bitPattern: a), Float(bitPattern: b))
        if x.isNaN || y.isNaN { return x.isNaN && y.isNaN ? 0 : .max }
        return ordered(UInt64(a), signBit: 31).distance(to: ordered(UInt64(b), signBit: 31)).magnitude64
    }

    /// Between two Float64 bit patterns.
    public static func distance(_ a: UInt64, _ b: UInt64) -> UInt64 {
        let (x, y) = (Double(bitPattern: a), Double(bitPattern: b))
        if x.isNaN || y.isNaN { return x.isNaN && y.isNaN ? 0 : .max }
        return ordered(a, signBit: 63).distance(to: ordered(b, signBit: 63)).magnitude64
    }

    /// Places on the number line: negative patterns run backwards below −1.
    private static func ordered(_ bits: UInt64, signBit: UInt64) -> Int64 {
        let magnitude = Int64(bits & ((1 << signBit) - 1))
        return bits >> signBit == 0 ? magnitude : -1 - magnitude
    }
}

extension Int {
    fileprivate var magnitude64: UInt64 { UInt64(magnitude) }
}
