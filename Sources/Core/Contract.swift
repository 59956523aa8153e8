/// The numerics contract: which bits a computation has to give. NUMERICS.md states the rules; this is its table, for all that
/// has to know it. The raw value is the name in manifests and records. A document may name a contract that this program does
/// not know: it is read all the same, and compared with nothing (`ContractDifference`).
package enum Contract: String, Sendable, CaseIterable {
    /// Chains of fused multiply-adds over chunks of the inner index.
    case ref1 = "ref-1"

    /// The contract of all that names none.
    package static let standard = ref1

    /// Length of a chunk of the inner index, and of a chunk of rows in a column sum.
    package var chunk: Int {
        switch self {
        case .ref1: 256
        }
    }

    /// Length of a block of a sum over elements in memory order.
    package var block: Int {
        switch self {
        case .ref1: 4096
        }
    }

    /// How the inner index of a convolution runs.
    package enum InnerOrder: Sendable {
        /// All taps of a channel, then the next channel's.
        case channelThenTap
    }

    /// How the inner index of a convolution runs.
    package var innerOrder: InnerOrder {
        switch self {
        case .ref1: .channelThenTap
        }
    }
}
