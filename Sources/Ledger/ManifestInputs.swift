import Core

/// The part of a manifest that determines every bit of a run. The run's name is not part of it: two runs of equal
/// inputs have equal chains.
package struct ManifestInputs: Sendable, Equatable {
    /// The name of the numerics contract, also one that this program does not know.
    package var contract: String
    /// The backend that computes.
    package var backend: String
    /// The resolved recipe.
    package var recipe: JSONValue
    /// The run seed.
    package var seed: UInt64
    /// The named random streams and their ids.
    package var streams: [String: UInt64]
    /// The digests of the run's inputs: `model`, `data`, `labels`, `schedule`, ….
    package var digests: [String: Digest]
    /// Further members, hashed as the others are: on a backend that is not the reference, what is known to change its
    /// bits.
    package var other: JSONObject

    /// The backend that computes by the contract: only its runs are golden, and replayed bit by bit.
    package static let referenceBackend = "reference"

    /// Inputs with all their parts.
    package init(
        contract: String = Contract.standard.rawValue, backend: String = ManifestInputs.referenceBackend,
        recipe: JSONValue,
        seed: UInt64, streams: [String: UInt64] = [:], digests: [String: Digest] = [:], other: JSONObject = JSONObject()
    ) {
        self.contract = contract
        self.backend = backend
        self.recipe = recipe
        self.seed = seed
        self.streams = streams
        self.digests = digests
        self.other = other
    }

    /// The number of steps that the recipe demands, its `training.steps`; nil where it does not say.
    package var steps: Int? {
        guard case .object(let recipe) = recipe, case .object(let training)? = recipe["training"] else { return nil }
        return try? JSONCursor(training["steps"], name: "steps").int()
    }

    /// The JSON form.
    package var json: JSONValue {
        var object = other
        object["contract"] = .string(contract)
        object["backend"] = .string(backend)
        object["recipe"] = recipe
        object["seed"] = .integer(seed)
        object["streams"] = .object(JSONObject(streams.map { ($0.key, .integer($0.value)) }))
        object["digests"] = .object(JSONObject(digests.map { ($0.key, .digest($0.value)) }))
        return .object(object)
    }

    /// SHA-256 in the domain `smpo/manifest-inputs/1` over the canonical JSON form: what the chain starts from.
    package var digest: Digest { .of(.manifestInputs, json) }

    /// Reads the JSON form. - Throws: `JSONShapeError`.
    package init(json cursor: JSONCursor) throws {
        var other = try cursor.object()
        for key in ["contract", "backend", "recipe", "seed", "streams", "digests"] { other[key] = nil }
        guard let recipe = try cursor["recipe"].value else { throw try cursor["recipe"].error(expected: "a recipe") }
        self.init(
            contract: try cursor["contract"].string(), backend: try cursor["backend"].string(), recipe: recipe,
            seed: try cursor["seed"].uint64(), streams: try Self.map(cursor["streams"]) { try $0.uint64() },
            digests: try cursor["digests"].digests(), other: other)
    }

    private static func map<Value>(
        _ cursor: JSONCursor, _ read: (JSONCursor) throws -> Value
    ) throws -> [String: Value] {
        var result: [String: Value] = [:]
        for (key, value) in try cursor.members() { result[key] = try read(value) }
        return result
    }
}

extension JSONCursor {
    /// The members of an object whose values are all digests. - Throws: `JSONShapeError`.
    func digests() throws -> [String: Digest] {
        var result: [String: Digest] = [:]
        for (key, value) in try members() { result[key] = try value.digest() }
        return result
    }
}
