import Foundation

/// A mistake that is planted into a kernel's source: a text that stands there, and what stands in its place.
struct KernelMistake: Equatable {
    let family: KernelFamily
    /// The file below Sources/CCuda/kernels.
    let file: String
    /// How often the text stands there.
    let count: Int
    let name: String
    let right, wrong: String

    struct Unreadable: Error, CustomStringConvertible {
        let description: String
    }

    /// Reads the format that mistakes.txt describes.
    static func read(_ text: String) throws -> [KernelMistake] {
        try text.components(separatedBy: "\n== ").dropFirst().map { entry in
            let lines = entry.split(separator: "\n", omittingEmptySubsequences: false)
            let title = lines[0].components(separatedBy: " | ")
            guard title.count == 3, let family = KernelFamily(rawValue: title[0]),
                let middle = lines.firstIndex(of: "=>")
            else { throw Unreadable(description: "mistakes.txt: expected == FAMILY | FILE | NAME and =>: \(lines[0])") }
            func text(_ lines: ArraySlice<Substring>) -> String {
                lines.joined(separator: "\n").trimmingCharacters(in: .whitespacesAndNewlines)
            }
            let file = title[1].components(separatedBy: " × ")
            return KernelMistake(
                family: family, file: file[0], count: file.count > 1 ? Int(file[1]) ?? 0 : 1, name: title[2],
                right: text(lines[1..<middle]),
                wrong: text(lines[(middle + 1)...]))
        }
    }

    /// `source`, the text of `file`, with all `mistakes` in it; the one whose number, from 1, is in `variable` is made.
    /// - Throws: `Unreadable` if a mistake's text does not stand there as often as it says, or two overlap.
    static func plant(
        _ mistakes: [(number: Int, mistake: KernelMistake)], into source: String, switchedBy variable: String
    )
        throws -> String
    {
        var places: [Range<String.Index>: [(number: Int, mistake: KernelMistake)]] = [:]
        for (number, mistake) in mistakes {
            let found = source.ranges(of: mistake.right)
            guard found.count == mistake.count else {
                throw Unreadable(
                    description: """
                        \(mistake.file) holds \(found.count) times, expected \(mistake.count), what the mistake \
                        "\(mistake.name)" is put in the place of: mend mistakes.txt. It is:
                        \(mistake.right)
                        """)
            }
            for range in found { places[range, default: []].append((number, mistake)) }
        }
        var planted = ""
        var at = source.startIndex
        for (range, here) in places.sorted(by: { $0.key.lowerBound < $1.key.lowerBound }) {
            guard range.lowerBound >= at else {
                throw Unreadable(description: "the mistake \"\(here[0].mistake.name)\" overlaps the one ahead of it")
            }
            let right = here[0].mistake.right
            let isStatement = right.hasSuffix(";") || right.hasSuffix("}")
            planted += source[at..<range.lowerBound]
            if isStatement {
                for (number, mistake) in here {
                    planted += "if (\(variable) == \(number)) {\n\(mistake.wrong)\n} else "
                }
                planted += "{\n\(right)\n}"
            } else {
                for (number, mistake) in here { planted += "(\(variable) == \(number) ? (\(mistake.wrong)) : " }
                planted += "(\(right))" + String(repeating: ")", count: here.count)
            }
            at = range.upperBound
        }
        return planted + source[at...]
    }
}
