/// The names of runs: they are file names and words of the command line.
package enum RunName {
    /// Whether a name is 1 to 64 of the characters `A–Z a–z 0–9 . _ -` and begins with a letter or digit.
    package static func isValid(_ name: String) -> Bool {
        guard (1...64).contains(name.utf8.count), let first = name.utf8.first else { return false }
        return isLetterOrDigit(first)
            && name.utf8.allSatisfy { isLetterOrDigit($0) || ".-_".utf8.contains($0) }
    }

    /// The first of `run-1`, `run-2`, … that is not taken.
    package static func nextFree(taken: some Sequence<String>) -> String {
        let taken = Set(taken)
        var number = 1
        while taken.contains("run-\(number)") { number += 1 }
        return "run-\(number)"
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }
}
