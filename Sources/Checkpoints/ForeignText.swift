/// Texts of a damaged or hostile file, as an error may show them.
enum ForeignText {
    /// At most so many bytes are shown.
    static let limit = 120

    /// One line of printable ASCII: every other byte as `\xNN`, and the end of a long text as `…`.
    static func shown(_ bytes: some Collection<UInt8>) -> String {
        var text = ""
        for byte in bytes.prefix(limit) {
            if (0x20...0x7E).contains(byte), byte != UInt8(ascii: "\\") {
                text.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                text += (byte < 16 ? "\\x0" : "\\x") + String(byte, radix: 16)
            }
        }
        return bytes.count > limit ? text + "…" : text
    }

    /// The same of a text.
    static func shown(_ text: String) -> String { shown(Array(text.utf8)) }
}
