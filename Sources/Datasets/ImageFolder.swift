import Core
import Foundation

/// A folder that pictures are read from, and nothing outside of it.
struct ImageFolder: Sendable {
    /// As the caller wrote it.
    let path: String
    let maxPixels: Int
    /// With all links followed; ends in a slash.
    private let root: String

    /// A compressed picture of more bytes than this is no picture of the allowed size.
    static let maxBytes = 1 << 28

    /// - Throws: `FileError` when there is no such folder.
    init(path: String, maxPixels: Int) throws {
        guard let resolved = Self.resolve(path) else { throw FileError(operation: "open", path: path, code: errno) }
        guard FileContents.isFolder(resolved) else {
            throw FileError(operation: "open the folder", path: path, code: ENOTDIR)
        }
        self.path = path
        self.maxPixels = maxPixels
        root = resolved == "/" ? "/" : resolved + "/"
    }

    /// The path of a picture as a person would type it.
    func path(of name: String) -> String { path.hasSuffix("/") ? path + name : "\(path)/\(name)" }

    /// The bytes of the picture `name`: a regular file below the folder, also after following links.
    /// - Throws: `FileError` or `ImageError`.
    func bytes(of name: String) throws -> [UInt8] {
        let file = path(of: name)
        guard let resolved = Self.resolve(file) else { throw FileError(operation: "open", path: file, code: errno) }
        guard resolved.utf8.starts(with: root.utf8) else {
            throw refusal(file, .unsupported, "leads out of the folder through a link", "copy the file into the folder")
        }
        var status = stat()
        guard stat(resolved, &status) == 0 else { throw FileError(operation: "open", path: file, code: errno) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw refusal(file, .unsupported, "is no regular file", "name a picture")
        }
        guard status.st_size <= Self.maxBytes else {
            throw refusal(
                file, .tooLarge, "has \(status.st_size) bytes, the limit is \(Self.maxBytes)",
                "make the picture smaller")
        }
        return try FileContents.read(resolved)
    }

    /// - Throws: `ImageError`.
    func decode(_ bytes: [UInt8], name: String) throws -> Image {
        try ImageDecoder.decode(bytes: bytes, file: path(of: name), maxPixels: maxPixels)
    }

    /// The same with the samples of the file. - Throws: `ImageError`.
    func decodeStored(_ bytes: [UInt8], name: String) throws -> StoredPicture {
        try ImageDecoder.decodeStored(bytes: bytes, file: path(of: name), maxPixels: maxPixels)
    }

    private func refusal(_ file: String, _ kind: ImageError.Kind, _ what: String, _ hint: String) -> ImageError {
        ImageError(file: file, format: nil, kind: kind, what: what, hint: hint)
    }

    private static func resolve(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }
}
