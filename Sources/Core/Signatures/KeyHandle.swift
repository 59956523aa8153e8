import CCrypto
import Foundation

/// An OpenSSL key, released with its last owner. `@unchecked Sendable`: it is never changed after it was made, and
/// OpenSSL counts references atomically.
final class KeyHandle: @unchecked Sendable {
    let pointer: OpaquePointer
    let kind: KeyKind

    /// Takes over a key of one of the kinds that we use.
    init(_ pointer: OpaquePointer?, name: String) throws {
        guard let pointer else {
            ERR_clear_error()
            throw KeyError(key: name, reason: "expected an unencrypted key in PEM, found something else")
        }
        guard let kind = KeyHandle.kind(of: pointer) else {
            EVP_PKEY_free(pointer)
            throw KeyError(key: name, reason: "expected an Ed25519 or a P-256 key, found another kind")
        }
        (self.pointer, self.kind) = (pointer, kind)
    }

    deinit { EVP_PKEY_free(pointer) }

    /// A new key.
    static func generate(_ kind: KeyKind) throws -> KeyHandle {
        var key: OpaquePointer?
        let context = EVP_PKEY_CTX_new_from_name(nil, kind.algorithm, nil)
        defer { EVP_PKEY_CTX_free(context) }
        guard EVP_PKEY_keygen_init(context) == 1,
            kind.group.map({ EVP_PKEY_CTX_set_group_name(context, $0) == 1 }) ?? true,
            EVP_PKEY_generate(context, &key) == 1
        else { throw KeyError(key: kind.rawValue, reason: "OpenSSL cannot make such a key") }
        return try KeyHandle(key, name: kind.rawValue)
    }

    /// Reads PEM. A pass phrase is never asked for.
    static func read(_ pem: [UInt8], isPrivate: Bool, name: String) throws -> KeyHandle {
        let key = pem.withUnsafeBytes { raw -> OpaquePointer? in
            let bio = BIO_new_mem_buf(raw.baseAddress, Int32(raw.count))
            defer { BIO_free(bio) }
            return isPrivate
                ? PEM_read_bio_PrivateKey(bio, nil, { _, _, _, _ in -1 }, nil) : PEM_read_bio_PUBKEY(bio, nil, nil, nil)
        }
        return try KeyHandle(key, name: name)
    }

    /// PKCS #8 or SubjectPublicKeyInfo, in PEM.
    func pem(isPrivate: Bool) -> [UInt8] {
        let bio = BIO_new(BIO_s_mem())
        defer { BIO_free(bio) }
        let result =
            isPrivate
            ? PEM_write_bio_PKCS8PrivateKey(bio, pointer, nil, nil, 0, nil, nil) : PEM_write_bio_PUBKEY(bio, pointer)
        precondition(result == 1, "OpenSSL cannot write a key that it holds")
        var (bytes, buffer): ([UInt8], [UInt8]) = ([], [UInt8](repeating: 0, count: 4096))
        while case let count = BIO_read(bio, &buffer, Int32(buffer.count)), count > 0 {
            bytes += buffer.prefix(Int(count))
        }
        return bytes
    }

    /// SHA-256 of the public key's SubjectPublicKeyInfo in DER.
    var id: Digest {
        var der: UnsafeMutablePointer<UInt8>?
        let count = i2d_PUBKEY(pointer, &der)
        precondition(count > 0, "OpenSSL cannot encode a key that it holds")
        defer { CRYPTO_free(der, nil, 0) }
        return .sha256(Array(UnsafeBufferPointer(start: der, count: Int(count))))
    }

    private static func kind(of key: OpaquePointer) -> KeyKind? {
        KeyKind.allCases.first { kind in
            guard EVP_PKEY_is_a(key, kind.algorithm) == 1 else { return false }
            guard let group = kind.group else { return true }
            var name = [CChar](repeating: 0, count: 80)
            guard EVP_PKEY_get_group_name(key, &name, name.count, nil) == 1 else { return false }
            return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self) == group
        }
    }
}
