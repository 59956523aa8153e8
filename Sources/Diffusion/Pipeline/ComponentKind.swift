import Compute
import Core

/// A kind of component: what it is called, where it lies, and how it is made.
package struct ComponentKind: Sendable {
    /// What one is made from.
    package enum Origin: Sendable {
        /// The folder of a model, its weights read from it or shapes on a device.
        case folder(ModelFolder, shapes: ShapeDevice?)
        /// A single file of a whole model, its weights read from it or shapes on a device.
        case file(SingleFileModel, shapes: ShapeDevice?)
        /// A configuration, by its path, and what its weights are, drawn from a seed where they are numbers.
        case configuration(String, ModelWeights, seed: UInt64)
    }

    /// Its name: the key of its configuration in a recipe, and what stands before its parameters' names in records.
    package let name: String
    /// What it is called where people read.
    package let title: String
    /// Its folder below the model's; empty where it lies in the model's own.
    package let folder: String
    /// The classes that it may be of in a `model_index.json`.
    let classNames: [String]
    /// Whether a model may lack it: of a folder it is a part where its folder is there.
    let isOptional: Bool
    /// What is XORed to a model's seed, so that no two components draw the same numbers.
    let salt: UInt64
    let make: @Sendable (Origin) throws -> any Component

    private init(
        _ name: String, _ title: String? = nil, folder: String, _ classNames: [String], isOptional: Bool = false,
        salt: UInt64 = 0, make: @escaping @Sendable (Origin) throws -> any Component
    ) {
        (self.name, self.title) = (name, title ?? name.replacing("_", with: " "))
        (self.folder, self.classNames, self.isOptional) = (folder, classNames, isOptional)
        (self.salt, self.make) = (salt, make)
    }

    /// A network.
    static func network<N: Network>(
        _ name: String, title: String? = nil, folder: String? = nil, _: N.Type, salt: UInt64 = 0,
        isOptional: Bool = false
    ) -> ComponentKind {
        let folder = folder ?? name
        return ComponentKind(name, title, folder: folder, N.classNames, isOptional: isOptional, salt: salt) { origin in
            switch origin {
            case .folder(let model, let shapes):
                try N(path: model.place(of: name, in: folder), variant: model.variant, shapes: shapes)
            case .file(let model, let shapes): try model.network(name, folder: folder, N.self, shapes: shapes)
            case .configuration(let path, .numbers(let engine), let seed):
                try N(
                    config: N.Configuration(path: path), loader: ParameterLoader(seed: seed ^ salt, engine: engine))
            case .configuration(let path, .shapes(let device), _):
                try N(config: N.Configuration(path: path), loader: ParameterLoader(shapesOn: device))
            }
        }
    }

    /// A component that is a configuration and nothing else, in the file `file`.
    static func configuration<C: Component & ComponentConfiguration>(
        _ name: String, folder: String? = nil, file: String, _: C.Type, isOptional: Bool = false
    ) -> ComponentKind {
        let folder = folder ?? name
        return ComponentKind(name, folder: folder, C.classNames, isOptional: isOptional) { origin in
            switch origin {
            case .folder(let model, _): try C(path: "\(model.path)/\(Pipeline.path(folder, file))")
            case .file(let model, _): try model.configuration(name, Pipeline.path(folder, file), C.self)
            case .configuration(let path, _, _): try C(path: path)
            }
        }
    }

    /// A tokenizer, whose files may lie beside the model's where `mayLieBeside`.
    static func tokenizer(_ name: String, mayLieBeside: Bool = false, isOptional: Bool = false) -> ComponentKind {
        ComponentKind(name, folder: name, CaptionTokenizer.classNames, isOptional: isOptional) { origin in
            switch origin {
            case .folder(let model, _):
                let own = "\(model.path)/\(name)"
                return try CaptionTokenizer(
                    TokenizerFiles(folder: mayLieBeside && !FileContents.isFolder(own) ? model.path : own))
            case .file(let model, _): return try model.tokenizer(name, mayLieBeside: mayLieBeside)
            case .configuration(let path, _, _): return try CaptionTokenizer(TokenizerFiles(folder: path))
            }
        }
    }
}
