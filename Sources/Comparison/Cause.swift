/// The cause of a divergence.
package enum Cause: String, Sendable, CaseIterable {
    /// The recipes differ in more than the seed.
    case recipe
    /// The seeds differ.
    case seed
    /// The data or its labels differ.
    case data
    /// The models differ.
    case model
    /// The inputs are equal, and this machine computes alike in every way tried: the record was made by another
    /// program, build or machine.
    case environment
    /// The inputs are equal, and an operator gives other bits.
    case numerics
    /// A hash, a link or a signature does not hold.
    case tampering

    /// In words.
    package var meaning: String {
        switch self {
        case .recipe: "recipe"
        case .seed: "seed"
        case .data: "data or labels"
        case .model: "model"
        case .environment: "environment: the inputs are equal; another program, build or machine made the record"
        case .numerics: "numerics: equal numbers went in, other bits came out"
        case .tampering: "tampering"
        }
    }
}
