import Comparison
import Compute
import Core
import Ledger

/// The numbers of a step that a band speaks of, as one side has them; lists in the order in which the step made them.
struct StepValues {
    /// The floats of the phase `loss` as bits, by their names in the record.
    var losses: [(name: String, bits: [UInt32])]
    /// The latents that the networks see.
    var latents: [(name: String, tensor: Tensor)]
    /// The gradients of the parameters, before clipping.
    var gradients: [(name: String, tensor: Tensor)]

    /// A gradient that is smaller than this share of all gradients together is measured against that share: some
    /// parameters have none but rounding errors (a key's bias drops out of the softmax).
    static let gradientShare = 0x1p-20

    /// The distances of `recorded` from these values, in the order of the phases. A value of one side only is
    /// infinitely far.
    func deviations(from recorded: StepValues) -> [Deviation] {
        var result = StepValues.pairs(latents, recorded.latents).map { name, found, recorded in
            Deviation(.latents, name, StepValues.distance(found, recorded))
        }
        result += StepValues.pairs(losses.map { ($0.name, $0.bits) }, recorded.losses.map { ($0.name, $0.bits) })
            .compactMap { name, found, recorded in
                StepValues.quantity(name).map { Deviation($0, name, found: found ?? [], recorded: recorded ?? []) }
            }
        let scale = StepValues.gradientShare * RelativeDistance.norm(recorded.gradients.map(\.tensor))
        result += StepValues.pairs(gradients, recorded.gradients).map { name, found, recorded in
            Deviation(.gradients, name, StepValues.distance(found, recorded, scale: scale))
        }
        return result
    }

    /// The quantity of a number of the phase `loss`; nil for those that are functions of the errors alone and are
    /// compared by bits (`RecordedLosses`).
    private static func quantity(_ name: String) -> BandQuantity? {
        // A value that no run of ours would write is out of every bound.
        guard let entry = Entries.entry(.loss, name) else { return .loss }
        return entry.quantity
    }

    private static func distance(_ found: Tensor?, _ recorded: Tensor?, scale: Double = 0) -> Double {
        guard let found, let recorded else { return .infinity }
        return RelativeDistance.l2(found, from: recorded, scale: scale)
    }

    /// Both sides by name: in the order of the first, then what only the second has.
    private static func pairs<Value>(
        _ found: [(name: String, Value)], _ recorded: [(name: String, Value)]
    ) -> [(name: String, found: Value?, recorded: Value?)] {
        let other = Dictionary(uniqueKeysWithValues: recorded.map { ($0.name, $0.1) })
        let mine = Set(found.map(\.name))
        return found.map { ($0.name, $0.1, other[$0.name]) }
            + recorded.filter { !mine.contains($0.name) }.map { ($0.name, nil, $0.1) }
    }
}
