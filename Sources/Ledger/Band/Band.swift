import Core

/// The bounds on the distances of a run's recorded numbers on a foreign backend from those of a replay on the
/// reference.
///
/// It is fixed before the recording: a band is part of the manifest's inputs, from which the chain starts, so it cannot
/// be widened afterwards. It belongs to one recipe with one model and data. Only what the foreign backend computes has
/// a band; all else of a step is compared bit by bit.
package struct Band: Sendable, Equatable {
    /// The version of the form that this code reads and writes.
    package static let format: Int64 = 1
    /// The member of a manifest's inputs that holds a band.
    package static let member = "band"

    /// The name of the contract that the bounds were measured under.
    package var contract: String
    /// The resolved recipe's digest in the domain `smpo/recipe/1`.
    package var recipe: Digest
    /// The digests of the recipe's inputs, as a manifest has them: model, data, labels, schedule.
    package var digests: [String: Digest]
    /// The bounds.
    package var bounds: BandBounds
    /// Their calibration.
    package var calibration: BandCalibration

    /// A band with all its parts.
    package init(
        contract: String = Contract.ref1.rawValue, recipe: Digest, digests: [String: Digest], bounds: BandBounds,
        calibration: BandCalibration
    ) {
        self.contract = contract
        self.recipe = recipe
        self.digests = digests
        self.bounds = bounds
        self.calibration = calibration
    }

    /// The JSON form, in a file as in a manifest. A band that names no contract is one of `ref-1`: such are in the inputs of
    /// runs, whose chains start from their bytes.
    package var json: JSONValue {
        var object: JSONObject = [
            "format": .integer(Band.format), "recipe": .digest(recipe),
            "digests": .object(JSONObject(digests.map { ($0.key, .digest($0.value)) })), "bounds": bounds.json,
            "calibration": calibration.json,
        ]
        object["contract"] = contract == Contract.ref1.rawValue ? nil : .string(contract)
        return .object(object)
    }

    /// Reads the JSON form. - Throws: `JSONShapeError`, also for another format.
    package init(json cursor: JSONCursor) throws {
        try cursor.requireOnly(["bounds", "calibration", "contract", "digests", "format", "recipe"])
        let format = try cursor["format"].int64()
        guard format == Band.format else {
            throw try cursor["format"].error(expected: "format \(Band.format)", found: "\(format)")
        }
        var digests: [String: Digest] = [:]
        for (name, value) in try cursor["digests"].members() { digests[name] = try value.digest() }
        self.init(
            contract: try cursor["contract"].present?.string() ?? Contract.ref1.rawValue,
            recipe: try cursor["recipe"].digest(), digests: digests, bounds: try BandBounds(json: cursor["bounds"]),
            calibration: try BandCalibration(json: cursor["calibration"]))
    }

    /// Reads a file. - Throws: `FileError`, `JSONSyntaxError`, `JSONShapeError`.
    package static func read(_ path: String) throws -> Band {
        try Band(json: JSONCursor(try JSONValue.read(path), name: "band", file: path))
    }

    /// Writes a file atomically. - Throws: `FileError`.
    package func write(to path: String) throws { try AtomicFile.write(json.pretty, to: path) }
}

extension ManifestInputs {
    /// The band that the run was recorded with; nil for none. `file` stands in errors.
    /// - Throws: `JSONShapeError` for one that cannot be read.
    package func band(file: String) throws -> Band? {
        try other[Band.member].map { try Band(json: JSONCursor($0, name: "inputs.\(Band.member)", file: file)) }
    }
}
