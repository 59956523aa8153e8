import Core
import Ledger

/// The distance of a recorded tensor or number of a step from the replayed one.
package struct Deviation: Sendable, Equatable {
    /// The quantity that it is of.
    package let quantity: BandQuantity
    /// Its name in the step's record.
    package let name: String
    /// The distance in the quantity's unit; infinite for what cannot be compared. Never NaN.
    package let amount: Double

    /// A distance; NaN becomes infinity, which no band holds.
    package init(_ quantity: BandQuantity, _ name: String, _ amount: Double) {
        self.quantity = quantity
        self.name = name
        self.amount = amount.isNaN ? .infinity : amount
    }

    /// The largest distance in ULP of two lists of Float32 given as bits: infinite for other counts, and for NaN or
    /// infinity on either side.
    package init(_ quantity: BandQuantity, _ name: String, found: [UInt32], recorded: [UInt32]) {
        let isComparable =
            found.count == recorded.count && (found + recorded).allSatisfy { Float(bitPattern: $0).isFinite }
        let distances = zip(found, recorded).map { UnitsInLastPlace.distance($0, $1) }
        self.init(quantity, name, isComparable ? Double(distances.max() ?? 0) : .infinity)
    }

    /// Whether the band holds it. What has no bound is outside.
    package func isInside(_ bounds: BandBounds) -> Bool {
        bounds.bound(quantity, name).map { amount <= $0 } ?? false
    }

    /// The distance as a share of its bound, above 1 outside; infinite without bound.
    package func share(of bounds: BandBounds) -> Double {
        guard let bound = bounds.bound(quantity, name) else { return .infinity }
        return amount == 0 ? 0 : bound == 0 ? .infinity : amount / bound
    }

    /// The JSON form: the distance as the bits of a Float64.
    package var json: JSONValue {
        ["quantity": .string(quantity.rawValue), "name": .string(name), "amount": .bits(amount)]
    }

    /// Reads the JSON form. - Throws: `JSONShapeError`.
    package init(json cursor: JSONCursor) throws {
        let word = try cursor["quantity"].string()
        guard let quantity = BandQuantity(rawValue: word) else {
            throw try cursor["quantity"].error(expected: "a quantity of a band", found: "\"\(word)\"")
        }
        self.init(quantity, try cursor["name"].string(), try cursor["amount"].doubleBits())
    }
}
