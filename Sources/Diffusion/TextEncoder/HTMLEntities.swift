import Core

/// Entities of HTML in texts, as Python's `html.unescape` and ftfy take them.
enum HTMLEntities {
    /// An entity: what it stands for, and whether it counts without a semicolon.
    private struct Entity {
        let scalars: [Unicode.Scalar]
        let isBare: Bool
    }

    private static let byName: [String: Entity] = {
        var entities: [String: Entity] = [:]
        for item in HTMLEntityNames.list.split(separator: " ") {
            let isBare = item.hasPrefix("?")
            let parts = (isBare ? item.dropFirst() : item).split(separator: "=")
            let scalars = parts[1].split(separator: "+").compactMap {
                UInt32($0, radix: 16).flatMap(Unicode.Scalar.init)
            }
            entities[String(parts[0])] = Entity(scalars: scalars, isBare: isBare)
        }
        return entities
    }()

    /// The longest name of an entity.
    private static let longestName = byName.keys.map(\.utf8.count).max() ?? 0

    // MARK: Python

    /// All entities as what they stand for, also some without a semicolon: `html.unescape`.
    ///
    /// Source: `Lib/html/__init__.py` of CPython 3.11.
    static func unescaped(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        var result: [Unicode.Scalar] = []
        var place = 0
        while place < text.count {
            guard text[place] == "&", let (scalars, end) = entity(text, at: place + 1) else {
                result.append(text[place])
                place += 1
                continue
            }
            result += scalars
            place = end
        }
        return result
    }

    /// What begins behind an ampersand, and where it ends.
    private static func entity(_ text: [Unicode.Scalar], at start: Int) -> ([Unicode.Scalar], Int)? {
        guard start < text.count else { return nil }
        return text[start] == "#" ? number(text, at: start + 1) : named(text, at: start)
    }

    private static func number(_ text: [Unicode.Scalar], at start: Int) -> ([Unicode.Scalar], Int)? {
        let isHex = start < text.count && (text[start] == "x" || text[start] == "X")
        let first = isHex ? start + 1 : start
        var (end, value) = (first, UInt32(0))
        while end < text.count, let digit = digit(text[end], radix: isHex ? 16 : 10) {
            value = min(value * (isHex ? 16 : 10) + digit, 0x110000)
            end += 1
        }
        guard end > first else { return nil }
        return (scalars(ofNumber: value), end < text.count && text[end] == ";" ? end + 1 : end)
    }

    private static func digit(_ scalar: Unicode.Scalar, radix: Int) -> UInt32? {
        switch scalar {
        case "0"..."9": scalar.value - 48
        case "a"..."f" where radix == 16: scalar.value - 87
        case "A"..."F" where radix == 16: scalar.value - 55
        default: nil
        }
    }

    /// As browsers read it: C1 controls are what Windows-1252 has there, other controls are nothing.
    private static func scalars(ofNumber value: UInt32) -> [Unicode.Scalar] {
        switch value {
        case 0: return ["\u{FFFD}"]
        case 0x0D: return ["\r"]
        case 0x80...0x9F: return [CodePage.windows1252.scalar(UInt8(value))]
        case 0x1...0x8, 0xB, 0xE...0x1F, 0x7F, 0xFDD0...0xFDEF: return []
        default: break
        }
        guard let scalar = Unicode.Scalar(value) else { return ["\u{FFFD}"] }
        return value & 0xFFFE == 0xFFFE ? [] : [scalar]
    }

    private static func named(_ text: [Unicode.Scalar], at start: Int) -> ([Unicode.Scalar], Int)? {
        var end = start
        while end < text.count, end - start < 32, !"\t\n\u{C} <&#;".unicodeScalars.contains(text[end]) { end += 1 }
        let name = text[start..<end]
        if end < text.count, text[end] == ";", let entity = byName[string(name)] { return (entity.scalars, end + 1) }
        // The longest beginning that counts without a semicolon.
        for length in stride(from: min(name.count, longestName), through: 2, by: -1) {
            if let entity = byName[string(name.prefix(length))], entity.isBare {
                return (entity.scalars, start + length)
            }
        }
        return nil
    }

    private static func string(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return String(view)
    }

    // MARK: ftfy

    /// Entities with their semicolons, and those that somebody wrote in capitals. Source: `unescape_html` of ftfy 6.3.
    static func repaired(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        var result: [Unicode.Scalar] = []
        var place = 0
        while place < text.count {
            guard text[place] == "&", let end = end(text, at: place) else {
                result.append(text[place])
                place += 1
                continue
            }
            result += repaired(entity: Array(text[place..<end]))
            place = end
        }
        return result
    }

    /// Where an entity ends that begins at an ampersand: up to 24 letters and digits and a semicolon.
    private static func end(_ text: [Unicode.Scalar], at start: Int) -> Int? {
        var place = start + 1
        if place < text.count, text[place] == "#" { place += 1 }
        let first = place
        while place < text.count, place - first < 24, text[place].isASCII,
            text[place].properties.isAlphabetic || digit(text[place], radix: 10) != nil
        {
            place += 1
        }
        return place > first && place < text.count && text[place] == ";" ? place + 1 : nil
    }

    private static func repaired(entity: [Unicode.Scalar]) -> [Unicode.Scalar] {
        let name = string(entity.dropFirst().dropLast())
        if let found = byName[name] { return found.scalars }
        let plain = unescaped(entity)
        if name.hasPrefix("#") { return plain.contains(";") ? entity : plain }
        let lower = name.lowercased()
        guard name == name.uppercased(), name != lower, let found = byName[lower], plain == entity else {
            return entity
        }
        return found.scalars.flatMap { Array($0.properties.uppercaseMapping.unicodeScalars) }
    }
}
