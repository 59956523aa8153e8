import Core
import Ledger
import Testing

@Suite struct ManifestTests {
    private func manifest() throws -> Manifest {
        var chain = Chain(inputs: try Sample.inputs().digest)
        for record in try Sample.records() { chain.append(record.digest) }
        return Manifest(
            run: "run-42", inputs: try Sample.inputs(), circumstances: Sample.circumstances,
            outcome: ManifestOutcome(chain: chain, weightsDigest: Sample.weights, other: ["note": "x"]))
    }

    @Test func filesRoundTrip() throws {
        try Sample.withFolder { folder in
            let manifest = try manifest()
            try manifest.write(to: folder + "/run-42.json")
            #expect(try Manifest.read(folder + "/run-42.json") == manifest)
            var unfinished = manifest
            unfinished.outcome = nil
            try unfinished.write(to: folder + "/u.json")
            #expect(try Manifest.read(folder + "/u.json") == unfinished)
            #expect(unfinished.digest != manifest.digest)
        }
    }

    /// One that this program does not know can be read, and is written again byte for byte.
    @Test func aManifestOfAnotherContractIsRead() throws {
        var other = try manifest()
        other.inputs.contract = "ref-9"
        #expect(try other.inputs.digest != manifest().inputs.digest)
        let text = other.json.pretty
        let again = try Manifest(json: JSONCursor(try JSONValue.parse(text, file: "m.json"), name: "manifest"))
        #expect(again == other && again.json.pretty == text && again.inputs.contract == "ref-9")
    }

    @Test func theRunsNameIsNoInput() throws {
        var other = try manifest()
        other.run = "run-1"
        #expect(try other.inputs.digest == manifest().inputs.digest)
        #expect(try other.digest != manifest().digest)
    }

    /// One bit of every byte in turn: tampering, unless the text is no longer JSON or lacks its digest.
    @Test func everyFlippedBitIsFound() throws {
        let source = Array(try manifest().json.pretty.utf8)
        var tampered = 0
        for index in source.indices {
            for bit in [index % 8, (index + 3) % 8] {
                var bytes = source
                bytes[index] ^= 1 << bit
                do {
                    let json = try JSONValue.parse(bytes, file: "m.json")
                    _ = try Manifest(json: JSONCursor(json, name: "manifest", file: "m.json"))
                    Issue.record("byte \(index), bit \(bit)")
                } catch is TamperError {
                    tampered += 1
                } catch is JSONSyntaxError {
                } catch is JSONShapeError {
                }
            }
        }
        #expect(tampered > source.count / 2)
    }

    @Test func aChangedSeedIsTamperingAndACutFileIsNot() throws {
        let text = try manifest().json.pretty
        let changed = text.replacing("18446744073709551615", with: "18446744073709551614")
        #expect(changed != text)
        let error = try #require(throws: TamperError.self) {
            try Manifest(json: JSONCursor(try .parse(changed, file: "m"), name: "manifest", file: "m"))
        }
        #expect(error.field == "manifest.digest")
        #expect(error.run == "run-42")
        #expect(throws: JSONSyntaxError.self) { try JSONValue.parse(String(text.dropLast(5)), file: "m") }
    }

    @Test func anotherFormatIsNamed() throws {
        guard case .object(var object) = try manifest().json else { throw TamperTestFailure() }
        object["digest"] = nil
        object["format"] = 1
        object["digest"] = .digest(Digest.of(.manifest, .object(object)))
        let error = try #require(throws: ManifestFormatError.self) {
            try Manifest(json: JSONCursor(.object(object), name: "manifest", file: "m"))
        }
        #expect(error.found == 1)
    }

    @Test func namesOfRuns() {
        #expect(RunName.nextFree(taken: []) == "run-1")
        #expect(RunName.nextFree(taken: ["run-42", "run-1", "run-3"]) == "run-2")
        for good in ["run-1", "a", "A.b_c-9", "9"] { #expect(RunName.isValid(good)) }
        for bad in ["", ".a", "-a", "a/b", "a b", "é", "../x", String(repeating: "a", count: 65)] {
            #expect(!RunName.isValid(bad), "\(bad)")
        }
    }
}

struct TamperTestFailure: Error {}
