import Foundation

/// ftfy's `fix_text`, which open_clip, HPSv2 and the slow CLIP tokenizer of transformers 4 send captions through: HTML's
/// entities, mojibake, ligatures, forms of width, curly quotes, line ends, controls, normalisation form C, again and again
/// until nothing changes.
///
/// Source: ftfy 6.3.1 with its default configuration (Robyn Speer, Apache License 2.0). Agreement with it is tested.
enum TextRepair {
    /// The text as `fix_text` gives it: line by line, from the first line with a `<` on without HTML's entities.
    static func repaired(_ text: some Collection<Unicode.Scalar>) -> [Unicode.Scalar] {
        var (result, line): ([Unicode.Scalar], [Unicode.Scalar]) = ([], [])
        var unescapes = true
        func close() {
            if line.contains("<") { unescapes = false }
            result += repaired(line: line, unescapes: unescapes)
            line = []
        }
        for scalar in text {
            line.append(scalar)
            if scalar == "\n" { close() }
        }
        if !line.isEmpty { close() }
        return result
    }

    private static func repaired(line: [Unicode.Scalar], unescapes: Bool) -> [Unicode.Scalar] {
        var text = line
        while true {
            let before = text
            if unescapes { text = HTMLEntities.repaired(text) }
            text = MojibakeRepair.repaired(text)
            text = text.map(windowsControl)
            text = text.flatMap { ligatures[$0] ?? [$0] }
            text = text.flatMap(standardWidth)
            text = text.map(straight)
            text = lineEnds(text)
            text = withoutEscapes(text)
            text = text.filter { !isDropped($0) }
            text = composed(text)
            if text == before { return text }
        }
    }

    /// C1 controls as Windows-1252 reads them.
    private static func windowsControl(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        (0x80...0x9F).contains(scalar.value) ? CodePage.windows1252.scalar(UInt8(scalar.value)) : scalar
    }

    /// Ligatures and digraphs of Latin letters.
    private static let ligatures: [Unicode.Scalar: [Unicode.Scalar]] = [
        "\u{132}": ["I", "J"], "\u{133}": ["i", "j"], "\u{149}": ["\u{2BC}", "n"], "\u{1F1}": ["D", "Z"],
        "\u{1F2}": ["D", "z"], "\u{1F3}": ["d", "z"], "\u{1C4}": ["D", "\u{17D}"], "\u{1C5}": ["D", "\u{17E}"],
        "\u{1C6}": ["d", "\u{17E}"], "\u{1C7}": ["L", "J"], "\u{1C8}": ["L", "j"], "\u{1C9}": ["l", "j"],
        "\u{1CA}": ["N", "J"], "\u{1CB}": ["N", "j"], "\u{1CC}": ["n", "j"], "\u{FB00}": ["f", "f"],
        "\u{FB01}": ["f", "i"], "\u{FB02}": ["f", "l"], "\u{FB03}": ["f", "f", "i"], "\u{FB04}": ["f", "f", "l"],
        "\u{FB05}": ["\u{17F}", "t"], "\u{FB06}": ["s", "t"],
    ]

    /// Fullwidth and halfwidth forms as the usual ones, and the ideographic space as a space.
    private static func standardWidth(_ scalar: Unicode.Scalar) -> [Unicode.Scalar] {
        if scalar.value == 0x3000 { return [" "] }
        guard (0xFF01..<0xFFF0).contains(scalar.value) else { return [scalar] }
        return Array(String(Character(scalar)).precomposedStringWithCompatibilityMapping.unicodeScalars)
    }

    private static func straight(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        switch scalar.value {
        case 0x2BC, 0x2018...0x201B: "'"
        case 0x201C...0x201F: "\""
        default: scalar
        }
    }

    private static func lineEnds(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        var result: [Unicode.Scalar] = []
        for (place, scalar) in text.enumerated() {
            switch scalar {
            case "\r": if place + 1 == text.count || text[place + 1] != "\n" { result.append("\n") }
            case "\u{2028}", "\u{2029}", "\u{85}": result.append("\n")
            default: result.append(scalar)
            }
        }
        return result
    }

    /// Without a terminal's escape sequences: `ESC [ 1;31m`.
    private static func withoutEscapes(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        guard text.contains("\u{1B}") else { return text }
        var result: [Unicode.Scalar] = []
        var place = 0
        while place < text.count {
            if text[place] == "\u{1B}", place + 1 < text.count, text[place + 1] == "[" {
                var end = place + 2
                while end < text.count, text[end] == ";" || text[end].properties.generalCategory == .decimalNumber {
                    end += 1
                }
                if end < text.count, text[end].isASCII, text[end].properties.isAlphabetic {
                    place = end + 1
                    continue
                }
            }
            result.append(text[place])
            place += 1
        }
        return result
    }

    private static func isDropped(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0...8, 0xB, 0xE...0x1F, 0x7F, 0x206A...0x206F, 0xFEFF, 0xFFF9...0xFFFC: true
        default: false
        }
    }

    private static func composed(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: text)
        return Array(CLIPTokenizer.composed(String(view)).unicodeScalars)
    }
}
