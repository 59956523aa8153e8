import Foundation

/// Takes back what a program did that read UTF-8 as if it were a code page: `schÃ¶n` for `schön`.
///
/// Source: `fix_encoding` of ftfy 6.3.1 (Robyn Speer, Apache License 2.0).
enum MojibakeRepair {
    /// A regular expression over scalars, those of bytes over scalars below U+0100.
    private struct Pattern: @unchecked Sendable {
        // Immutable, and its matching is documented to be safe from several threads.
        private let expression: NSRegularExpression

        init(_ pattern: String) {
            guard let expression = try? NSRegularExpression(pattern: pattern) else {
                preconditionFailure("a pattern of ftfy's")
            }
            self.expression = expression
        }

        func isFound(in text: [Unicode.Scalar]) -> Bool {
            let string = MojibakeRepair.string(text)
            return expression.firstMatch(in: string, range: NSRange(location: 0, length: string.utf16.count)) != nil
        }

        /// The text with `replacement` of each match in its place.
        func replacing(
            _ text: [Unicode.Scalar], with replacement: ([Unicode.Scalar]) -> [Unicode.Scalar]
        ) -> [Unicode.Scalar] {
            let string = MojibakeRepair.string(text)
            let units = Array(string.utf16)
            func scalars(_ range: Range<Int>) -> [Unicode.Scalar] {
                Array(String(decoding: units[range], as: UTF16.self).unicodeScalars)
            }
            var (result, place): ([Unicode.Scalar], Int) = ([], 0)
            for match in expression.matches(in: string, range: NSRange(location: 0, length: units.count)) {
                let range = match.range.location..<match.range.location + match.range.length
                result += scalars(place..<range.lowerBound) + replacement(scalars(range))
                place = range.upperBound
            }
            return result + scalars(place..<units.count)
        }
    }

    private static let (bad, sequence) = (Pattern(MojibakePatterns.bad), Pattern(MojibakePatterns.sequence))
    private static let (altered, lossy) = (Pattern(MojibakePatterns.altered), Pattern(MojibakePatterns.lossy))
    private static let graveWord = Pattern(MojibakePatterns.graveWord)

    private static func string(_ scalars: [Unicode.Scalar]) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return String(view)
    }

    /// The text without mojibake, however often it was made.
    static func repaired(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        var text = text
        while true {
            let before = text
            text = step(text)
            if text == before { return text }
        }
    }

    private static func step(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        if text.allSatisfy(\.isASCII) || !bad.isFound(in: text) { return text }
        var fitting: [String] = []
        for page in CodePage.all {
            guard let bytes = page.encoded(text) else { continue }
            fitting.append(page.name)
            if let decoded = decoded(bytes, from: page) { return decoded }
        }
        if sequence.isFound(in: text) {
            let fixed = sequence.replacing(text) { part in
                part.count < text.count && bad.isFound(in: part) ? repaired(part) : part
            }
            if fixed != text { return fixed }
        }
        // Latin-1's own characters beside Windows-1252's are its C1 controls. (ftfy asks for "windows-1252", which is not
        // among the pages that it tries, so that this holds for all of Latin-1.)
        if fitting.contains(CodePage.latin1.name), let bytes = CodePage.latin1.encoded(text),
            let fixed = strictWindows1252(bytes), fixed != text
        {
            return fixed
        }
        return text.map { (0x80...0x9F).contains($0.value) ? CodePage.windows1252.scalar(UInt8($0.value)) : $0 }
    }

    /// Windows-1252 without the five bytes that it has no character for.
    private static func strictWindows1252(_ bytes: [UInt8]) -> [Unicode.Scalar]? {
        bytes.contains { [0x81, 0x8D, 0x8F, 0x90, 0x9D].contains($0) }
            ? nil : bytes.map { $0 == 0x1A ? "\u{1A}" : CodePage.windows1252.scalar($0) }
    }

    /// The bytes of a code page as UTF-8; nil where they are none.
    private static func decoded(_ bytes: [UInt8], from page: CodePage) -> [Unicode.Scalar]? {
        var bytes = bytes.map { Unicode.Scalar($0) }
        // In Mac Roman a space behind an en dash would look like it.
        if page.name != "macroman", altered.isFound(in: bytes) {
            bytes = graveWord.replacing(bytes) { _ in ["\u{C3}", "\u{A0}", " "] }
            bytes = altered.replacing(bytes) { $0.map { $0 == " " ? "\u{A0}" : $0 } }
        }
        if page.isSloppy { bytes = lossy.replacing(bytes) { _ in ["\u{EF}", "\u{BF}", "\u{BD}"] } }
        let plain = bytes.map { UInt8($0.value) }
        if plain.contains(0xED) || plain.contains(0xC0) { return variants(plain) }
        return String(validating: plain, as: UTF8.self).map { Array($0.unicodeScalars) }
    }

    /// UTF-8 whose scalars above U+FFFF may be pairs of surrogates of three bytes each (CESU-8), and whose U+0000 may be
    /// C0 80. Source: `utf8_variants.py` of ftfy.
    private static func variants(_ bytes: [UInt8]) -> [Unicode.Scalar]? {
        var result: [Unicode.Scalar] = []
        var (place, plain) = (0, 0)
        func flush(_ end: Int) -> Bool {
            guard let text = String(validating: bytes[plain..<end], as: UTF8.self) else { return false }
            result += text.unicodeScalars
            return true
        }
        while place < bytes.count {
            let rest = bytes[place...]
            func isPart(_ offset: Int, _ range: ClosedRange<UInt8>) -> Bool {
                place + offset < bytes.count && range.contains(bytes[place + offset])
            }
            if rest.starts(with: [0xC0, 0x80]) {
                guard flush(place) else { return nil }
                result.append("\0")
                (place, plain) = (place + 2, place + 2)
            } else if bytes[place] == 0xED, isPart(1, 0xA0...0xAF), isPart(2, 0x80...0xBF), isPart(3, 0xED...0xED),
                isPart(4, 0xB0...0xBF), isPart(5, 0x80...0xBF)
            {
                guard flush(place) else { return nil }
                let parts = [(1, 0x0F, 16), (2, 0x3F, 10), (4, 0x0F, 6), (5, 0x3F, 0)].map { offset, mask, shift in
                    (UInt32(bytes[place + offset]) & UInt32(mask)) << UInt32(shift)
                }
                guard let scalar = Unicode.Scalar(parts.reduce(0x10000, +)) else { return nil }
                result.append(scalar)
                (place, plain) = (place + 6, place + 6)
            } else {
                place += 1
            }
        }
        return flush(bytes.count) ? result : nil
    }
}
