/// Numbers in names, with zeros before them so that names sort as the numbers do.
package enum PaddedNumber {
    /// The digits of `number`, from 0, at least `digits` of them.
    package static func text(_ number: Int, digits: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }
}
