/// A code page: 256 bytes as scalars. ftfy's "sloppy" pages give bytes without a scalar their own number, and write U+FFFD
/// as the byte 1A.
struct CodePage: Sendable {
    /// Its name in ftfy.
    let name: String
    private let upper: [Unicode.Scalar]
    private let bytes: [Unicode.Scalar: UInt8]

    /// All pages that mojibake is looked for in, in the order in which they are tried.
    static let all =
        [CodePage(name: "latin-1", (0x80...0xFF).compactMap { Unicode.Scalar(UInt32($0)) })]
        + MojibakePatterns.pages.map { CodePage(name: $0.name, Array($0.upper.unicodeScalars)) }
    /// ISO 8859-1.
    static let latin1 = all[0]
    /// Windows-1252, with U+0081 and the like where it has nothing.
    static let windows1252 = all[1]

    private init(name: String, _ upper: [Unicode.Scalar]) {
        precondition(upper.count == 128, name)
        (self.name, self.upper) = (name, upper)
        var bytes: [Unicode.Scalar: UInt8] = [:]
        for byte in UInt8(0)..<128 { bytes[Unicode.Scalar(byte)] = byte }
        for (place, scalar) in upper.enumerated() { bytes[scalar] = UInt8(128 + place) }
        if name.hasPrefix("sloppy") {
            bytes["\u{1A}"] = nil
            bytes["\u{FFFD}"] = 0x1A
        }
        self.bytes = bytes
    }

    /// Whether U+FFFD has a byte.
    var isSloppy: Bool { name.hasPrefix("sloppy") }

    /// The scalar of a byte.
    func scalar(_ byte: UInt8) -> Unicode.Scalar {
        if byte < 0x80 { return byte == 0x1A && isSloppy ? "\u{FFFD}" : Unicode.Scalar(byte) }
        return upper[Int(byte) - 128]
    }

    /// The bytes of a text; nil where a scalar has none.
    func encoded(_ text: [Unicode.Scalar]) -> [UInt8]? {
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        for scalar in text {
            guard let byte = bytes[scalar] else { return nil }
            result.append(byte)
        }
        return result
    }
}
