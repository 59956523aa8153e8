import Core

/// The calibration of a band's bounds: each is the quantile of the measured distances times the margin, or the floor
/// where that is more.
package struct BandCalibration: Sendable, Equatable {
    /// Steps of the recipe that were recorded and replayed, from the first on.
    package var steps: Int
    /// The share of the distances that the bound covers before the margin, above 0 to 1 (1: the largest).
    package var quantile: Double
    /// The factor, at least 1.
    package var margin: Double
    /// The configuration that recorded: `backend`, and for OpenBLAS what a manifest's inputs say of it.
    package var recorded: JSONValue
    /// The configurations whose replays were measured, each with other bits than the ones before.
    package var replayed: [JSONValue]

    /// The least bound of a relative distance: 2⁻²⁴, half a unit in the last place of Float32, which is what a single
    /// rounding of every element can come to.
    package static let relativeFloor = 0x1p-24
    /// The least bound in ULP: one rounding may go the other way.
    package static let ulpFloor: UInt64 = 1

    /// A calibration with all its parts.
    package init(steps: Int, quantile: Double, margin: Double, recorded: JSONValue, replayed: [JSONValue]) {
        self.steps = steps
        self.quantile = quantile
        self.margin = margin
        self.recorded = recorded
        self.replayed = replayed
    }

    /// The JSON form.
    package var json: JSONValue {
        [
            "steps": .integer(steps), "quantile": .bits(quantile), "margin": .bits(margin),
            "relative_floor": .bits(BandCalibration.relativeFloor), "ulp_floor": .integer(BandCalibration.ulpFloor),
            "recorded": recorded, "replayed": .array(replayed),
        ]
    }

    /// Reads the JSON form. - Throws: `JSONShapeError`, also for a quantile, margin or floor that none can be.
    package init(json cursor: JSONCursor) throws {
        try cursor.requireOnly([
            "margin", "quantile", "recorded", "relative_floor", "replayed", "steps", "ulp_floor",
        ])
        func number(_ key: String, _ expected: String, _ isRight: (Double) -> Bool) throws -> Double {
            let value = try cursor[key].doubleBits()
            guard isRight(value) else { throw try cursor[key].error(expected: expected, found: "\(value)") }
            return value
        }
        let quantile = try number("quantile", "the bits of a number above 0 to 1") { $0 > 0 && $0 <= 1 }
        let margin = try number("margin", "the bits of a number from 1") { $0 >= 1 && $0.isFinite }
        _ = try number("relative_floor", "the bits of \(BandCalibration.relativeFloor)") { $0 == Self.relativeFloor }
        let steps = try cursor["steps"].int()
        guard steps >= 1 else { throw try cursor["steps"].error(expected: "at least 1", found: "\(steps)") }
        guard try cursor["ulp_floor"].uint64() == BandCalibration.ulpFloor else {
            throw try cursor["ulp_floor"].error(expected: "\(BandCalibration.ulpFloor)")
        }
        let recorded = try cursor["recorded"].object()
        self.init(
            steps: steps, quantile: quantile, margin: margin, recorded: .object(recorded),
            replayed: try cursor["replayed"].elements().map { .object(try $0.object()) })
    }
}
