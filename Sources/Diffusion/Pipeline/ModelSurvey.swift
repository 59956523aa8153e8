import Checkpoints
import Compute
import Core

/// What lies in the folder of a model, what of it would be used, and what is missing: from names, configurations and the
/// headers of weights. No number is read; whether all are finite is seen when the model is opened.
package struct ModelSurvey: Sendable {
    /// A component.
    package struct Part: Sendable {
        /// Its name.
        package let name: String
        /// What it is called where people read.
        package let title: String
        /// Whether its folder is there.
        package let isThere: Bool
        /// Whether a model may lack it.
        package let isOptional: Bool
        /// The class that its configuration names.
        package fileprivate(set) var className: String?
        /// Numbers in its parameters; nil without any, or where its configuration cannot be read.
        package fileprivate(set) var parameters: Int?
        /// Its weights.
        package fileprivate(set) var weights: Weights?
        /// Files of a tokenizer.
        package fileprivate(set) var files: [String] = []
        /// Keys that the configuration does not state, with the values that stand for them.
        package fileprivate(set) var defaults: [(key: String, value: JSONValue)] = []
        /// What is missing or does not fit.
        package fileprivate(set) var problems: [String] = []
    }

    /// The weights of a component.
    package struct Weights: Sendable {
        /// The file that is opened; of shards their index.
        package let file: String
        /// Element types with the numbers of tensors.
        package let types: [(name: String, tensors: Int)]
        /// Other files of weights beside it, which are not opened.
        package let others: [String]
        /// Tensors that no parameter asks for.
        package let unused: [String]
    }

    /// The folder.
    package let folder: String
    /// The components that a model of this kind has, there or not.
    package let parts: [Part]
    /// Folders that are left alone.
    package let leftAlone: [String]
    /// What is wrong with the model as a whole.
    package let problems: [String]
    /// The model by its configurations, its weights shapes; nil where something is missing.
    package let outline: Pipeline?

    /// Looks through a folder: of a diffusion model, or of a scorer, by the `config.json` in it.
    package init(_ model: ModelFolder) {
        let folder = model.path
        self.folder = folder
        let isScorer =
            FileContents.exists("\(folder)/config.json") && !FileContents.isFolder("\(folder)/unet")
        let layout = isScorer ? PipelineLayout.scorer : .diffusion
        parts = layout.kinds.map { Part($0, in: model) }
        let own = layout.kinds.map(\.folder)
        leftAlone = ((try? FileContents.names(in: folder)) ?? []).filter {
            FileContents.isFolder("\(folder)/\($0)") && !$0.hasPrefix(".") && !own.contains($0)
        }
        var problems: [String] = []
        if model.isFile {
            problems.append("\(folder): a file, not a folder; smpo inspect says what it holds")
        } else if !FileContents.isFolder(folder) {
            problems.append("\(folder): there is no such folder")
        }
        // What a part lacks is said of the part; opening all of them says what is left.
        var outline: Pipeline?
        do { outline = try Pipeline(layout, model, shapes: ShapeDevice()) } catch {
            if parts.allSatisfy(\.problems.isEmpty), problems.isEmpty { problems.append("\(error)") }
        }
        self.outline = outline
        self.problems = problems
    }

    /// Whether nothing is missing.
    package var isWhole: Bool { problems.isEmpty && parts.allSatisfy(\.problems.isEmpty) }
}

extension ModelSurvey.Part {
    fileprivate init(_ kind: ComponentKind, in model: ModelFolder) {
        let place = model.place(of: kind.name, in: kind.folder)
        (name, title, isOptional) = (kind.name, kind.title, kind.isOptional)
        // A scorer's tokenizer may lie beside its weights.
        let made = Result { try kind.make(.folder(model, shapes: ShapeDevice())) }
        isThere = FileContents.isFolder(place) || (try? made.get()) != nil
        guard isThere else {
            if !isOptional { problems.append("\(place): there is no such folder") }
            return
        }
        let component: any Component
        do { component = try made.get() } catch {
            problems.append("\(error)")
            return
        }
        if let network = component as? any Network {
            take(network.config.json, "\(place)/config.json")
            parameters = network.requests.reduce(0) { $0 + $1.count }
            do { try take(weightsOf: network.requests, in: place, model.variant) } catch { problems.append("\(error)") }
        } else if let configuration = component as? any ComponentConfiguration & Component {
            let files = ["scheduler_config.json", "preprocessor_config.json"].map { "\(place)/\($0)" }
            if let file = files.first(where: FileContents.exists) { take(configuration.json, file) }
        } else {
            let folder = FileContents.isFolder(place) ? place : model.path
            files = TokenizerFiles.names.filter { FileContents.exists("\(folder)/\($0)") }
        }
    }

    /// What the file of a configuration states, and what it does not.
    private mutating func take(_ json: JSONValue, _ file: String) {
        guard case .object(let all) = json, let stated = try? ModelDirectory.readObject(file) else { return }
        if case .string(let name)? = stated["_class_name"] { className = name }
        if case .array(let names)? = stated["architectures"], case .string(let name)? = names.first { className = name }
        defaults = all.members.filter { !$0.key.hasPrefix("_") && stated[$0.key] == nil }.map { ($0.key, $0.value) }
    }

    private mutating func take(
        weightsOf requests: [ParameterRequest], in place: String, _ variant: WeightsVariant
    ) throws {
        let source = try Checkpoint(weightsIn: place, variant: variant)
        var used: Set<String> = []
        for request in requests {
            let names = [request.name] + (request.formerly.map { [$0] } ?? [])
            guard let name = names.first(where: source.contains), let found = source[name] else {
                problems.append("\(source.path): tensor \"\(request.name)\" is missing")
                continue
            }
            used.insert(name)
            let isSame =
                found.shape == request.shape
                || request.formerly != nil && found.shape.starts(with: request.shape)
                    && found.shape.dropFirst(request.shape.count).allSatisfy { $0 == 1 }
            if !isSame {
                problems.append(
                    "\(source.path): tensor \"\(name)\": expected shape \(request.shape), found \(found.shape)")
            }
        }
        var types: [(name: String, tensors: Int)] = []
        for type in source.tensors.map(\.type.name) {
            if let index = types.firstIndex(where: { $0.name == type }) {
                types[index].tensors += 1
            } else {
                types.append((type, 1))
            }
        }
        let file = source.path.hasPrefix(place + "/") ? String(source.path.dropFirst(place.count + 1)) : source.path
        let endings = ["safetensors", "bin", "pt", "pth", "ckpt", "gguf", "msgpack", "h5", "onnx"]
        let shards = source.files.map(\.path)
        weights = ModelSurvey.Weights(
            file: file, types: types,
            others: try FileContents.names(in: place).filter { other in
                !utf8Equal(other, file) && endings.contains { other.hasSuffix(".\($0)") }
                    && !shards.contains { utf8Equal($0, other) } && !Self.isShard(other, of: file)
            }, unused: source.names.filter { !used.contains($0) })
    }

    /// `model-00001-of-00002.safetensors` of `model.safetensors.index.json`.
    private static func isShard(_ name: String, of index: String) -> Bool {
        guard index.contains(".index.") else { return false }
        return name.hasPrefix(index.prefix { $0 != "." } + "-") && name.contains("-of-")
    }
}
