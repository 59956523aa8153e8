import Core
import Datasets
import Diffusion

/// Where the files of a reward model lie, and which of several rules it follows.
package struct RewardFiles: Sendable, Equatable {
    /// What may be named apart from the model.
    package enum Part: String, Sendable, CaseIterable {
        /// A folder with the tokenizer, and of PickScore with `preprocessor_config.json`.
        case processor
        /// The file of an aesthetic head.
        case head
        /// How captions are read.
        case reader
        /// Which pass of Pillow's resize goes first.
        case resizeOrder = "resize_order"
        /// Whether a resize of floats is antialiased.
        case antialias
    }

    /// The model's folder or file.
    package var model: String
    /// The folder of the processor; nil for the model's own.
    package var processor: String?
    /// The file of the head; nil for the one that lies in the model's folder.
    package var head: String?
    /// How captions are read; nil as the model's own programs do.
    package var reader: CaptionReader?
    /// Which pass of Pillow's resize goes first.
    package var resizeOrder: PillowResize.Order
    /// Whether a resize of floats is antialiased, as torchvision does from 0.17 on.
    package var antialias: Bool

    /// The model at `model`, by its own rules.
    package init(
        _ model: String, processor: String? = nil, head: String? = nil, reader: CaptionReader? = nil,
        resizeOrder: PillowResize.Order = .across, antialias: Bool = true
    ) {
        (self.model, self.processor, self.head, self.reader) = (model, processor, head, reader)
        (self.resizeOrder, self.antialias) = (resizeOrder, antialias)
    }

    /// What is named or chosen other than by default, as commands and recipes say it.
    package var parts: [(part: Part, value: String)] {
        Part.allCases.compactMap { part in
            let value: String? =
                switch part {
                case .processor: processor
                case .head: head
                case .reader: reader?.rawValue
                case .resizeOrder: resizeOrder == .across ? nil : resizeOrder.rawValue
                case .antialias: antialias ? nil : "false"
                }
            return value.map { (part, $0) }
        }
    }

    /// The folder that the model is, or lies in.
    var folder: String { FileContents.isFolder(model) ? model : AtomicFile.folder(of: model) }

    /// The file of weights: the model, or the only file of its folder with one of the endings.
    /// - Throws: `RewardFilesError`, `FileError`.
    func weights(_ endings: [String], example: String) throws -> String {
        guard FileContents.isFolder(model) else { return model }
        let found = try FileContents.names(in: model).filter { name in
            endings.contains { name.hasSuffix("." + $0) } && !name.hasPrefix(".")
        }
        guard found.count == 1 else {
            throw RewardFilesError(
                what: model, found.isEmpty ? "holds no weights" : "holds several files of weights",
                expected: "one file such as \(example)",
                found: found.isEmpty ? nil : found.sorted(by: utf8Less).joined(separator: ", "),
                hint: found.isEmpty ? "fetch it into the folder, or name the file" : "name the file",
                isMissing: found.isEmpty)
        }
        return "\(model)/\(found[0])"
    }

    /// The tokenizer of CLIP's kind in the processor's folder, or in the model's.
    /// - Throws: `RewardFilesError` where there is none, and as `CaptionTokenizer` does.
    func clipTokenizer() throws -> CaptionTokenizer { try CaptionTokenizer(TokenizerFiles(folder: tokenizerFolder())) }

    /// Where that lies. - Throws: `RewardFilesError` where there is none.
    func tokenizerFolder() throws -> String {
        let root = processor ?? folder
        for place in ["\(root)/tokenizer", root] {
            let names = ["vocab.json", "tokenizer.json"]
            if names.contains(where: { FileContents.exists("\(place)/\($0)") }) { return place }
        }
        throw RewardFilesError(
            what: root, "holds no tokenizer", expected: "vocab.json and merges.txt, or tokenizer.json",
            hint: "name a folder with CLIP's tokenizer as the processor: that of Stable Diffusion 1.5 is one",
            isMissing: true)
    }

    /// A tokenizer gives as many ids as a model has rows for: one of another model would give ids that mean something else.
    /// - Throws: `RewardFilesError`, naming the tokenizer's folder.
    static func requireFit(_ tokenizer: CaptionTokenizer, rows: Int) throws {
        let found = tokenizer.vocabulary.vocabularySize
        guard found == rows else {
            throw RewardFilesError(
                what: tokenizer.files.folder, "holds a tokenizer of another model", expected: "\(rows) ids",
                found: "\(found)", hint: "name the folder with the model's own tokenizer as the processor")
        }
    }

    /// A file of the processor's folder or of the model's; nil where neither has it.
    func beside(_ names: String...) -> String? {
        [processor, folder].compactMap { $0 }.flatMap { root in names.map { "\(root)/\($0)" } }
            .first(where: FileContents.exists)
    }
}

/// Files of a reward model that cannot be used.
package struct RewardFilesError: Error, Sendable, CustomStringConvertible {
    /// One line.
    package let description: String
    /// Whether something is not there, rather than something else.
    package let isMissing: Bool

    init(
        what: String, _ problem: String, expected: String, found: String? = nil, hint: String? = nil,
        isMissing: Bool = false
    ) {
        self.isMissing = isMissing
        description =
            "\(VisibleText.of(what)) \(problem), expected \(expected)"
            + (found.map { ", found \(VisibleText.of($0))" } ?? "") + (hint.map { " (\($0))" } ?? "")
    }
}
