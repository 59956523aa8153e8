import Core
import Foundation
import Testing

/// Keys, signatures and envelopes, against the `openssl` command.
@Suite struct SignatureTests {
    private func withFolder(_ body: (String) throws -> Void) throws {
        let folder = NSTemporaryDirectory() + "keys-\(UUID().uuidString)"
        try FileContents.makeFolder(folder)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }

    private func openssl(_ arguments: String..., in folder: String) throws -> Int32 {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["openssl"] + arguments
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus
    }

    private func verify(_ kind: KeyKind, in folder: String) throws -> Int32 {
        kind == .ed25519
            ? try openssl(
                "pkeyutl", "-verify", "-pubin", "-inkey", "k.pub", "-rawin", "-in", "message", "-sigfile", "signature",
                in: folder)
            : try openssl("dgst", "-sha256", "-verify", "k.pub", "-signature", "signature", "message", in: folder)
    }

    @Test(arguments: KeyKind.allCases) func opensslTakesOurKeysAndSignatures(kind: KeyKind) throws {
        try withFolder { folder in
            let key = try SigningKey(kind)
            let message = Array("a statement".utf8)
            try key.write(to: folder + "/k.key")
            try AtomicFile.write(key.verifyingKey.pem, to: folder + "/k.pub")
            try AtomicFile.write(message, to: folder + "/message")
            try AtomicFile.write(key.sign(message), to: folder + "/signature")
            #expect(try verify(kind, in: folder) == 0)
            try AtomicFile.write(message + [0], to: folder + "/message")
            #expect(try verify(kind, in: folder) != 0)
            #expect(try openssl("pkey", "-in", "k.key", "-check", "-noout", in: folder) == 0)
            let again = try SigningKey(path: folder + "/k.key")
            #expect(again.verifyingKey == key.verifyingKey && again.kind == kind)
            #expect(key.verifyingKey.verifies(again.sign(message), of: message))
        }
    }

    @Test(arguments: KeyKind.allCases) func weTakeKeysAndSignaturesOfOpenssl(kind: KeyKind) throws {
        try withFolder { folder in
            let make =
                kind == .ed25519
                ? try openssl("genpkey", "-algorithm", "ed25519", "-out", "k.key", in: folder)
                : try openssl(
                    "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", "k.key", in: folder)
            #expect(make == 0)
            #expect(try openssl("pkey", "-in", "k.key", "-pubout", "-out", "k.pub", in: folder) == 0)
            try AtomicFile.write("text", to: folder + "/message")
            let sign =
                kind == .ed25519
                ? try openssl(
                    "pkeyutl", "-sign", "-inkey", "k.key", "-rawin", "-in", "message", "-out", "signature", in: folder)
                : try openssl("dgst", "-sha256", "-sign", "k.key", "-out", "signature", "message", in: folder)
            #expect(sign == 0)
            let key = try VerifyingKey(path: folder + "/k.pub")
            let signature = try FileContents.read(folder + "/signature")
            #expect(key.kind == kind && key.verifies(signature, of: Array("text".utf8)))
            #expect(!key.verifies(signature, of: Array("next".utf8)))
            #expect(try openssl("pkey", "-pubin", "-in", "k.pub", "-outform", "DER", "-out", "k.der", in: folder) == 0)
            #expect(key.id == .sha256(try FileContents.read(folder + "/k.der")))
            // Any flipped bit, and any other length.
            for bit in 0..<signature.count * 8 {
                var changed = signature
                changed[bit / 8] ^= 1 << UInt8(bit % 8)
                #expect(!key.verifies(changed, of: Array("text".utf8)))
            }
            for length in 0..<signature.count {
                #expect(!key.verifies(Array(signature.prefix(length)), of: Array("text".utf8)))
            }
        }
    }

    /// A private key is written for its owner alone, and read from nothing else; errors hold nothing of it.
    @Test func privateKeysStayPrivate() throws {
        try withFolder { folder in
            let (key, path) = (try SigningKey(.ed25519), folder + "/k.key")
            try key.write(to: path)
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            #expect(mode == 0o600)
            #expect(throws: FileError.self) { try key.write(to: path) }
            let secret = String(decoding: try FileContents.read(path), as: UTF8.self).split(separator: "\n")[1]
            #expect(!"\(key)".contains(secret) && "\(key)".contains(key.verifyingKey.id.short))
            try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
            let open = try #require(throws: KeyError.self) { try SigningKey(path: path) }
            #expect(open.description.contains("chmod 600"), "\(open)")

            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
            let bytes = try FileContents.read(path)
            for length in stride(from: 0, to: bytes.count - 2, by: 7) {
                try FileManager.default.removeItem(atPath: path)
                _ = FileManager.default.createFile(
                    atPath: path, contents: Data(bytes.prefix(length)), attributes: [.posixPermissions: 0o600])
                if let error = Result(catching: { try SigningKey(path: path) }).failure {
                    #expect(error is KeyError && !"\(error)".contains(secret))
                }
            }
        }
    }

    /// Keys of other kinds and with a pass phrase are refused by name; nothing is asked for.
    @Test func otherKeysAreRefused() throws {
        try withFolder { folder in
            #expect(try openssl("genpkey", "-algorithm", "x25519", "-out", "a", in: folder) == 0)
            #expect(
                try openssl(
                    "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384", "-out", "b", in: folder) == 0)
            #expect(
                try openssl(
                    "genpkey", "-algorithm", "ed25519", "-aes256", "-pass", "pass:x", "-out", "c", in: folder) == 0)
            for (name, word) in [("a", "another kind"), ("b", "another kind"), ("c", "unencrypted")] {
                try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: "\(folder)/\(name)")
                let error = try #require(throws: KeyError.self) { try SigningKey(path: "\(folder)/\(name)") }
                #expect(error.description.contains(word), "\(error)")
            }
            #expect(throws: KeyError.self) { try VerifyingKey(path: folder + "/c") }
        }
    }

    /// The example of the DSSE protocol's text.
    @Test func theSignedMessageIsThatOfTheProtocol() {
        #expect(
            Envelope.message(Array("hello world".utf8), type: "http://example.com/HelloWorld")
                == Array("DSSEv1 29 http://example.com/HelloWorld 11 hello world".utf8))
    }

    @Test func envelopesTellWhoSigned() throws {
        let (alice, bob, eve) = (try SigningKey(.ed25519), try SigningKey(.p256), try SigningKey(.ed25519))
        let envelope = Envelope(Array("{}".utf8), by: [alice, bob])
        let keys = [alice, bob, eve].map(\.verifyingKey)
        #expect(envelope.signers(among: keys) == Array(keys.prefix(2)))
        let read = try Envelope(json: JSONCursor(envelope.json, name: "envelope"))
        #expect(read == envelope && read.signers(among: keys) == Array(keys.prefix(2)))
        // Another payload or another type under the same signatures.
        for (member, text) in [("payload", "e30g"), ("payloadType", "text/plain")] {
            guard case .object(var object) = envelope.json else { return }
            object[member] = .string(text)
            let changed = try Envelope(json: JSONCursor(.object(object), name: "envelope"))
            #expect(changed.signers(among: keys).isEmpty, "\(member)")
        }
    }
}

extension Result {
    fileprivate var failure: Failure? {
        if case .failure(let error) = self { return error }
        return nil
    }
}
