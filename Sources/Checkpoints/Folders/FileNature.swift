import Core

/// What a file is: by its first bytes, and by its name where these do not tell.
enum FileNature: Sendable, Equatable {
    /// Tensors in a form that is read.
    case tensors(Format)
    /// A text that is named as JSON.
    case json
    /// Another text.
    case text
    /// Something that nobody keeps weights in, in words.
    case harmless(String)
    /// Bytes that can be weights, in words.
    case binary(String)

    /// The forms of tensors that are read, in the order in which they are preferred.
    enum Format: Int, Sendable { case safetensors, pickle, gguf }

    /// So many bytes of a file have to be looked at.
    static let headSize = 512
    /// Unknown bytes up to this size are compared as texts are.
    private static let smallest = 16
    /// Documents up to this size are taken for documents.
    private static let largestDocument = 16 << 20

    /// The nature of a file by its name, its first bytes and its size.
    init(name: String, head: [UInt8], size: Int) {
        let ending = name.utf8.lastIndex(of: UInt8(ascii: ".")).map { name[$0...].dropFirst().lowercased() } ?? ""
        self = Self.known(name, ending, head, size) ?? Self.guessed(name.lowercased(), ending, head, size)
    }

    // MARK: By the first bytes

    private static func known(_ name: String, _ ending: String, _ head: [UInt8], _ size: Int) -> FileNature? {
        if CheckpointFormat.isSafetensors(head) || ending == "safetensors" { return .tensors(.safetensors) }
        if head.starts(with: "GGUF".utf8) || head.starts(with: "FUGG".utf8) || ending == "gguf" {
            return .tensors(.gguf)
        }
        if head.starts(with: [0x50, 0x4B, 0x03, 0x04]) {
            return archives.contains(ending) || formats[ending] != nil ? .binary("a ZIP archive") : .tensors(.pickle)
        }
        if head.count > 1, head[0] == 0x80, (2...5).contains(head[1]) { return .tensors(.pickle) }
        let isText = isText(head)
        if isText, pickles.contains(ending) { return .tensors(.pickle) }
        if let words = formats[ending] { return .binary("\(words), which is not read") }
        if head.starts(with: "version https://git-lfs".utf8) { return .binary("a Git LFS pointer, not the file") }
        if isPicture(ending, head) { return .harmless("a picture") }
        if ending == "pdf", head.starts(with: "%PDF-1".utf8) || head.starts(with: "%PDF-2".utf8) {
            return .harmless("a document")
        }
        return isText ? nil : tokenizers.contains(name) || size < smallest ? .text : nil
    }

    private static let pickles = ["bin", "pt", "pth", "ckpt"]
    private static let archives = ["zip", "whl", "jar"]
    /// Forms of weights that are told by their names, whatever they begin with.
    private static let formats = [
        "onnx": "ONNX", "onnx_data": "data of ONNX", "msgpack": "Flax's msgpack", "h5": "HDF5", "hdf5": "HDF5",
        "npz": "NumPy's arrays", "npy": "a NumPy array", "tflite": "TensorFlow Lite", "ot": "libtorch's weights",
        "pb": "protocol buffers", "keras": "Keras's archive", "mlmodel": "Core ML",
    ]
    /// Vocabularies that are not text.
    private static let tokenizers = [
        "spiece.model", "tokenizer.model", "sentencepiece.bpe.model", "source.spm", "target.spm",
    ]

    /// Whether ending and first bytes both are those of a picture: either alone is soon met by chance.
    private static func isPicture(_ ending: String, _ head: [UInt8]) -> Bool {
        switch ending {
        case "png": return head.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
        case "gif": return head.starts(with: "GIF87a".utf8) || head.starts(with: "GIF89a".utf8)
        case "webp": return head.starts(with: "RIFF".utf8) && head.dropFirst(8).starts(with: "WEBP".utf8)
        case "jpg", "jpeg":
            guard head.count > 3, head.starts(with: [0xFF, 0xD8, 0xFF]) else { return false }
            return (0xE0...0xEF).contains(head[3]) || head[3] == 0xDB || head[3] == 0xEE
        default: return false
        }
    }

    /// UTF-8 without the control characters that texts do not have; the last character may be cut.
    private static func isText(_ head: [UInt8]) -> Bool {
        let allowed: Set<UInt8> = [0x09, 0x0A, 0x0C, 0x0D, 0x1B]
        guard head.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || allowed.contains($0) }) else { return false }
        return (0...3).contains { cut in
            cut <= head.count && (cut == 0 || head.count == headSize)
                && String(validating: head.dropLast(cut), as: UTF8.self) != nil
        }
    }

    // MARK: By the name

    private static func guessed(_ name: String, _ ending: String, _ head: [UInt8], _ size: Int) -> FileNature {
        guard isText(head) else {
            if name.hasPrefix("events.out.tfevents.") { return .harmless("a log of a training") }
            if ending == "pyc", head.dropFirst(2).starts(with: [0x0D, 0x0A]) { return .harmless("compiled Python") }
            if name == ".ds_store", head.dropFirst(4).starts(with: "Bud1".utf8) { return .harmless("a folder's look") }
            return .binary(ForeignFile(head, size: size).map(\.name) ?? "of no form that is read")
        }
        if ending == "json" { return .json }
        if ending == "svg", String(decoding: head, as: UTF8.self).contains("<svg") { return .harmless("a picture") }
        return size <= largestDocument && isDocument(name, ending) ? .harmless("a document") : .text
    }

    /// Whether a text is one that people read and no program: by its whole name, for other texts are prompts,
    /// vocabularies and templates, whatever their names begin or end with.
    private static func isDocument(_ name: String, _ ending: String) -> Bool {
        if others.contains(name) { return true }
        let stem = name.utf8.lastIndex(of: UInt8(ascii: ".")).map { String(name[..<$0]) } ?? name
        return documentEndings.contains(ending) && documents.contains(stem) || documents.contains(name)
    }

    private static let documents = [
        "readme", "license", "licence", "notice", "copying", "changelog", "citation", "license-mit", "license-apache",
        "license-code", "license-model", "license-weights", "third-party-notices", "third_party_notices", "model_card",
        "model-card", "modelcard",
    ]
    private static let documentEndings = ["txt", "md", "rst", "html"]
    private static let others = [
        ".gitattributes", ".gitignore", ".gitkeep", "cachedir.tag", "citation.cff", "model.sig",
    ]
}
