import Core
import Datasets

/// Drawn pictures as files, each under the digest of all that it follows from. A file is whole or not there, and is taken only
/// where its pixels are the ones that were drawn.
package struct PictureStore: Sendable {
    /// The folder.
    package let folder: String

    /// Pictures in `folder`, which need not be there yet.
    package init(folder: String) { self.folder = folder }

    /// The file of a picture; beside it lies its record, `.json`.
    package func path(_ key: Digest) -> String { "\(stem(key)).png" }

    private func stem(_ key: Digest) -> String { "\(folder)/\(key.hex.prefix(2))/\(key.hex)" }

    /// Whether a picture's files are there, whatever is in them.
    package func has(_ key: Digest) -> Bool { FileContents.exists("\(stem(key)).json") }

    /// The picture under `key`; nil where it is not there, or is damaged and so to be drawn again.
    /// - Throws: `FileError` for a file that is there and cannot be read.
    package func picture(_ key: Digest) throws -> Image? {
        let (record, file) = ("\(stem(key)).json", path(key))
        guard FileContents.exists(record), FileContents.exists(file) else { return nil }
        let bytes = try FileContents.read(record)
        guard case .object(var object)? = try? JSONValue.parse(bytes, file: record),
            case .string(let hex)? = object["pixels"], let pixels = Digest(hex: hex)
        else { return nil }
        object["pixels"] = nil
        guard Digest.of(.document, .object(object)) == key,
            let image = try? ImageDecoder.decode(bytes: FileContents.read(file), file: file), image.digest == pixels
        else { return nil }
        return image
    }

    /// Keeps a picture; its record is written last, and makes it count. - Throws: `FileError`, `ImageError`.
    package func keep(_ picture: DrawnPicture, key: Digest) throws {
        try FileContents.makeFolder(AtomicFile.folder(of: stem(key)))
        try PNGWriter.write(picture.image, text: picture.text, to: path(key))
        try AtomicFile.write(JSONValue.object(picture.record).pretty + "\n", to: "\(stem(key)).json")
    }
}
