/// Numbers under two contracts. They are no results of one computation: nothing holds them against each other, so that they
/// are incomparable, never a divergence.
package struct ContractDifference: Error, Equatable, CustomStringConvertible {
    /// One line: both sides, the names of their contracts, and where one is not known here what is.
    package let description: String

    /// Nil where the two names are equal.
    /// - Parameters:
    ///   - left: subject and verb of one side, as `run-1 was recorded`; `name` is that of its contract.
    ///   - right: those of the other; `other` is that of its contract.
    package init?(_ left: String, under name: String, _ right: String, under other: String) {
        guard !utf8Equal(name, other) else { return nil }
        let isKnown = [name, other].allSatisfy { Contract(rawValue: $0) != nil }
        description =
            "\(left) under contract \(name), \(right) under \(other): numbers of two contracts are not compared"
            + (isKnown ? "" : "; this program knows \(Contract.allCases.map(\.rawValue).joined(separator: ", "))")
    }
}
