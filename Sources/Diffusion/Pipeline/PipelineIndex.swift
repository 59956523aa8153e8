import Checkpoints
import Core

/// The `model_index.json` that diffusers writes beside the folders of a model's components: of which class each of them
/// is. It can refuse a model, and change no number that a model computes; of what is drawn, it says what SDXL is told in place
/// of a caption.
struct PipelineIndex {
    /// What whoever made the code of a component calls it.
    private struct Class {
        let library: String
        let name: String
    }

    private let folder: String
    private let file: String
    private let object: JSONObject

    /// Reads the index of the model in `folder`; nil where there is none. - Throws: `CheckpointError`.
    init?(folder: String) throws {
        self.folder = folder
        file = "\(folder)/model_index.json"
        guard FileContents.exists(file) || FileContents.isLink(file) else { return nil }
        object = try ModelDirectory.readObject(file)
    }

    /// Holds the index against what is opened as `layout`: it names its components, each with its class and its folder,
    /// and no other but those of `besides`, which are left alone.
    /// - Throws: `CheckpointError` (`layout`).
    func require(_ layout: PipelineLayout, besides: [String], in model: ModelFolder) throws {
        for kind in layout.kinds {
            // One that stands in the place of the model's own is not the index's to name.
            if kind.name == "vae", model.autoencoder != nil { continue }
            let isThere = model.has(kind)
            guard let found = try named(kind.name) else {
                if kind.isOptional && !isThere { continue }
                throw refusal(kind.name, "is not named", expected: list(kind.classNames), found: object[kind.name])
            }
            guard PipelineIndex.libraries.contains(found.library),
                kind.classNames.contains(ConfigReader.withoutFramework(found.name))
            else {
                throw refusal(
                    kind.name, "is of a class that is not supported", expected: list(kind.classNames),
                    found: object[kind.name])
            }
            guard isThere else {
                throw refusal(
                    kind.name, "is named, but not there", expected: "a folder \(folder)/\(kind.folder)",
                    hint: kind.name == "vae" ? PipelineLayout.autoencoderHint : nil)
            }
        }
        let names = layout.kinds.map(\.name)
        for name in object.keys where !name.hasPrefix("_") && !names.contains(name) && !besides.contains(name) {
            guard try named(name) != nil else { continue }
            throw refusal(
                name, "is not supported", expected: "a model of \(names.joined(separator: ", "))",
                found: object[name])
        }
    }

    /// `force_zeros_for_empty_prompt`: whether SDXL, where there is no negative prompt, is told zeros and not the empty one.
    /// - Throws: `CheckpointError`.
    var forcesZeros: Bool {
        get throws {
            switch object["force_zeros_for_empty_prompt"] {
            case nil: return true
            case .bool(let flag): return flag
            case let other:
                throw refusal(
                    "force_zeros_for_empty_prompt", "is not supported", expected: "true or false", found: other)
            }
        }
    }

    /// Whose classes are known: another library's class of the same name is other code.
    private static let libraries = ["diffusers", "transformers"]

    /// The class of a component; nil where the index has none, as it has by `[null, null]`, or where the member is a
    /// setting, which is no list.
    private func named(_ name: String) throws -> Class? {
        guard case .array(let members) = object[name], members != [.null, .null] else { return nil }
        guard members.count == 2, case .string(let library) = members[0], case .string(let type) = members[1] else {
            throw refusal(name, "is no component", expected: "a library and a class", found: object[name])
        }
        return Class(library: library, name: type)
    }

    private func list(_ classes: [String]) -> String {
        classes.joined(separator: " or ") + " of \(PipelineIndex.libraries.joined(separator: " or "))"
    }

    private func refusal(
        _ name: String, _ problem: String, expected: String, found: JSONValue? = nil, hint: String? = nil
    ) -> CheckpointError {
        CheckpointError(
            .layout, file: file, "\(name) \(problem)", expected: expected, found: found?.canonical, hint: hint)
    }
}
