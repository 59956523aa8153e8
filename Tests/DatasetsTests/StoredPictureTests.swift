import Core
import Testing

@testable import Datasets

private struct StoredCase: Decodable {
    let file, mode, filter, sha256: String
    let width, height: Int
}

/// Pictures with the samples of their files, against Pillow (`Fixtures/make_stored.py`).
@Suite struct StoredPictureTests {
    @Test func picturesAreResizedInTheirOwnMode() throws {
        let cases = try FixtureFiles.json("stored.json", as: [StoredCase].self)
        #expect(Set(cases.map(\.mode)).isSuperset(of: ["1", "CMYK", "L", "LA", "P", "RGB", "RGBA"]))
        for one in cases {
            let picture = try ImageDecoder.decodeStored(
                bytes: FixtureFiles.bytes("decoders/\(one.file)"), file: one.file)
            let resized = try picture.resized(
                width: one.width, height: one.height, filter: try #require(ResampleFilter(rawValue: one.filter)),
                order: .pillow13)
            #expect(resized.width == one.width && resized.height == one.height)
            #expect(Digest.sha256(resized.rgb).hex == one.sha256, "\(one)")
        }
    }

    /// Both ways of decoding come to one picture.
    @Test func asRGBItIsThePictureThatIsDecodedSo() throws {
        for name in try FixtureFiles.pictures(in: "decoders") {
            let bytes = try FixtureFiles.bytes("decoders/\(name)")
            #expect(
                try ImageDecoder.decodeStored(bytes: bytes, file: name).image
                    == ImageDecoder.decode(bytes: bytes, file: name), "\(name)")
        }
    }

    @Test func wideGreyIsRefusedByName() throws {
        let picture = try ImageDecoder.decodeStored(
            bytes: FixtureFiles.bytes("decoders/png_grey16.png"), file: "grey.png")
        let error = try #require(throws: ImageError.self) {
            try picture.resized(width: 3, height: 3, filter: .bicubic)
        }
        #expect("\(error)".contains("grey.png") && "\(error)".contains("16-bit greyscale"))
    }

    @Test(arguments: [UInt64(4), 5]) func damagedFilesNeverCrash(seed: UInt64) throws {
        var generator = LinearGenerator(state: seed)
        var (decoded, refused) = (0, 0)
        for name in try FixtureFiles.pictures(in: "decoders") {
            let original = try FixtureFiles.bytes("decoders/\(name)")
            for _ in 0..<20 {
                var bytes = original
                if generator.below(3) == 0 { bytes.removeLast(generator.below(bytes.count)) }
                for _ in 0...generator.below(3) where !bytes.isEmpty {
                    bytes[generator.below(bytes.count)] = generator.byte()
                }
                do {
                    let picture = try ImageDecoder.decodeStored(bytes: bytes, file: name, maxPixels: 1 << 16)
                    #expect(picture.samples.count == picture.mode.channels * picture.width * picture.height)
                    decoded += 1
                } catch is ImageError { refused += 1 }
            }
        }
        #expect(decoded > 20 && refused > 500, "\(decoded) decoded, \(refused) refused")
    }
}
