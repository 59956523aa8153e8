/// CRC-32C (Castagnoli; reflected, polynomial 0x82f63b78), which zlib does not have.
enum CRC32C {
    private static let polynomial: UInt32 = 0x82f6_3b78
    private static let table = (0..<256).map { (index: UInt32) -> UInt32 in
        var sum = index
        for _ in 0..<8 { sum = sum & 1 == 1 ? (sum >> 1) ^ polynomial : sum >> 1 }
        return sum
    }

    static func of(_ bytes: [UInt8]) -> UInt32 {
        var sum = UInt32.max
        for byte in bytes { sum = table[Int(UInt8(truncatingIfNeeded: sum) ^ byte)] ^ (sum >> 8) }
        return ~sum
    }
}
