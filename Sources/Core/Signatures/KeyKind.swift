/// The signature algorithms that keys may be of.
package enum KeyKind: String, Sendable, CaseIterable {
    /// Ed25519 (RFC 8032): for statements about runs.
    case ed25519
    /// ECDSA over P-256 with SHA-256 (FIPS 186-5): for bundles of OpenSSF Model Signing, which know no other.
    case p256

    /// As OpenSSL calls the type of key.
    var algorithm: String { self == .ed25519 ? "ED25519" : "EC" }
    /// As OpenSSL calls the curve, where the type leaves a choice.
    var group: String? { self == .p256 ? "prime256v1" : nil }
    /// The digest that the algorithm signs; Ed25519 takes the message itself.
    var messageDigest: String? { self == .p256 ? "SHA256" : nil }
}

/// Why a key cannot be read, made or used. No message holds any part of a key.
package struct KeyError: Error, Equatable, CustomStringConvertible {
    /// The file or the name of the key.
    package let key: String
    /// What is wrong, and what to do about it.
    package let reason: String

    /// An error with all its parts.
    package init(key: String, reason: String) { (self.key, self.reason) = (key, reason) }

    /// One line.
    package var description: String { "\(key): \(reason)" }
}
