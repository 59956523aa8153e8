import Core
import Ledger

/// Tensors of the state after a step whose digests its record holds.
enum TracedState: String, CaseIterable {
    case optimizer, reference, weights, average

    /// How the record has them.
    enum Form {
        /// One digest, the entry of this key.
        case root(RecordKey<Digest>)
        /// The tensors of a phase.
        case tensors(Phase)

        /// The phase that has them.
        var phase: Phase {
            switch self {
            case .root(let key): key.phase
            case .tensors(let phase): phase
            }
        }
    }

    /// How the record has these.
    var form: Form {
        switch self {
        case .optimizer: .root(Entries.Update.optimizer)
        case .reference: .root(Entries.Update.reference)
        case .weights: .tensors(Entries.Weights.weights.entry.phase)
        case .average: .root(Entries.Weights.average)
        }
    }
}
