import Core
import Testing

@Suite struct DigestTests {
    @Test func knownAnswersOfSHA256() throws {
        // FIPS 180-4 examples, besides the fixture.
        #expect(
            Digest.sha256(Array("abc".utf8)).hex == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        for item in try Fixture.knownDigests()["sha256"].elements() {
            let text = try item["text"].string()
            #expect(try Digest.sha256(Array(text.utf8)) == item["digest"].digest())
            var pieces = SHA256Stream()
            for byte in text.utf8 { pieces.update(byte: byte) }
            let digest = pieces.finalize()
            #expect(try digest == item["digest"].digest())
        }
    }

    @Test func domainTagIsNameAndZeroByte() throws {
        for item in try Fixture.knownDigests()["domains"].elements() {
            let domain = try #require(DigestDomain(rawValue: try item["domain"].string()))
            #expect(try Digest.of(domain, try item["text"].string()) == item["digest"].digest())
        }
    }

    @Test func domainNamesBeginApartFromMerkleTags() {
        for domain in DigestDomain.allCases {
            #expect(domain.rawValue.hasPrefix("smpo/"))
            #expect(!domain.rawValue.utf8.contains(0))
        }
    }

    @Test func tensorDigestsAgreeWithHashlib() throws {
        for item in try Fixture.knownDigests()["tensors"].elements() {
            #expect(try Self.tensor(item) == item["digest"].digest(), "\(item)")
        }
    }

    @Test func everyFieldOfATensorCounts() {
        func digest(_ name: String, _ dtype: String, _ shape: [Int], _ bytes: [UInt8]) -> Digest {
            bytes.withUnsafeBytes { Digest.tensor(name: name, dtype: dtype, shape: shape, bytes: $0) }
        }
        let all = [
            digest("a", "F32", [2], [0, 0, 0, 0, 0, 0, 0, 0]), digest("b", "F32", [2], [0, 0, 0, 0, 0, 0, 0, 0]),
            digest("a", "I32", [2], [0, 0, 0, 0, 0, 0, 0, 0]), digest("a", "F32", [1, 2], [0, 0, 0, 0, 0, 0, 0, 0]),
            digest("a", "F32", [2, 1], [0, 0, 0, 0, 0, 0, 0, 0]), digest("a", "F32", [2], [0, 0, 0, 0, 0, 0, 0, 1]),
            digest("aF", "32", [2], [0, 0, 0, 0, 0, 0, 0, 0]), digest("", "aF32", [2], [0, 0, 0, 0, 0, 0, 0, 0]),
        ]
        #expect(Set(all).count == all.count)
    }

    @Test func weightsDigestIsInByteOrderOfNames() throws {
        let known = try Fixture.knownDigests()
        let tensors = try known["tensors"].elements().map {
            (name: try $0["name"].string(), digest: try Self.tensor($0))
        }
        #expect(try WeightsDigest.root(tensors) == known["weights"].digest())
        #expect(try WeightsDigest.root(tensors.reversed()) == known["weights"].digest())
    }

    @Test func duplicateTensorNamesAreRefused() throws {
        let digest = Digest.of(.file, "")
        #expect(throws: DuplicateTensorName(name: "x")) { try WeightsDigest.root([("x", digest), ("x", digest)]) }
    }

    @Test func hexTextIsStrict() throws {
        let digest = Digest.of(.file, "x")
        #expect(Digest(hex: digest.hex) == digest)
        #expect(Digest(bytes: digest.bytes) == digest)
        #expect(Digest(hex: digest.hex.uppercased()) == nil)
        #expect(Digest(hex: String(digest.hex.dropLast())) == nil)
        #expect(Digest(hex: digest.hex + "00") == nil)
        #expect(Digest(hex: "g" + digest.hex.dropFirst()) == nil)
        #expect(Digest(bytes: digest.bytes.dropLast()) == nil)
    }

    @Test func orderIsThatOfTheHexText() {
        let digests = (0..<200).map { Digest.of(.file, "\($0)") }
        #expect(digests.sorted().map(\.hex) == digests.map(\.hex).sorted())
    }

    private static func tensor(_ item: JSONCursor) throws -> Digest {
        let bytes = try Fixture.bytes(hex: item["bytes"].string())
        let shape = try item["shape"].elements().map { try $0.int() }
        let name = try item["name"].string()
        let dtype = try item["dtype"].string()
        return bytes.withUnsafeBytes { Digest.tensor(name: name, dtype: dtype, shape: shape, bytes: $0) }
    }
}
