import Foundation

/// Help texts as ArgumentParser lays them out, with the exit codes last.
enum HelpText {
    /// ArgumentParser prints a command's discussion, in which the exit codes stand, before its options.
    static func arranged(_ text: String) -> String {
        guard let start = text.range(of: "\nEXIT CODES\n"),
            let end = text.range(of: "\n\nUSAGE:", range: start.upperBound..<text.endIndex)
        else { return text }
        let codes = text[start.lowerBound..<end.lowerBound]
        let rest = text[..<start.lowerBound] + text[end.lowerBound...].dropFirst()
        return rest.trimmingCharacters(in: .newlines) + "\n" + codes
    }
}
