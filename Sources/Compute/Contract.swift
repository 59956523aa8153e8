/// The numerics contract: which bits a computation has to give. NUMERICS.md states the rules; this is its table, for all that
/// has to know it. Results under different contracts are no results of the same computation: they are not compared.
package enum Contract: String, Sendable, CaseIterable {
    /// Chains of fused multiply-adds over chunks of the inner index.
    case ref1 = "ref-1"

    /// Length of a chunk of the inner index.
    package var chunk: Int {
        switch self {
        case .ref1: 256
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
