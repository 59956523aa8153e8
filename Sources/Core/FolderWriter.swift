/// Writes the files of a folder, each replaced whole, and keeps the digest of what it wrote into each; or makes the
/// digests alone, of files that are nowhere.
package final class FolderWriter {
    /// The digests of the files' bytes, in the domain `file`, by the files' paths below the folder.
    package private(set) var digests: [String: Digest] = [:]
    private let folder: String?

    /// A writer into `folder`, which is made where it is missing; of nil nothing is written.
    package init(_ folder: String?) { self.folder = folder }

    /// Writes the bytes that `body` appends to the file `path`, given from the folder with `/` between its parts.
    /// Nothing is replaced when `body` throws. - Throws: `FileError`, or what `body` throws.
    package func write(
        to path: String, _ body: (_ append: (UnsafeRawBufferPointer) throws -> Void) throws -> Void
    ) throws {
        var stream = SHA256Stream(domain: .file)
        if let folder {
            let target = "\(folder)/\(path)"
            try FileContents.makeFolder(AtomicFile.folder(of: target))
            try AtomicFile.write(to: target) { file in
                try body { bytes in
                    stream.update(bytes)
                    try file.append(bytes)
                }
            }
        } else {
            try body { stream.update($0) }
        }
        digests[path] = stream.finalize()
    }

    /// Writes bytes. - Throws: `FileError`.
    package func write(_ bytes: [UInt8], to path: String) throws {
        try write(to: path) { append in try bytes.withUnsafeBytes { try append($0) } }
    }

    /// Writes a text as UTF-8. - Throws: `FileError`.
    package func write(_ text: String, to path: String) throws { try write(Array(text.utf8), to: path) }

    /// Takes a file away where it is. - Throws: `FileError`.
    package func remove(_ path: String) throws {
        digests[path] = nil
        if let folder { try FileContents.remove(["\(folder)/\(path)"]) }
    }
}
