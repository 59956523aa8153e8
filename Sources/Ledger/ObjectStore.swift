import Core
import Foundation

/// Content-addressed files beside the ledger, for latents and checkpoints.
///
/// An object's digest is SHA-256 in the domain `smpo/object/1` over its bytes; its file is named by the digest's
/// hexadecimal digits, two for the folder and 62 for the file: `.smpo/objects/ab/cdef…`.
package struct ObjectStore: Sendable {
    /// The folder that holds all objects.
    package let folder: String

    /// A store in a folder, which need not exist before the first `put`.
    package init(folder: String) {
        self.folder = folder
    }

    /// The path at which an object is, or would be.
    package func path(of digest: Digest) -> String {
        let hex = digest.hex
        return "\(folder)/\(hex.prefix(2))/\(hex.dropFirst(2))"
    }

    /// Stores bytes: atomically, flushed to the disk, once for equal contents. - Throws: `FileError`.
    @discardableResult
    package func put(_ bytes: UnsafeRawBufferPointer) throws -> Digest {
        let digest = Digest.of(.object, bytes)
        // A file of the right size may be a torn one of an earlier crash: only one that reads back is left alone.
        if has(digest), (try? Self.contentDigest(path(of: digest))) == digest { return digest }
        try FileContents.makeFolder("\(folder)/\(digest.hex.prefix(2))")
        try AtomicFile.write(to: path(of: digest)) { try $0.append(bytes) }
        return digest
    }

    /// Stores bytes. - Throws: `FileError`.
    @discardableResult
    package func put(_ bytes: [UInt8]) throws -> Digest {
        try bytes.withUnsafeBytes { try put($0) }
    }

    /// Takes a file into the store without holding it in memory; the file stays. - Throws: `FileError`.
    @discardableResult
    package func put(file: String) throws -> Digest {
        let digest = try Self.contentDigest(file)
        if has(digest), (try? Self.contentDigest(path(of: digest))) == digest { return digest }
        try FileContents.makeFolder("\(folder)/\(digest.hex.prefix(2))")
        try AtomicFile.write(to: path(of: digest)) { writer in
            try FileContents.forEachBlock(of: file) { try writer.append($0) }
        }
        return digest
    }

    /// Stores what `body` appends, in pieces and without holding it in memory: the digest is made on the way.
    /// - Throws: `FileError`, or what `body` throws; then nothing is stored.
    @discardableResult
    package func put(_ body: (_ append: (UnsafeRawBufferPointer) throws -> Void) throws -> Void) throws -> Digest {
        try FileContents.makeFolder(folder)
        return try AtomicFile.write(in: folder) { file in
            var stream = SHA256Stream(domain: .object)
            try body { bytes in
                stream.update(bytes)
                try file.append(bytes)
            }
            return stream.finalize()
        } path: { digest in
            if has(digest), (try? Self.contentDigest(path(of: digest))) == digest { return nil }
            try FileContents.makeFolder("\(folder)/\(digest.hex.prefix(2))")
            return path(of: digest)
        }
    }

    /// The bytes of an object, its digest checked.
    /// - Throws: `MissingObject`, `FileError`, `TamperError` when the bytes are others.
    package func get(_ digest: Digest) throws -> [UInt8] {
        guard has(digest) else { throw MissingObject(digest: digest, path: path(of: digest)) }
        let bytes = try FileContents.read(path(of: digest))
        try check(digest, Digest.of(.object, bytes))
        return bytes
    }

    /// Checks an object without holding it in memory.
    /// - Throws: `MissingObject`, `FileError`, `TamperError` when the bytes are others.
    package func verify(_ digest: Digest) throws { try read(digest) { _ in } }

    /// Hands an object's bytes to `body` in blocks, in order, and checks its digest on the way: they count only when this has
    /// ended well. - Throws: `MissingObject`, `FileError`, `TamperError` when the bytes are others, what `body` throws.
    func read(_ digest: Digest, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        guard has(digest) else { throw MissingObject(digest: digest, path: path(of: digest)) }
        var stream = SHA256Stream(domain: .object)
        try FileContents.forEachBlock(of: path(of: digest)) { block in
            stream.update(block)
            try body(block)
        }
        try check(digest, stream.finalize())
    }

    /// Removes an object; there need not be one. - Throws: `FileError`.
    package func remove(_ digest: Digest) throws {
        guard unlink(path(of: digest)) == 0 || errno == ENOENT else {
            throw FileError(operation: "remove", path: path(of: digest), code: errno)
        }
    }

    /// Whether there is a file for this object; says nothing of its contents.
    package func has(_ digest: Digest) -> Bool {
        FileContents.exists(path(of: digest))
    }

    /// The number of bytes of an object's file; `nil` when there is none.
    package func size(_ digest: Digest) -> Int? {
        FileContents.size(path(of: digest))
    }

    private func check(_ expected: Digest, _ found: Digest) throws {
        guard expected != found else { return }
        throw TamperError(
            file: path(of: expected), run: nil, step: nil, field: "object", expected: expected.hex, found: found.hex)
    }

    private static func contentDigest(_ path: String) throws -> Digest {
        var stream = SHA256Stream(domain: .object)
        try FileContents.forEachBlock(of: path) { stream.update($0) }
        return stream.finalize()
    }
}

/// The evidence is not there: the ledger or a log names an object that the store does not hold.
package struct MissingObject: Error, Equatable, CustomStringConvertible {
    /// The object.
    package let digest: Digest
    /// The path of the missing file.
    package let path: String

    /// One line.
    package var description: String { "\(path): the object is missing" }
}
