import CCrypto

/// A public key: says whether a signature was made with its private half.
package struct VerifyingKey: Sendable, Equatable, CustomStringConvertible {
    let handle: KeyHandle

    /// Reads SubjectPublicKeyInfo in PEM, as `openssl pkey -pubout` writes it; `name` is for messages.
    /// - Throws: `KeyError`.
    package init(pem: [UInt8], name: String) throws {
        handle = try KeyHandle.read(pem, isPrivate: false, name: name)
    }

    /// Reads a file. - Throws: `FileError`, `KeyError`.
    package init(path: String) throws { try self.init(pem: try FileContents.read(path), name: path) }

    init(handle: KeyHandle) { self.handle = handle }

    /// The algorithm.
    package var kind: KeyKind { handle.kind }
    /// The key's name in envelopes: SHA-256 of its SubjectPublicKeyInfo in DER.
    package var id: Digest { handle.id }
    /// SubjectPublicKeyInfo in PEM.
    package var pem: [UInt8] { handle.pem(isPrivate: false) }
    /// The algorithm and the beginning of the id.
    package var description: String { "\(kind.rawValue) key \(id.short)" }

    /// Equality of the keys themselves.
    package static func == (left: VerifyingKey, right: VerifyingKey) -> Bool { left.id == right.id }

    /// Whether `signature` is one of `message` by this key.
    package func verifies(_ signature: [UInt8], of message: [UInt8]) -> Bool {
        let context = EVP_MD_CTX_new()
        defer {
            EVP_MD_CTX_free(context)
            // A signature that does not even parse leaves an error behind, which is nobody's.
            ERR_clear_error()
        }
        guard EVP_DigestVerifyInit_ex(context, nil, kind.messageDigest, nil, nil, handle.pointer, nil) == 1 else {
            return false
        }
        return EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
    }
}
