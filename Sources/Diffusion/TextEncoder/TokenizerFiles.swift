import Checkpoints
import Core

/// The files of a tokenizer's folder, byte for byte: what the tokenizer is made of, what its digests are over, and what
/// is written again beside a trained model.
package struct TokenizerFiles: Sendable {
    /// A file by its name in the folder.
    package typealias File = (name: String, bytes: [UInt8])

    /// The files that are read where they are there; no other file of the folder matters.
    package static let names = [
        "added_tokens.json", "merges.txt", "special_tokens_map.json", "tokenizer.json", "tokenizer_config.json",
        "vocab.json",
    ]
    private static let vocabularyNames = ["merges.txt", "vocab.json"]

    /// The folder, for messages.
    package let folder: String
    /// In byte order of their names.
    package let files: [File]

    /// Takes the files of the folder `folder`.
    package init(_ files: [File], folder: String = "tokenizer") {
        self.folder = folder
        self.files = files.sorted { utf8Less($0.name, $1.name) }
    }

    /// Reads a folder. It needs `tokenizer.json`, or `vocab.json` and `merges.txt`.
    /// - Throws: `FileError`, also for a link to a file that is not there; `CheckpointError` (`foreign`) for a Git LFS
    ///   pointer or a page of a server in the place of a file.
    package init(folder: String) throws {
        let present = try FileContents.names(in: folder)
        let hasAll = present.contains("tokenizer.json")
        self.init(
            try Self.names.filter { name in
                present.contains(name) || !hasAll && Self.vocabularyNames.contains(name)
            }.map { name in
                let bytes = try FileContents.read("\(folder)/\(name)")
                try ForeignFile.refuse(text: bytes, file: "\(folder)/\(name)")
                return (name, bytes)
            }, folder: folder)
    }

    /// The bytes of a file; nil where it is not there.
    subscript(name: String) -> [UInt8]? { files.first { $0.name == name }?.bytes }

    /// The path of a file, for messages.
    func path(_ name: String) -> String { "\(folder)/\(name)" }

    /// A cursor at the root of a JSON file; nil where the file is not there. - Throws: `JSONSyntaxError`.
    func json(_ name: String) throws -> JSONCursor? {
        try self[name].map {
            JSONCursor(try JSONValue.parse($0, file: path(name)), name: "tokenizer", file: path(name))
        }
    }

    /// What stands for the files in a manifest: under `name` the vocabulary, `merges.txt` and `vocab.json`; under
    /// `name/FILE` every other file by itself, those that are not there not at all.
    package func digests(_ name: String) -> [String: Digest] {
        let vocabulary = files.filter { Self.vocabularyNames.contains($0.name) }
        let isWhole = vocabulary.count == Self.vocabularyNames.count
        var digests = isWhole ? [name: Digest.of(.tokenizer, vocabulary.map { Digest.of(.file, $0.bytes) })] : [:]
        for file in files where !(isWhole && Self.vocabularyNames.contains(file.name)) {
            digests["\(name)/\(file.name)"] = .of(.file, file.bytes)
        }
        return digests
    }

    /// Writes all files into `folder` of the writer's; each is replaced whole. Files that a tokenizer reads and these are
    /// not are taken away, so that the folder is read as these files are. - Throws: `FileError`.
    package func write(into writer: FolderWriter, _ folder: String) throws {
        for file in files { try writer.write(file.bytes, to: "\(folder)/\(file.name)") }
        for name in Self.names where self[name] == nil { try writer.remove("\(folder)/\(name)") }
    }
}
