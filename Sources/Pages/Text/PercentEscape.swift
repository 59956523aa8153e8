/// A byte as URIs and workflow commands write it: `%0A`.
enum PercentEscape {
    /// The per cent sign and two digits.
    static func of(_ byte: UInt8) -> String {
        "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
    }
}
