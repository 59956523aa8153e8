import CCrypto
import Foundation

/// A private key. Its description, and every error about it, tells the algorithm and the public half's id, nothing else.
package struct SigningKey: Sendable, CustomStringConvertible {
    private let handle: KeyHandle

    /// A new key from OpenSSL's random numbers. - Throws: `KeyError`.
    package init(_ kind: KeyKind) throws { handle = try KeyHandle.generate(kind) }

    /// Reads an unencrypted key in PEM from a file that only its owner may read.
    /// - Throws: `FileError`, `KeyError` when others may read the file or it holds no such key.
    package init(path: String) throws {
        var status = stat()
        guard stat(path, &status) == 0 else { throw FileError.last("open", path) }
        guard status.st_mode & 0o077 == 0 else {
            throw KeyError(
                key: path,
                reason: "expected a file that only its owner may read, found permissions "
                    + String(status.st_mode & 0o777, radix: 8) + "; chmod 600 it")
        }
        handle = try KeyHandle.read(try FileContents.read(path), isPrivate: true, name: path)
    }

    /// The public half.
    package var verifyingKey: VerifyingKey { VerifyingKey(handle: handle) }
    /// The algorithm.
    package var kind: KeyKind { handle.kind }
    /// The algorithm and the beginning of the public half's id.
    package var description: String { "private half of \(verifyingKey)" }

    /// Writes PKCS #8 in PEM into a new file of mode 0600. - Throws: `FileError`: the file exists, for one.
    package func write(to path: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw FileError.last("create", path) }
        defer { close(descriptor) }
        // The umask may take permissions away but cannot add any.
        let bytes = handle.pem(isPrivate: true)
        guard bytes.withUnsafeBytes({ Descriptor.write($0, to: descriptor) }),
            fsync(descriptor) == 0
        else {
            let error = FileError.last("write", path)
            unlink(path)
            throw error
        }
        try AtomicFile.synchronizeFolder(AtomicFile.folder(of: path))
    }

    /// A signature of `message`: 64 bytes for Ed25519, DER for P-256.
    package func sign(_ message: [UInt8]) -> [UInt8] {
        let context = EVP_MD_CTX_new()
        defer { EVP_MD_CTX_free(context) }
        var count = 0
        guard EVP_DigestSignInit_ex(context, nil, kind.messageDigest, nil, nil, handle.pointer, nil) == 1,
            EVP_DigestSign(context, nil, &count, message, message.count) == 1
        else { preconditionFailure("OpenSSL cannot sign with a key that it holds") }
        var signature = [UInt8](repeating: 0, count: count)
        guard EVP_DigestSign(context, &signature, &count, message, message.count) == 1 else {
            preconditionFailure("OpenSSL cannot sign with a key that it holds")
        }
        return Array(signature.prefix(count))
    }
}
