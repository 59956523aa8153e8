import Core

/// A file that lies where weights are expected, and holds none: a Git LFS pointer, a page of a server, an archive, a
/// format of another program. It is named, so that nobody has to guess what "header length out of bounds" means.
package struct ForeignFile {
    /// What it is, with its article.
    let name: String
    /// What to do about it.
    let hint: String?

    /// What begins so, as its first bytes say; `nil` for what is not known.
    /// - Parameters:
    ///   - start: the first bytes, at least 512 where the file has so many.
    ///   - size: bytes of the file.
    init?(_ start: [UInt8], size: Int) {
        if size == 0 {
            self.init("an empty file", "fetch or copy it again")
        } else if let (name, hint) = Self.text(start) {
            self.init(name, hint)
        } else if let known = Self.magics.first(where: { start.dropFirst($0.offset).starts(with: $0.bytes) }) {
            self.init(known.name, known.hint)
        } else if let format = Self.readElsewhere(start) {
            self.init(
                format,
                "it is read as a model, by every command, but not here: smpo convert IN OUT.safetensors makes one that is"
            )
        } else if Self.isMessagePack(start) {
            self.init("a MessagePack file, as Flax writes it", Self.convert)
        } else if Self.isONNX(start) {
            self.init("an ONNX model", Self.convert)
        } else if start.count >= 64, start.allSatisfy({ $0 == 0 }) {
            self.init("a file that begins with \(start.count) zero bytes", "fetch or copy it again")
        } else {
            return nil
        }
    }

    private init(_ name: String, _ hint: String?) { (self.name, self.hint) = (name, hint) }

    /// Refuses a file that is known to be something else than weights in safetensors.
    /// - Throws: `CheckpointError` (`foreign`), and as reading does.
    static func refuse(_ file: OpenFile) throws {
        let start = try file.bytes(0..<min(512, file.size))
        guard !CheckpointFormat.isSafetensors(start), let foreign = ForeignFile(start, size: file.size) else { return }
        throw CheckpointError(.foreign, file: file.path, offset: 0, foreign.name + ", no weights", hint: foreign.hint)
    }

    /// Refuses what lies in the place of a model's configuration or vocabulary and is something else: a Git LFS pointer,
    /// a page of a server.
    /// - Parameter bytes: the file's.
    /// - Throws: `CheckpointError` (`foreign`).
    package static func refuse(text bytes: [UInt8], file: String) throws {
        guard let (name, hint) = Self.pointer(bytes) ?? Self.page(bytes) else { return }
        throw CheckpointError(.foreign, file: file, offset: 0, name + ", no JSON and no vocabulary", hint: hint)
    }

    private static let fetch = "the server answered with it instead of the file; fetch the file again"
    private static let convert = "convert it to safetensors with the program that made it"

    private static func text(_ start: [UInt8]) -> (String, String?)? {
        if let found = pointer(start) ?? page(start) { return found }
        let text = start.drop { isSpace($0) }
        if text.first == UInt8(ascii: "{") || text.first == UInt8(ascii: "[") {
            return ("a JSON text", "it is a configuration, an index (*.index.json), or an answer of a server")
        }
        guard start.allSatisfy({ isSpace($0) || (0x20...0x7E).contains($0) }) else { return nil }
        return ("a text, \"\(ForeignText.shown(text.prefix(60)))\"", fetch)
    }

    /// What a version control system leaves in the place of a large file.
    private static func pointer(_ start: [UInt8]) -> (String, String?)? {
        let first = start.prefix { $0 != UInt8(ascii: "\n") }
        if first.starts(with: "version https://git-lfs.".utf8) || first.starts(with: "version http://git-media.".utf8)
            || first.starts(with: "version https://hawser.".utf8)
        {
            return ("a Git LFS pointer", "git lfs pull fetches the file that it stands for")
        }
        guard first.count < 512, String(decoding: first, as: UTF8.self).contains("/annex/objects/") else { return nil }
        return ("a git-annex pointer", "git annex get fetches the file that it stands for")
    }

    private static func page(_ start: [UInt8]) -> (String, String?)? {
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        let text = (start.starts(with: mark) ? start.dropFirst(3) : start[...]).drop { isSpace($0) }
        let head = String(decoding: text.prefix(64), as: UTF8.self).lowercased()
        if head.hasPrefix("<!doctype html") || head.hasPrefix("<html") || head.hasPrefix("<head") {
            return ("an HTML page", fetch)
        }
        return head.hasPrefix("<?xml") || head.hasPrefix("<error") ? ("an XML text", fetch) : nil
    }

    private static func isSpace(_ byte: UInt8) -> Bool { [0x20, 0x09, 0x0A, 0x0D].contains(byte) }

    /// The formats that are read as checkpoints, but not where safetensors alone are.
    private static func readElsewhere(_ start: [UInt8]) -> String? {
        if start.starts(with: [0x50, 0x4B, 3, 4]) { return "a ZIP archive, as PyTorch writes it" }
        if start.starts(with: "GGUF".utf8) { return "a GGUF file" }
        let isPickle = start.count > 1 && start[0] == 0x80 && (2...5).contains(start[1])
        return isPickle ? "a pickle, as PyTorch wrote it before 1.6" : nil
    }

    /// A map whose first key is a text.
    private static func isMessagePack(_ start: [UInt8]) -> Bool {
        let keys: ArraySlice<UInt8>
        switch start.first ?? 0 {
        case 0x81...0x8F: keys = start.dropFirst()
        case 0xDE: keys = start.dropFirst(3)
        case 0xDF: keys = start.dropFirst(5)
        default: return false
        }
        guard let key = keys.first else { return false }
        let text = key == 0xD9 ? keys.dropFirst(2) : (0xA1...0xBF).contains(key) ? keys.dropFirst() : []
        return text.first.map { (0x20...0x7E).contains($0) } ?? false
    }

    /// A protocol buffer whose first field is a small number, `ir_version`, and whose second is the producer's name, the
    /// graph or the list of operators.
    private static func isONNX(_ start: [UInt8]) -> Bool {
        start.count > 4 && start[0] == 0x08 && (1...32).contains(start[1]) && [0x12, 0x3A, 0x42].contains(start[2])
    }

    private static let unpack = "unpack it"
    private static let magics: [(bytes: [UInt8], offset: Int, name: String, hint: String?)] = [
        (Array("ustar".utf8), 257, "a tar archive", "unpack it; PyTorch before 0.1.10 saved such files, too"),
        ([0x1F, 0x8B], 0, "a gzip file", unpack), ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0], 0, "an xz file", unpack),
        ([0x28, 0xB5, 0x2F, 0xFD], 0, "a zstd file", unpack), (Array("BZh".utf8), 0, "a bzip2 file", unpack),
        ([4, 0x22, 0x4D, 0x18], 0, "an LZ4 file", unpack),
        ([0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C], 0, "a 7z archive", unpack),
        (Array("Rar!".utf8), 0, "a RAR archive", unpack),
        ([0x89] + Array("HDF\r\n".utf8) + [0x1A, 0x0A], 0, "an HDF5 file, as Keras and TensorFlow write it", convert),
        ([0x93] + Array("NUMPY".utf8), 0, "a .npy file of NumPy", convert),
        (Array("TFL3".utf8), 4, "a TensorFlow Lite model", convert),
        (Array("lmgg".utf8), 0, "a GGML file from before GGUF", convert),
        (Array("fmgg".utf8), 0, "a GGML file from before GGUF", convert),
        (Array("tjgg".utf8), 0, "a GGML file from before GGUF", convert),
        (Array("SQLite format 3".utf8), 0, "an SQLite database", nil),
        ([0x89] + Array("PNG".utf8), 0, "a PNG picture", nil), ([0xFF, 0xD8, 0xFF], 0, "a JPEG picture", nil),
        (Array("%PDF".utf8), 0, "a PDF document", nil), ([0x7F] + Array("ELF".utf8), 0, "a program or library", nil),
        ([0, 5, 0x16, 7], 0, "an AppleDouble file of macOS", "the file itself has the name without \"._\""),
    ]
}
