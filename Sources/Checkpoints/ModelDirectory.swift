import Digests
import Tensors

/// A folder of one model as diffusers and transformers save it: `config.json` and the weights, in one safetensors file
/// or in shards with an index.
public struct ModelDirectory: Sendable {
    /// Path of the folder.
    public let path: String
    /// Path of `config.json`.
    public let configPath: String
    /// The members of `config.json`.
    public let config: JSONObject
    /// The weights.
    public let weights: any TensorSource

    /// File name stems that diffusers (first) and transformers use.
    public static let stems = ["diffusion_pytorch_model", "model"]

    /// Finds and checks the files.
    /// - Parameters:
    ///   - path: the folder.
    ///   - variant: the infix of another precision, such as "fp16" for `model.fp16.safetensors`; `nil` for none.
    /// - Throws: `CheckpointError`: `layout` when a file is missing or two could be meant; whatever is wrong with it.
    public init(path: String, variant: String? = nil) throws {
        guard FileContents.isFolder(path) else {
            throw CheckpointError(.layout, file: path, "there is no such folder")
        }
        self.path = path
        configPath = Self.join(path, "config.json")
        guard FileContents.exists(configPath) else {
            throw CheckpointError(.layout, file: configPath, "the model's configuration is missing")
        }
        config = try Self.readObject(configPath)
        weights = try Self.openWeights(in: path, variant: variant)
    }

    /// Finds and opens the weights of a folder, whole or in shards.
    /// - Throws: `CheckpointError`.
    public static func openWeights(in folder: String, variant: String? = nil) throws -> any TensorSource {
        let candidates = candidates(variant)
        let present = candidates.filter { FileContents.exists(join(folder, $0)) }
        guard let name = present.first else {
            throw CheckpointError(
                .layout, file: folder, "no weights", expected: candidates.joined(separator: " or "),
                hint: hint(folder, variant: variant))
        }
        guard present.count == 1 else {
            throw CheckpointError(
                .layout, file: folder, "several files of weights; keep one", found: present.joined(separator: ", "))
        }
        let file = join(folder, name)
        if name.hasSuffix(".json") { return try ShardedSafetensors(index: file) }
        return try SafetensorsFile(path: file)
    }

    /// Reads a JSON file that holds an object.
    /// - Throws: `CheckpointError` (`unreadable` or `headerSyntax`).
    public static func readObject(_ path: String) throws -> JSONObject {
        let value: JSONValue
        do {
            value = try JSONValue.read(path)
        } catch let error as FileError {
            throw CheckpointError(.unreadable, file: path, "\(error)")
        } catch {
            if let bytes = try? FileContents.read(path) { try ForeignFile.refuse(text: bytes, file: path) }
            throw CheckpointError(.headerSyntax, file: path, "not strict JSON: \(error)")
        }
        guard case .object(let object) = value else {
            throw CheckpointError(.headerSyntax, file: path, "wrong kind", expected: "object", found: value.kind)
        }
        return object
    }

    private static func candidates(_ variant: String?) -> [String] {
        let infix = variant.map { ".\($0)" } ?? ""
        return stems.flatMap { ["\($0)\(infix).safetensors", "\($0).safetensors.index\(infix).json"] }
    }

    private static func hint(_ folder: String, variant: String?) -> String? {
        for other in [nil, "fp16", "bf16", "non_ema"] where other != variant {
            if let file = candidates(other).first(where: { FileContents.exists(join(folder, $0)) }) {
                return "there is \(file)"
            }
        }
        let pickles = ["diffusion_pytorch_model.bin", "pytorch_model.bin"]
        return pickles.first { FileContents.exists(join(folder, $0)) }.map {
            "there is \($0); convert it to safetensors"
        }
    }

    static func join(_ folder: String, _ name: String) -> String {
        folder.hasSuffix("/") ? folder + name : folder + "/" + name
    }

    /// The folder that holds `path`: "." for a bare name.
    static func folder(of path: String) -> String {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}
