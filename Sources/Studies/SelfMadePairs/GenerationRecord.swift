import Core
import Datasets
import Ledger
import Training

/// The inputs of a self-made preference set: `generation.json` beside its pairs. Whoever has the model and the
/// scorer can make the set again from it, byte for byte.
package struct GenerationRecord: Sendable, Equatable {
    /// The file in the set's folder.
    package static let fileName = "generation.json"

    /// A model on which the set depends, with its content's digests.
    package struct Source: Sendable, Equatable {
        /// The folder or file as it was given.
        package var path: String
        /// What else was said of which files are read, and how, by name.
        package var options: [String: String]
        /// Digests by part.
        package var digests: [String: Digest]

        /// A model with the digests of its parts.
        package init(path: String, options: [String: String] = [:], digests: [String: Digest]) {
            (self.path, self.options, self.digests) = (path, options, digests)
        }
    }

    /// The source of the captions.
    package enum Captions: Sendable, Equatable {
        /// A split of the shapes world.
        case shapes(ShapesSplit)
        /// A file of prompts with the digest of its bytes, or a folder of HPDv2's lists with that of its prompts.
        case file(path: String, digest: Digest)
    }

    /// The name of the contract by which it was made, also one that this program does not know.
    package var contract: String
    /// The numbers.
    package var settings: PairGeneration.Settings
    /// All that pictures follow from, besides captions, places and model, as their files say it; nil in records of schema 1.
    package var drawing: JSONObject?
    /// The captions.
    package var captions: Captions
    /// The model that draws.
    package var model: Source
    /// The reward model, if there is one.
    package var scorer: Source?
    /// The simulated voters, or nil where the scores are the labels.
    package var voters: ShapesVoters?

    /// All parts.
    package init(
        contract: String = Contract.standard.rawValue, settings: PairGeneration.Settings, drawing: JSONObject?,
        captions: Captions, model: Source, scorer: Source?, voters: ShapesVoters?
    ) {
        self.contract = contract
        self.settings = settings
        self.drawing = drawing
        self.captions = captions
        self.model = model
        self.scorer = scorer
        self.voters = voters
    }
}

extension GenerationRecord {
    private static let keys = [
        "schema", "contract", "settings", "drawing", "captions", "model", "scorer", "voters", "outcome",
    ]

    /// As the file holds it, without the outcome.
    package var json: JSONObject {
        [
            "schema": 2, "contract": .string(contract), "settings": settings.json,
            "drawing": drawing.map { .object($0) } ?? .null, "captions": captions.json, "model": model.json,
            "scorer": scorer?.json ?? .null, "voters": voters?.json ?? .null,
        ]
    }

    /// The record in `folder`, the digest of the pairs that were made, and all that is said to have come out.
    /// - Throws: `FileError`, `JSONShapeError`.
    package static func read(
        folder: String
    ) throws -> (record: GenerationRecord, digest: Digest, outcome: JSONObject) {
        let file = "\(folder)/\(fileName)"
        let cursor = JSONCursor(try JSONValue.read(file), name: "generation", file: file)
        try cursor.requireOnly(keys)
        let schema = try cursor["schema"].int()
        guard (1...2).contains(schema) else {
            throw try cursor["schema"].error(expected: "1 or 2", found: "\(schema)")
        }
        let record = GenerationRecord(
            contract: try cursor["contract"].string(),
            settings: try PairGeneration.Settings(json: cursor["settings"], schema: schema),
            drawing: try cursor["drawing"].present?.object(), captions: try Captions(json: cursor["captions"]),
            model: try Source(json: cursor["model"]),
            scorer: try cursor["scorer"].present.map(Source.init(json:)),
            voters: try cursor["voters"].present.map(ShapesVoters.init(json:)))
        return (record, try cursor["outcome"]["data_digest"].digest(), try cursor["outcome"].object())
    }
}

extension GenerationRecord.Source {
    fileprivate var json: JSONValue {
        var object: JSONObject = [
            "path": .string(path),
            "digests": .object(JSONObject(digests.sorted { $0.key < $1.key }.map { ($0.key, .digest($0.value)) })),
        ]
        if !options.isEmpty {
            object["options"] = .object(
                JSONObject(options.sorted { utf8Less($0.key, $1.key) }.map { ($0.key, .string($0.value)) }))
        }
        return .object(object)
    }

    fileprivate init(json: JSONCursor) throws {
        path = try json["path"].string()
        options = Dictionary(
            uniqueKeysWithValues: try json["options"].present?.members().map { ($0.key, try $0.value.string()) } ?? [])
        digests = Dictionary(
            uniqueKeysWithValues: try json["digests"].members().map { ($0.key, try $0.value.digest()) })
    }
}

extension GenerationRecord.Captions {
    fileprivate var json: JSONValue {
        switch self {
        case .shapes(let split): ["shapes": .string(split.rawValue)]
        case .file(let path, let digest): ["file": .string(path), "digest": .digest(digest)]
        }
    }

    fileprivate init(json: JSONCursor) throws {
        if let name = try json["shapes"].present {
            guard let split = ShapesSplit(rawValue: try name.string()) else {
                throw name.error(expected: ShapesSplit.allCases.map(\.rawValue).joined(separator: ", "))
            }
            self = .shapes(split)
        } else {
            self = .file(path: try json["file"].string(), digest: try json["digest"].digest())
        }
    }
}

extension PairGeneration.Settings {
    fileprivate var json: JSONValue {
        [
            "pairs": .integer(pairs), "seed": .integer(seed), "candidates": .integer(candidates),
            "choice": .string(choice.rawValue), "drawing": .object(drawing.json),
        ]
    }

    /// Records of schema 1 are of squares that DDIM drew, by the schedule of a model over pictures.
    fileprivate init(json: JSONCursor, schema: Int) throws {
        func number(_ key: String, from least: Int, to most: Int) throws -> Int {
            let found = try json[key].int()
            guard (least...most).contains(found) else {
                throw try json[key].error(expected: "\(least) to \(most)", found: "\(found)")
            }
            return found
        }
        guard let choice = Choice(rawValue: try json["choice"].string()) else {
            throw try json["choice"].error(expected: Choice.allCases.map(\.rawValue).joined(separator: ", "))
        }
        var drawing = DrawingRequest()
        if schema == 1 {
            let size = try number("size", from: 8, to: 1024)
            (drawing.sampler, drawing.height, drawing.width) = (.ddim, size, size)
            drawing.steps = try number("steps", from: 1, to: 1000)
            (drawing.guidance, drawing.eta) = (
                Float(try json["guidance"].double()), Float(try json["eta"].double())
            )
        } else {
            drawing = try DrawingRequest(json: json["drawing"])
        }
        self.init(
            pairs: try number("pairs", from: 1, to: 10_000_000), seed: try json["seed"].uint64(), drawing: drawing,
            candidates: try number("candidates", from: 2, to: 64), choice: choice)
    }
}

extension ShapesVoters {
    fileprivate var json: JSONValue {
        [
            "seed": .integer(seed), "count": .integer(count), "variety": .decimal(variety), "noise": .decimal(noise),
            "ties": .decimal(ties),
        ]
    }

    fileprivate init(json: JSONCursor) throws {
        let (count, variety) = (try json["count"].int(), try json["variety"].double())
        let (noise, ties) = (try json["noise"].double(), try json["ties"].double())
        guard count >= 1, (0...1).contains(variety), noise >= 0, ties >= 0 else {
            throw json.error(expected: "a count from 1, a variety from 0 to 1, noise and ties of at least 0")
        }
        self.init(seed: try json["seed"].uint64(), count: count, variety: variety, noise: noise, ties: ties)
    }
}
