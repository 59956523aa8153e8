import CCrypto

/// SHA-256 over bytes that arrive in pieces, by OpenSSL's EVP interface (1.5–1.8 GB/s a core with SHA extensions).
///
/// The value owns an OpenSSL context, so it cannot be copied; `finalize()` consumes it.
package struct SHA256Stream: ~Copyable, @unchecked Sendable {
    // Unchecked: the context has one owner at any time, since the struct cannot be copied.
    private let context: OpaquePointer

    /// The algorithm, looked up once: `EVP_sha256()` would be looked up again by every stream, which costs small ones
    /// more than the hashing. OpenSSL's method objects are immutable and shared between threads.
    nonisolated(unsafe) private static let algorithm = EVP_MD_fetch(nil, "SHA256", nil)

    /// An empty stream, untagged: what `sha256sum` computes.
    package init() {
        guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex(context, Self.algorithm, nil) == 1 else {
            fatalError("libcrypto offers no SHA-256 (out of memory, or a broken OpenSSL configuration)")
        }
        self.context = context
    }

    /// A stream that has already taken the tag of `domain`: its name as UTF-8 and one zero byte.
    package init(domain: DigestDomain) {
        self.init()
        update(domain.rawValue)
        update(byte: 0)
    }

    deinit {
        EVP_MD_CTX_free(context)
    }

    /// Takes raw bytes.
    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count > 0 else { return }
        let result = EVP_DigestUpdate(context, bytes.baseAddress, bytes.count)
        precondition(result == 1, "EVP_DigestUpdate failed")
    }

    /// Takes bytes.
    package mutating func update(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { update($0) }
    }

    /// Takes the UTF-8 form of a text, without length or terminator.
    package mutating func update(_ text: String) {
        var text = text
        text.withUTF8 { update(UnsafeRawBufferPointer($0)) }
    }

    /// Takes one byte.
    package mutating func update(byte: UInt8) {
        withUnsafeBytes(of: byte) { update($0) }
    }

    /// Takes eight bytes, little-endian.
    package mutating func update(word: UInt64) {
        withUnsafeBytes(of: word.littleEndian) { update($0) }
    }

    /// Takes the 32 bytes of a digest.
    package mutating func update(_ digest: Digest) {
        digest.withUnsafeBytes { update($0) }
    }

    /// Takes a text in unambiguous form: the count of its UTF-8 bytes (eight bytes, little-endian), then the bytes.
    package mutating func update(lengthPrefixed text: String) {
        update(word: UInt64(text.utf8.count))
        update(text)
    }

    /// The digest of all that was taken.
    package consuming func finalize() -> Digest {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Digest.byteCount) { buffer in
            var count: UInt32 = 0
            let result = EVP_DigestFinal_ex(context, buffer.baseAddress, &count)
            guard result == 1, let digest = Digest(bytes: buffer.prefix(Int(count))) else {
                preconditionFailure("EVP_DigestFinal_ex failed")
            }
            return digest
        }
    }
}
