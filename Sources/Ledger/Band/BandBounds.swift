import Core

/// The largest distances at which a recorded step still counts as the replayed one; a distance equal to its bound does.
package struct BandBounds: Sendable, Equatable {
    /// Of each latent: ‖replayed − recorded‖ / ‖recorded‖.
    package var latents: Double
    /// Of each mean squared error, in ULP of Float32.
    package var errors: UInt64
    /// Of each loss, in ULP of Float32.
    package var loss: UInt64
    /// Of each parameter's gradient by its name: ‖replayed − recorded‖ / ‖recorded‖.
    package var gradients: [String: Double]

    /// Bounds of all quantities.
    package init(latents: Double, errors: UInt64, loss: UInt64, gradients: [String: Double]) {
        self.latents = latents
        self.errors = errors
        self.loss = loss
        self.gradients = gradients
    }

    /// The bound of a tensor or number; nil for a gradient that the band does not know.
    package func bound(_ quantity: BandQuantity, _ name: String) -> Double? {
        switch quantity {
        case .latents: latents
        case .errors: Double(errors)
        case .loss: Double(loss)
        case .gradients: gradients[name]
        }
    }

    /// The JSON form: relative distances are texts of their bits (Float64), ULP are integers.
    package var json: JSONValue {
        [
            "latents": .bits(latents), "errors": .integer(errors), "loss": .integer(loss),
            "gradients": .object(JSONObject(gradients.map { ($0.key, .bits($0.value)) })),
        ]
    }

    /// Reads the JSON form. - Throws: `JSONShapeError`, also for a relative distance that is no number from 0 to below
    /// 1: a tensor of zeros is 1 away from any other, so a wider band would hold for anything.
    package init(json cursor: JSONCursor) throws {
        try cursor.requireOnly(["errors", "gradients", "latents", "loss"])
        func distance(_ cursor: JSONCursor) throws -> Double {
            let value = try cursor.doubleBits()
            guard value >= 0, value < 1 else {
                throw cursor.error(expected: "the bits of a number from 0 to below 1", found: "\(value)")
            }
            return value
        }
        var gradients: [String: Double] = [:]
        for (name, value) in try cursor["gradients"].members() { gradients[name] = try distance(value) }
        self.init(
            latents: try distance(cursor["latents"]), errors: try cursor["errors"].uint64(),
            loss: try cursor["loss"].uint64(), gradients: gradients)
    }
}
