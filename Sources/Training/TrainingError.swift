import Core
import Ledger

/// Why training cannot go on.
package enum TrainingError: Error, CustomStringConvertible {
    /// A NaN or infinity appeared.
    case nonFinite(step: Int, phase: Phase, tensor: String, index: Int?, value: Float)
    /// The model, the data and the recipe do not fit together.
    case mismatch(what: String, expected: String, found: String, hint: String?)
    /// Something that only looks at a run has changed its weights.
    case disturbed(step: Int, by: String, expected: Digest, found: Digest)

    /// The message.
    package var description: String {
        switch self {
        case .nonFinite(let step, let phase, let tensor, let index, let value):
            "step \(step), phase \(phase.rawValue), \(tensor)\(index.map { "[\($0)]" } ?? ""): expected a finite number, "
                + "found \(value); a lower learning rate or β usually helps"
        case .mismatch(let what, let expected, let found, let hint):
            "\(what): expected \(expected), found \(found)" + (hint.map { "; \($0)" } ?? "")
        case .disturbed(let step, let by, let expected, let found):
            "step \(step): \(by) must leave the weights as they are: expected the digest \(expected), found \(found)"
        }
    }
}
