import Checkpoints
import Core
import Datasets
import Diffusion
import Preferences

extension GenerationRecord.Source {
    /// A model that draws, with the digests of its parts.
    package init(_ folder: ModelFolder, digests: [String: Digest]) {
        var options: [String: String] = [:]
        if case .named(let name) = folder.variant { options["variant"] = name }
        options["vae"] = folder.autoencoder
        options["configuration"] = folder.configuration
        if folder.weights != .plain { options["weights"] = folder.weights.rawValue }
        self.init(path: folder.path, options: options, digests: digests)
    }

    /// The files of the model that draws. - Throws: `JSONShapeError` for an option that is not known.
    package var folder: ModelFolder {
        get throws {
            try requireOnly(["variant", "vae", "configuration", "weights"])
            return ModelFolder(
                path: path, variant: options["variant"].map { .named($0) } ?? .whatIsThere,
                autoencoder: options["vae"], configuration: options["configuration"],
                weights: try value("weights", WeightsChoice.plain))
        }
    }

    /// A reward model, of which `digest` stands for all that its scores follow from.
    package init(_ reward: EvaluationReward, digest: Digest) {
        var options: [String: String] = [:]
        if reward.kind != PickScore.kind { options["kind"] = reward.kind.name }
        for (part, value) in reward.files.parts { options[part.rawValue] = value }
        if reward.encoding != .png { options["pictures"] = reward.encoding.rawValue }
        self.init(path: reward.files.model, options: options, digests: ["scorer": digest])
    }

    /// The reward model. - Throws: `JSONShapeError` for an option that is not known.
    package var reward: EvaluationReward {
        get throws {
            let parts = RewardFiles.Part.allCases.map(\.rawValue)
            if let word = options["antialias"], word != "false" { throw error("antialias", ["false"]) }
            try requireOnly(["kind", "pictures"] + parts)
            guard let kind = RewardKind.named(options["kind"] ?? PickScore.kind.name) else {
                throw error("kind", RewardKind.all.map(\.name))
            }
            let files = RewardFiles(
                path, processor: options["processor"], head: options["head"],
                reader: options["reader"] == nil ? nil : try value("reader", CaptionReader.transformers),
                resizeOrder: try value("resize_order", PillowResize.Order.across),
                antialias: options["antialias"] == nil)
            return EvaluationReward(kind: kind, files: files, encoding: try value("pictures", PictureEncoding.png))
        }
    }

    private func requireOnly(_ names: [String]) throws {
        if let name = options.keys.sorted(by: utf8Less).first(where: { !names.contains($0) }) {
            throw JSONShapeError(
                file: path, path: "options", expected: names.joined(separator: ", "), found: "\"\(name)\"")
        }
    }

    private func value<Value: RawRepresentable & CaseIterable>(_ name: String, _ fallback: Value) throws -> Value
    where Value.RawValue == String {
        guard let word = options[name] else { return fallback }
        guard let value = Value(rawValue: word) else { throw error(name, Value.allCases.map(\.rawValue)) }
        return value
    }

    private func error(_ name: String, _ expected: [String]) -> JSONShapeError {
        JSONShapeError(
            file: path, path: "options.\(name)", expected: expected.joined(separator: ", "),
            found: "\"\(options[name] ?? "")\"")
    }
}
