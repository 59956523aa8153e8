import Core
import Foundation
import Ledger
import Testing
import TinyRuns

/// Signed runs: run-1, signed by alice, and the keys of alice and bob in the folder `keys`.
@Suite(
    .recordedOnce { sandbox in
        _ = try sandbox.record(try sandbox.runs.smpo(steps: 2))
        for name in ["alice", "bob"] {
            let made = try sandbox.program.run("keys", "generate", name, "--keys", "keys")
            #expect(made.status == 0, "\(made.errors)")
        }
        let signed = try sandbox.program.run("sign", "run-1", "--key", "alice", "--keys", "keys")
        #expect(signed.status == 0, "\(signed.errors)")
    })
struct SignTests {
    @Test func aRunThatNobodyHasSignedIsNotEnough() throws {
        try Sandbox.withCopy { sandbox in
            try FileContents.remove([sandbox.workspace.attestations("run-1")])
            let unsigned = try sandbox.program.run("verify", "run-1", "--keys", "keys", "--require-signature")
            #expect(unsigned.status == 4 && unsigned.output.contains("found none"), "\(unsigned.output)")
        }
    }

    @Test func aSignatureIsCheckedByVerifyAndAudit() throws {
        let sandbox = try Sandbox.recorded
        let id = try VerifyingKey(path: sandbox.runs.path("keys/alice.pub")).id
        let verified = try sandbox.program.run("verify", "run-1", "--keys", "keys", "--require-signature")
        #expect(verified.status == 0, "\(verified.output)\(verified.errors)")
        #expect(verified.output.contains("signature     ed25519 key \(id.short)"), "\(verified.output)")
        let trusted = try sandbox.program.run(
            "audit", "run-1", "--keys", "none", "--trust", "keys/alice.pub", "--require-signature")
        #expect(trusted.status == 0 && trusted.output.contains("signed with       ed25519"), "\(trusted.output)")
    }

    @Test func aSignatureBySomebodyUnknownIsNotedAndNotEnough() throws {
        let sandbox = try Sandbox.recorded
        let id = try VerifyingKey(path: sandbox.runs.path("keys/alice.pub")).id
        let stranger = try sandbox.program.run("verify", "run-1", "--keys", "none", "--trust", "keys/bob.pub")
        #expect(stranger.status == 0 && stranger.output.contains("not known, \(id)"), "\(stranger.output)")
        let demanded = try sandbox.program.run(
            "audit", "run-1", "--keys", "none", "--trust", "keys/bob.pub", "--require-signature")
        #expect(demanded.status == 4, "\(demanded.output)")
    }

    @Test func signingAgainReplacesOnesOwnStatementOnly() throws {
        try Sandbox.withCopy { sandbox throws in
            let program = sandbox.program
            #expect(try program.run("sign", "run-1", "--key", "alice", "--keys", "keys").status == 0)
            #expect(try program.run("sign", "run-1", "--key", "./keys/bob.key").status == 0)
            #expect(try Attestations.read(sandbox.workspace.attestations("run-1"))?.envelopes.count == 2)
            #expect(try program.run("verify", "run-1", "--keys", "keys").status == 0)
        }
    }

    /// The whole recipe is under the signature: a weight decay changed by a hundredth, all hashes made anew.
    @Test(arguments: ["verify", "audit"]) func whatWasSignedCannotBeChanged(_ command: String) throws {
        try Sandbox.withCopy { sandbox in
            try FileManager.default.removeItem(atPath: sandbox.runs.path(".smpo"))
            let manifest = String(
                decoding: try FileContents.read(sandbox.workspace.manifest("run-1")), as: UTF8.self)
            let decay = "\"weight_decay\": \"\(HexFloat.string(0.01))\""
            try #require(manifest.contains(decay))
            try sandbox.forge { forged in
                let text = forged.inputs.recipe.canonical.replacingOccurrences(
                    of: decay.replacingOccurrences(of: " ", with: ""),
                    with: "\"weight_decay\":\"\(HexFloat.string(0.0101))\"")
                forged.inputs.recipe = (try? JSONValue.parse(Array(text.utf8), file: "recipe")) ?? .null
            }
            let result = try sandbox.program.run(command, "run-1", "--keys", "keys")
            #expect(result.status == 3, "\(result.output)")
            #expect(result.output.contains("the signed statement does not hold"), "\(result.output)")
        }
    }

    /// What holds is a manifest alone: no step is left to be checked.
    @Test func aSignedManifestWithoutStepsIsIncomplete() throws {
        try Sandbox.withCopy { sandbox in
            try FileManager.default.removeItem(atPath: sandbox.runs.path(".smpo"))
            #expect(try sandbox.program.run("verify", "run-1", "--keys", "keys").status == 4)
        }
    }

    @Test func oneLetterOfTheSignatureTells() throws {
        try Sandbox.withCopy { sandbox in
            try FileManager.default.removeItem(atPath: sandbox.runs.path(".smpo"))
            let signed = sandbox.workspace.attestations("run-1")
            let text = String(decoding: try FileContents.read(signed), as: UTF8.self)
            let place = try #require(text.range(of: "\"sig\":\"")).upperBound
            let other = text[place] == "A" ? "B" : "A"
            try AtomicFile.write(text.replacingCharacters(in: place...place, with: other), to: signed)
            let changed = try sandbox.program.run("verify", "run-1", "--keys", "keys")
            #expect(changed.status == 3 && changed.output.contains("signature does not hold"), "\(changed.output)")
        }
    }

    @Test func theVerdictIsSigned() throws {
        try Sandbox.withCopy { sandbox in
            let result = try sandbox.program.run("audit", "run-1", "--keys", "keys", "--sign", "bob")
            #expect(result.status == 0, "\(result.errors)")
            let file = try #require(try Attestations.read(sandbox.runs.path("run-1.audit.intoto.jsonl")))
            let key = try VerifyingKey(path: sandbox.runs.path("keys/bob.pub"))
            #expect(file.envelopes.count == 1 && file.envelopes[0].signers(among: [key]) == [key])
            let json = try JSONCursor(JSONValue.parse(file.envelopes[0].payload, file: "payload"), name: "statement")
            #expect(try json["predicateType"].string() == "https://in-toto.io/attestation/test-result/v0.1")
            #expect(try json["predicate"]["result"].string() == "PASSED")
            let digest = try json["subject"].elements()[0]["digest"]["sha256"].digest()
            #expect(digest == .sha256(try FileContents.read(sandbox.workspace.manifest("run-1"))))
        }
    }

    /// The private key is in its file and nowhere else.
    @Test func privateKeysAreNowhereElse() throws {
        try Sandbox.withCopy { sandbox in
            let path = sandbox.runs.path("keys/alice.key")
            let secret = String(decoding: try FileContents.read(path), as: UTF8.self).split(separator: "\n")[1]
            var results = [
                try sandbox.program.run("keys", "list", "--keys", "keys"),
                try sandbox.program.run("keys", "generate", "alice", "--keys", "keys"),
                try sandbox.program.run("sign", "run-1", "--key", "alice", "--keys", "keys"),
                try sandbox.program.run("audit", "run-1", "--sign", "alice", "--keys", "keys"),
            ]
            try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: path)
            results.append(try sandbox.program.run("sign", "run-1", "--key", "alice", "--keys", "keys"))
            #expect(results.map(\.status) == [0, 2, 0, 0, 2])
            for result in results { #expect(!(result.output + result.errors).contains(secret)) }
            let files = try #require(FileManager.default.enumerator(atPath: sandbox.runs.folder))
            for case let file as String in files where file != "keys/alice.key" {
                guard let data = FileManager.default.contents(atPath: sandbox.runs.path(file)) else { continue }
                #expect(data.range(of: Data(secret.utf8)) == nil, "\(file)")
            }
        }
    }
}
