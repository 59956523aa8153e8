import Core
import Foundation
import Ledger
import SeededRandom
import Testing

/// Signed model folders, ours and one that `model-signing` from PyPI made (`Fixtures/make_signed_model.py`, which
/// verifies ours too).
@Suite struct ModelBundleTests {
    private static let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path + "/Fixtures"

    /// A copy of the folder that `model-signing` signed, and its key.
    private func withTheirs(_ body: (String, VerifyingKey) throws -> Void) throws {
        try Sample.withFolder { folder in
            let model = folder + "/signed-model"
            try FileManager.default.copyItem(atPath: ModelBundleTests.fixtures + "/signed-model", toPath: model)
            try body(model, try VerifyingKey(path: ModelBundleTests.fixtures + "/signed-model.pub"))
        }
    }

    @Test func aBundleOfModelSigningHolds() throws {
        try withTheirs { folder, key in
            let stranger = try SigningKey(.p256).verifyingKey
            let bundle = folder + "/model.sig"
            #expect(try ModelBundle.verify(bundle, folder: folder, keys: [stranger, key]) == key)
            #expect(try ModelBundle.verify(bundle, folder: folder, keys: [stranger]) == nil)
        }
    }

    /// A changed, a missing, an additional file, a link, and a folder under another name.
    @Test func everyFileCounts() throws {
        try withTheirs { folder, key in
            let bundle = folder + "/model.sig"
            func check(_ file: String) {
                let error = #expect(throws: TamperError.self) {
                    try ModelBundle.verify(bundle, folder: folder, keys: [key])
                }
                #expect(error?.file == "\(folder)/\(file)", "\(error?.description ?? "")")
            }
            let config = try FileContents.read(folder + "/unet/config.json")
            try AtomicFile.write(config + [0x20], to: folder + "/unet/config.json")
            check("unet/config.json")
            try FileManager.default.removeItem(atPath: folder + "/unet/config.json")
            check("unet/config.json")
            try AtomicFile.write(config, to: folder + "/unet/config.json")
            try AtomicFile.write("more", to: folder + "/unet/more")
            check("unet/more")
            try FileManager.default.removeItem(atPath: folder + "/unet/more")
            try FileManager.default.createSymbolicLink(atPath: folder + "/link", withDestinationPath: "config.json")
            check("link")
            try FileManager.default.removeItem(atPath: folder + "/link")
            let moved = folder + "-moved"
            try FileManager.default.moveItem(atPath: folder, toPath: moved)
            #expect(try ModelBundle.verify(moved + "/model.sig", folder: moved, keys: [key]) == key)
        }
    }

    /// A snapshot of the hub's client: its links are signed as files, one that leaves the repository is refused by name.
    @Test func linksWithinAHubsRepositoryAreSigned() throws {
        try Sample.withFolder { root in
            let (repository, files) = (root + "/models--org--name", FileManager.default)
            let snapshot = repository + "/snapshots/0123"
            try FileContents.makeFolder(snapshot + "/unet")
            try FileContents.makeFolder(repository + "/blobs")
            try AtomicFile.write("weights", to: repository + "/blobs/ab")
            let link = snapshot + "/unet/model.safetensors"
            try files.createSymbolicLink(atPath: link, withDestinationPath: "../../../blobs/ab")
            let (key, bundle) = (try SigningKey(.p256), snapshot + "/model.sig")
            try ModelBundle.sign(folder: snapshot, key: key, to: bundle)
            #expect(
                try ModelBundle.verify(bundle, folder: snapshot, keys: [key.verifyingKey]) == key.verifyingKey)
            try AtomicFile.write("weightz", to: repository + "/blobs/ab")
            let changed = #expect(throws: TamperError.self) {
                try ModelBundle.verify(bundle, folder: snapshot, keys: [key.verifyingKey])
            }
            #expect(changed?.file == link && changed?.field == "digest")
            try AtomicFile.write("weights", to: root + "/outside")
            try files.removeItem(atPath: link)
            try files.createSymbolicLink(atPath: link, withDestinationPath: "../../../../outside")
            for body in [
                { _ = try ModelBundle.verify(bundle, folder: snapshot, keys: [key.verifyingKey]) },
                { try ModelBundle.sign(folder: snapshot, key: key, to: bundle) },
            ] {
                let left = #expect(throws: TamperError.self) { try body() }
                #expect(left?.file == link && left?.field == "kind")
            }
        }
    }

    /// Ten thousand damaged bundles: none crashes, none holds unless it says the same.
    @Test func damagedBundles() throws {
        try withTheirs { folder, key in
            let bytes = try FileContents.read(folder + "/model.sig")
            let path = folder + ".mutant"
            try AtomicFile.write(bytes, to: path)
            let whole = try JSONValue.parse(bytes, file: "bundle")
            var dice = SplitMix(state: 7)
            var held = 0
            for _ in 0..<10_000 {
                let (place, old) = (dice.roll(bytes.count), bytes)
                try Sample.patch(path, place, old[place] ^ 1 << UInt8(dice.roll(8)))
                defer { try? Sample.patch(path, place, old[place]) }
                // Base64 ignores the last bits of a text that fills no whole byte; white space and the hint are not signed.
                if (try? ModelBundle.verify(path, folder: folder, keys: [key])) == .some(.some(key)) {
                    held += 1
                    let mutant = try JSONValue.parse(try FileContents.read(path), file: "mutant")
                    let (a, b) = (
                        try Envelope(json: JSONCursor(mutant, name: "b")["dsseEnvelope"]),
                        try Envelope(json: JSONCursor(whole, name: "b")["dsseEnvelope"])
                    )
                    #expect(a.payload == b.payload && a.payloadType == b.payloadType)
                    #expect(a.signatures.map(\.bytes) == b.signatures.map(\.bytes))
                }
            }
            #expect(held < 1_500, "\(held)")
        }
    }

    @Test func oursHolds() throws {
        try withTheirs { folder, _ in
            try FileManager.default.removeItem(atPath: folder + "/model.sig")
            let key = try SigningKey(.p256)
            try ModelBundle.sign(folder: folder, key: key, to: folder + "/model.sig")
            #expect(
                try ModelBundle.verify(folder + "/model.sig", folder: folder, keys: [key.verifyingKey])
                    == key.verifyingKey)
            // The same files in the same order under the same root as in their statement.
            func statement(_ path: String) throws -> JSONCursor {
                let bundle = JSONCursor(try JSONValue.read(path), name: "bundle")
                let payload = try Envelope(json: bundle["dsseEnvelope"]).payload
                return JSONCursor(try JSONValue.parse(payload, file: path), name: "statement")
            }
            let (ours, theirs) = (
                try statement(folder + "/model.sig"),
                try statement(ModelBundleTests.fixtures + "/signed-model/model.sig")
            )
            #expect(try ours["subject"].value == theirs["subject"].value)
            #expect(try ours["predicate"]["resources"].value == theirs["predicate"]["resources"].value)
            #expect(throws: KeyError.self) {
                try ModelBundle.sign(folder: folder, key: try SigningKey(.ed25519), to: folder + "/other.sig")
            }
            // The signature of another statement under this one.
            var text = String(decoding: try FileContents.read(folder + "/model.sig"), as: UTF8.self)
            text = text.replacingOccurrences(of: "\"sig\": \"MEU", with: "\"sig\": \"MEV")
            text = text.replacingOccurrences(of: "\"sig\": \"MEQ", with: "\"sig\": \"MER")
            text = text.replacingOccurrences(of: "\"sig\": \"MEY", with: "\"sig\": \"MEZ")
            try AtomicFile.write(text, to: folder + "/model.sig")
            let error = #expect(throws: TamperError.self) {
                try ModelBundle.verify(folder + "/model.sig", folder: folder, keys: [key.verifyingKey])
            }
            #expect(error?.field == "signature", "\(error?.description ?? "")")
        }
    }
}
