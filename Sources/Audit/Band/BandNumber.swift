import Comparison
import Foundation
import Ledger

/// Numbers of a band as people read them.
package enum BandNumber {
    /// `3.4e-02 relative L2, the band holds 5.2e-07`.
    package static func text(_ deviation: Deviation, _ bounds: BandBounds) -> String {
        let bound = bounds.bound(deviation.quantity, deviation.name)
        return "\(text(deviation.amount, deviation.quantity)), the band holds "
            + (bound.map { number($0, deviation.quantity) } ?? "no such tensor")
    }

    /// A distance with its unit.
    package static func text(_ amount: Double, _ quantity: BandQuantity) -> String {
        "\(number(amount, quantity)) \(quantity.unit)"
    }

    /// A distance without its unit.
    package static func number(_ amount: Double, _ quantity: BandQuantity) -> String {
        guard amount.isFinite else { return "not comparable" }
        return quantity.unit == "ULP" ? String(format: "%.0f", amount) : String(format: "%.2e", amount)
    }
}
