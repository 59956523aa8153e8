import Core

/// All that a latent set's numbers are a function of, as digests and settings: two sets of one source have equal bytes.
package struct LatentSetSource: Sendable, Equatable {
    /// The contract by which it is computed.
    package var contract: String
    /// The pairs: pictures, captions, labels, scores.
    package var data: Digest
    /// How a picture becomes pixels.
    package var preparation: JSONValue
    /// The seed of all that is drawn once for a picture: its crop, its mirroring, the noise of its latent.
    package var seed: UInt64
    /// The parts of the model that compute, by their names in a manifest: autoencoder, text encoders, tokenizers.
    package var model: [String: Digest]

    /// All parts.
    package init(contract: String, data: Digest, preparation: JSONValue, seed: UInt64, model: [String: Digest]) {
        self.contract = contract
        self.data = data
        self.preparation = preparation
        self.seed = seed
        self.model = model
    }

    /// As the set's list holds it.
    package var json: JSONObject {
        [
            "contract": .string(contract), "data": .digest(data), "preparation": preparation, "seed": .integer(seed),
            "model": .object(
                JSONObject(model.sorted { utf8Less($0.key, $1.key) }.map { ($0.key, .digest($0.value)) })),
        ]
    }

    /// Stands for all of it.
    package var digest: Digest { .of(.latentSet, ["source": .object(json)]) }

    /// Reads what `json` writes. - Throws: `JSONShapeError`.
    init(json: JSONCursor) throws {
        try json.requireOnly(["contract", "data", "preparation", "seed", "model"])
        contract = try json["contract"].string()
        data = try json["data"].digest()
        preparation = .object(try json["preparation"].object())
        seed = try json["seed"].uint64()
        model = Dictionary(
            try json["model"].members().map { ($0.key, try $0.value.digest()) }, uniquingKeysWith: { first, _ in first }
        )
    }

    /// The first thing in which two sources differ, in words; nil for equal ones.
    package func difference(from other: LatentSetSource) -> (name: String, own: String, other: String)? {
        if !utf8Equal(contract, other.contract) { return ("the contract", contract, other.contract) }
        if data != other.data { return ("the data", data.hex, other.data.hex) }
        if preparation != other.preparation {
            return ("the preparation", preparation.canonical, other.preparation.canonical)
        }
        if seed != other.seed { return ("the seed", "\(seed)", "\(other.seed)") }
        for name in Set(model.keys).union(other.model.keys).sorted(by: utf8Less) where model[name] != other.model[name]
        {
            return (name, model[name]?.hex ?? "nothing", other.model[name]?.hex ?? "nothing")
        }
        return nil
    }
}
