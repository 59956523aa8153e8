import Comparison
import Ledger

/// A configuration's part in a calibration.
package struct CalibratedConfiguration: Sendable {
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

    /// The configuration asked for, such as `Haswell × 2 threads`.
    package let title: String
    package let outcome: Outcome

    package init(title: String, outcome: Outcome) {
        self.title = title
        self.outcome = outcome
    }
}
