import Compute
import Core

/// A folder of one model as diffusers and transformers save it: `config.json` and the weights.
package struct ModelDirectory: Sendable {
    /// Path of the folder.
    package let path: String
    /// Path of `config.json`.
    package let configPath: String
    /// The members of `config.json`.
    package let config: JSONObject
    /// The weights.
    package let weights: Checkpoint

    /// Finds and checks the files.
    /// - Throws: `CheckpointError`: `layout` when a file is missing or two could be meant; whatever is wrong with it.
    package init(path: String, variant: WeightsVariant = .whatIsThere) throws {
        guard FileContents.isFolder(path) else {
            throw CheckpointError(.layout, file: path, "there is no such folder")
        }
        self.path = path
        configPath = Self.join(path, "config.json")
        guard FileContents.exists(configPath) else {
            throw CheckpointError(.layout, file: configPath, "the model's configuration is missing")
        }
        config = try Self.readObject(configPath)
        weights = try Checkpoint(weightsIn: path, variant: variant)
    }

    /// Refuses a link out of the repository of a hub's snapshot (`HubRepository`).
    /// - Throws: `CheckpointError` (`layout`).
    static func requireInside(_ file: String) throws {
        guard let repository = HubRepository(holding: folder(of: file)), !repository.holds(file) else { return }
        throw CheckpointError(
            .layout, file: file, "a link that leaves the repository of the snapshot",
            expected: "a file in \(repository.path)")
    }

    /// Reads a JSON file that holds an object.
    /// - Throws: `CheckpointError` (`unreadable` or `headerSyntax`).
    package static func readObject(_ path: String) throws -> JSONObject {
        let value: JSONValue
        do {
            value = try JSONValue.read(path, nonFinite: true)
        } catch let error as FileError {
            throw CheckpointError(.unreadable, file: path, error.problem)
        } catch {
            if let bytes = try? FileContents.read(path) { try ForeignFile.refuse(text: bytes, file: path) }
            throw CheckpointError(.headerSyntax, file: path, "not strict JSON: \(error)")
        }
        guard case .object(let object) = value else {
            throw CheckpointError(.headerSyntax, file: path, "wrong kind", expected: "object", found: value.kind)
        }
        return object
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
