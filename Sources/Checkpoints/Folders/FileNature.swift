import Digests

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
        for (mark, words) in pictures where head.starts(with: mark) { return .harmless(words) }
        if head.starts(with: "RIFF".utf8), head.dropFirst(8).starts(with: "WEBP".utf8) { return .harmless("a picture") }
        if head.starts(with: "%PDF-".utf8) { return .harmless("a document") }
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
    private static let pictures: [([UInt8], String)] = [
        ([0x89, 0x50, 0x4E, 0x47], "a picture"), ([0xFF, 0xD8, 0xFF], "a picture"), (Array("GIF8".utf8), "a picture"),
    ]

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
            if name.contains("tfevents") { return .harmless("a log of a training") }
            if ending == "pyc", head.dropFirst(2).starts(with: [0x0D, 0x0A]) { return .harmless("compiled Python") }
            if name == ".ds_store", head.dropFirst(4).starts(with: "Bud1".utf8) { return .harmless("a folder's look") }
            return .binary(ForeignFile(head, size: size).map(\.name) ?? "of no form that is read")
        }
        if ending == "json" { return .json }
        if ending == "svg" { return .harmless("a picture") }
        let isDocument =
            documents.contains { name.hasPrefix($0) } || documentEndings.contains(ending) || others.contains(name)
        return isDocument && size <= largestDocument ? .harmless("a document") : .text
    }

    private static let documents = ["readme", "license", "licence", "notice", "copying", "changelog", "citation"]
    private static let documentEndings = ["md", "rst", "html", "htm", "log"]
    private static let others = [".gitattributes", ".gitignore", ".gitkeep", "cachedir.tag", "model.sig"]
}
