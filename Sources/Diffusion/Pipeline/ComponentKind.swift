import Compute
import Core

/// A kind of component: what it is called, where it lies, and how it is made.
package struct ComponentKind: Sendable {
    /// What one is made from.
    package enum Origin: Sendable {
        /// The folder of a model.
        case folder(String, readsWeights: Bool)
        /// A configuration, by its path; its weights from a seed, drawn by the workers of an engine, or none.
        case configuration(String, drawn: (seed: UInt64, engine: Engine)?)
    }

    /// Its name: the key of its configuration in a recipe, and what stands before its parameters' names in records.
    package let name: String
    /// Its folder below the model's; empty where it lies in the model's own.
    package let folder: String
    /// The classes that it may be of in a `model_index.json`.
    let classNames: [String]
    /// Whether a model may lack it: of a folder it is a part where its folder is there.
    let isOptional: Bool
    /// What is XORed to a model's seed, so that no two components draw the same numbers.
    let salt: UInt64
    let make: @Sendable (Origin) throws -> any Component

    /// A network.
    static func network<N: Network>(
        _ name: String, folder: String? = nil, _: N.Type, salt: UInt64 = 0, isOptional: Bool = false
    ) -> ComponentKind {
        let folder = folder ?? name
        return ComponentKind(
            name: name, folder: folder, classNames: N.classNames, isOptional: isOptional, salt: salt
        ) { origin in
            switch origin {
            case .folder(let model, let readsWeights):
                try N(path: folder.isEmpty ? model : "\(model)/\(folder)", readsWeights: readsWeights)
            case .configuration(let path, let drawn):
                try N(
                    config: N.Configuration(path: path),
                    loader: drawn.map { ParameterLoader(seed: $0.seed ^ salt, engine: $0.engine) }
                        ?? ParameterLoader())
            }
        }
    }

    /// A component that is a configuration and nothing else, in the file `file`.
    static func configuration<C: Component & ComponentConfiguration>(
        _ name: String, folder: String? = nil, file: String, _: C.Type, isOptional: Bool = false
    ) -> ComponentKind {
        let folder = folder ?? name
        return ComponentKind(
            name: name, folder: folder, classNames: C.classNames, isOptional: isOptional, salt: 0
        ) { origin in
            switch origin {
            case .folder(let model, _): try C(path: "\(model)/\(Pipeline.path(folder, file))")
            case .configuration(let path, _): try C(path: path)
            }
        }
    }

    /// A tokenizer, whose files may lie beside the model's where `mayLieBeside`.
    static func tokenizer(_ name: String, mayLieBeside: Bool = false) -> ComponentKind {
        ComponentKind(
            name: name, folder: name, classNames: CaptionTokenizer.classNames, isOptional: false, salt: 0
        ) { origin in
            switch origin {
            case .folder(let model, _):
                let own = "\(model)/\(name)"
                return try CaptionTokenizer(
                    TokenizerFiles(folder: mayLieBeside && !FileContents.isFolder(own) ? model : own))
            case .configuration(let path, _): return try CaptionTokenizer(TokenizerFiles(folder: path))
            }
        }
    }
}
