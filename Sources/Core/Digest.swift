/// A SHA-256 value: 32 bytes, held inline.
///
/// Identities are passed around as this type and never as a `String`, so that a name cannot be mistaken for a digest.
/// The order is the byte-wise order, which is also the order of the hex text.
package struct Digest: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The number of bytes in a digest.
    package static let byteCount = 32

    // Big-endian words, so that comparing words compares bytes.
    private let word0, word1, word2, word3: UInt64

    /// Takes the 32 bytes of a digest; `nil` when there are not exactly 32.
    package init?(bytes: some Collection<UInt8>) {
        guard bytes.count == Digest.byteCount else { return nil }
        var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        for (index, byte) in bytes.enumerated() {
            switch index / 8 {
            case 0: words.0 = words.0 << 8 | UInt64(byte)
            case 1: words.1 = words.1 << 8 | UInt64(byte)
            case 2: words.2 = words.2 << 8 | UInt64(byte)
            default: words.3 = words.3 << 8 | UInt64(byte)
            }
        }
        (word0, word1, word2, word3) = words
    }

    /// The digests whose bytes follow each other in `bytes`; nil when the last one is cut.
    package static func list(bytes: [UInt8]) -> [Digest]? {
        guard bytes.count % byteCount == 0 else { return nil }
        return bytes.withUnsafeBytes { raw in
            stride(from: 0, to: raw.count, by: byteCount).map { start in
                func word(_ index: Int) -> UInt64 {
                    UInt64(bigEndian: raw.loadUnaligned(fromByteOffset: start + 8 * index, as: UInt64.self))
                }
                return Digest(word(0), word(1), word(2), word(3))
            }
        }
    }

    private init(_ word0: UInt64, _ word1: UInt64, _ word2: UInt64, _ word3: UInt64) {
        (self.word0, self.word1, self.word2, self.word3) = (word0, word1, word2, word3)
    }

    /// Takes 64 lower-case hexadecimal digits; `nil` for anything else (upper case too, so that a text has one form).
    package init?(hex: String) {
        guard let bytes = Hex.decode(hex) else { return nil }
        self.init(bytes: bytes)
    }

    /// The 32 bytes, most significant first, as `sha256sum` prints them.
    package var bytes: [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(Digest.byteCount)
        for word in [word0, word1, word2, word3] {
            for shift in stride(from: 56, through: 0, by: -8) {
                result.append(UInt8(truncatingIfNeeded: word >> shift))
            }
        }
        return result
    }

    /// Calls `body` with the 32 bytes.
    func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        Swift.withUnsafeBytes(of: (word0.bigEndian, word1.bigEndian, word2.bigEndian, word3.bigEndian), body)
    }

    /// The 64 lower-case hexadecimal digits.
    package var hex: String { Hex.encode(bytes) }

    /// The first twelve digits of `hex`: enough for a person to tell two digests apart on a terminal, never stored.
    package var short: String { String(hex.prefix(12)) }

    /// The same as `hex`.
    package var description: String { hex }

    /// Byte-wise order.
    package static func < (left: Digest, right: Digest) -> Bool {
        (left.word0, left.word1, left.word2, left.word3) < (right.word0, right.word1, right.word2, right.word3)
    }
}
