import Compute
import Core

/// A tokenizer as a part of a model: captions to token ids, and the files that it was read from.
package struct CaptionTokenizer: Component {
    package static let classNames = ["CLIPTokenizer", "CLIPTokenizerFast"]

    /// Caption to token ids.
    package let vocabulary: CLIPTokenizer
    /// The files, byte for byte.
    package let files: TokenizerFiles

    /// Reads the files. - Throws: as `CLIPTokenizer` does.
    package init(_ files: TokenizerFiles) throws {
        self.files = files
        vocabulary = try CLIPTokenizer(files)
    }

    /// Throws `ConfigError` where an embedding lacks rows for the ids; file and key are those of its number of rows.
    func requireRows(_ rows: Int, file: String, key: String) throws {
        guard vocabulary.vocabularySize > rows else { return }
        throw ConfigError(
            file: file, key: key, "is less than the tokenizer's vocabulary",
            expected: "at least \(vocabulary.vocabularySize)", found: "\(rows)")
    }

    /// Ids of a caption for a text encoder with so many positions (`TextEncoder.length`).
    func length(positions: Int) -> Int { min(vocabulary.statedLength ?? positions, positions) }

    /// A second one belongs to a second text encoder.
    package func requireFit(as name: String, in pipeline: Pipeline) throws {
        guard name == "tokenizer_2", pipeline["text_encoder_2"] == nil else { return }
        throw ConfigError(
            file: "the model", key: "text_encoder_2", "is missing", expected: "the text encoder of \(name)", found: nil)
    }

    package func configurationDigests(_ folder: String) -> [String: Digest] { files.digests(folder) }

    package func writeConfiguration(into writer: FolderWriter, _ folder: String, storing dtype: DType) throws {
        try files.write(into: writer, folder)
    }
}
