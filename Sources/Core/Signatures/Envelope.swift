import Foundation

/// A signed document: DSSE, the Dead Simple Signing Envelope of in-toto, version 1.0.2.
///
/// What is signed is `DSSEv1 <length of the type> <type> <length of the payload> <payload>`, so a payload cannot be
/// passed off as one of another type.
package struct Envelope: Sendable, Equatable {
    /// One signature and the key that made it.
    package struct Signature: Sendable, Equatable {
        /// `VerifyingKey.id` in hexadecimal digits, or whatever another program calls its key. A hint, not a proof.
        package let keyID: String
        /// The bytes.
        package let bytes: [UInt8]
    }

    /// The media type of in-toto statements.
    package static let statementType = "application/vnd.in-toto+json"

    /// The media type of the payload.
    package let payloadType: String
    /// The document, as it was signed.
    package let payload: [UInt8]
    /// The signatures.
    package let signatures: [Signature]

    /// Signs a document.
    package init(_ payload: [UInt8], type: String = Envelope.statementType, by keys: [SigningKey]) {
        let message = Envelope.message(payload, type: type)
        (payloadType, self.payload) = (type, payload)
        signatures = keys.map { Signature(keyID: $0.verifyingKey.id.hex, bytes: $0.sign(message)) }
    }

    /// The bytes that are signed.
    package static func message(_ payload: [UInt8], type: String) -> [UInt8] {
        Array("DSSEv1 \(type.utf8.count) \(type) \(payload.count) ".utf8) + payload
    }

    /// Those of `keys` that have signed.
    package func signers(among keys: [VerifyingKey]) -> [VerifyingKey] {
        let message = Envelope.message(payload, type: payloadType)
        return keys.filter { key in signatures.contains { key.verifies($0.bytes, of: message) } }
    }

    /// The JSON form.
    package var json: JSONValue {
        [
            "payload": .string(Data(payload).base64EncodedString()), "payloadType": .string(payloadType),
            "signatures": .array(
                signatures.map {
                    ["keyid": .string($0.keyID), "sig": .string(Data($0.bytes).base64EncodedString())]
                }),
        ]
    }

    /// Reads the JSON form; no signature is checked yet. Unknown members are passed over, as DSSE wants it.
    /// - Throws: `JSONShapeError`.
    package init(json cursor: JSONCursor) throws {
        payloadType = try cursor["payloadType"].string()
        payload = try Envelope.base64(cursor["payload"])
        signatures = try cursor["signatures"].elements().map { signature in
            Signature(
                keyID: try signature["keyid"].present?.string() ?? "", bytes: try Envelope.base64(signature["sig"]))
        }
    }

    /// Both alphabets of RFC 4648 are allowed.
    private static func base64(_ cursor: JSONCursor) throws -> [UInt8] {
        let text = try cursor.string()
        let plain = text.replacingOccurrences(of: "-", with: "+").replacingOccurrences(of: "_", with: "/")
        guard let data = Data(base64Encoded: plain) else {
            throw cursor.error(expected: "base64", found: "\"\(text.prefix(20))\"…")
        }
        return Array(data)
    }
}
