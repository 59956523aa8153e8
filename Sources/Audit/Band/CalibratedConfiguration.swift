import Comparison
import Ledger

/// How a configuration took part in a calibration.
package struct CalibratedConfiguration: Sendable {
    /// What became of it.
    package enum Outcome: Sendable {
        /// It recorded the steps that the others replayed.
        case recorded
        /// It was measured; the largest distance of each quantity.
        case measured([BandQuantity: Double])
        /// Its numbers are those of another one, bit by bit, as far as the distances tell.
        case sameBits(String)
        /// The library has no kernels of this name, or not for this CPU, and took others.
        case otherCore(String)
        /// Its process ended without numbers.
        case failed(String)
    }

    /// What was asked for, such as `Haswell × 2 threads`.
    package let title: String
    /// What became of it.
    package let outcome: Outcome

    /// A configuration's part.
    package init(title: String, outcome: Outcome) {
        self.title = title
        self.outcome = outcome
    }
}
