import Testing

@testable import Datasets

/// Damaged files give a picture of the right size or an `ImageError`; nothing else, and no crash.
@Suite struct ImageFuzzTests {
    /// Damages a copy of a file: flips of bits, bytes replaced, a piece cut out or off.
    private func damaged(_ bytes: [UInt8], _ generator: inout LinearGenerator) -> [UInt8] {
        var bytes = bytes
        switch generator.below(4) {
        case 0:
            bytes.removeLast(generator.below(bytes.count))
        case 1:
            let start = generator.below(bytes.count)
            bytes.removeSubrange(start..<min(bytes.count, start + 1 + generator.below(16)))
        default:
            for _ in 0...generator.below(4) {
                let place = generator.below(bytes.count)
                bytes[place] =
                    generator.below(2) == 0 ? bytes[place] ^ (1 << UInt8(generator.below(8))) : generator.byte()
            }
        }
        return bytes
    }

    @Test(arguments: [UInt64(1), 2, 3])
    func damagedFilesNeverCrash(seed: UInt64) throws {
        var generator = LinearGenerator(state: seed)
        var (decoded, refused) = (0, 0)
        for name in try FixtureFiles.pictures(in: "decoders") {
            let original = try FixtureFiles.bytes("decoders/\(name)")
            for _ in 0..<30 {
                do {
                    let bytes = damaged(original, &generator)
                    let image = try ImageDecoder.decode(bytes: bytes, file: name, maxPixels: 1 << 16)
                    #expect(image.rgb.count == 3 * image.width * image.height && image.rgb.count <= 3 << 16)
                    decoded += 1
                } catch let error as ImageError {
                    #expect(!error.what.isEmpty && error.file == name)
                    refused += 1
                }
            }
        }
        // Both ways out were really taken.
        #expect(decoded > 50 && refused > 1000, "\(decoded) decoded, \(refused) refused")
    }

    @Test func everyTruncationOfSmallFiles() throws {
        for name in ["jpeg_1x1.jpg", "png_1x1.png", "webp_1x1.webp", "webp_lossless_alpha.webp"] {
            let bytes = try FixtureFiles.bytes("decoders/\(name)")
            let whole = try ImageDecoder.decode(bytes: bytes, file: name)
            for count in 0..<bytes.count {
                // A cut that loses nothing but trailing bytes may decode, but only to the same pixels.
                let image = try? ImageDecoder.decode(bytes: Array(bytes.prefix(count)), file: name)
                #expect(image == nil || image == whole, "\(name) cut to \(count) bytes")
            }
        }
    }

    @Test func noiseBehindEveryMagicIsRefused() throws {
        var generator = LinearGenerator(state: 77)
        let magics: [[UInt8]] = [
            [0xFF, 0xD8, 0xFF], [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A],
            Array("RIFF\u{20}\0\0\0WEBPVP8 ".utf8),
        ]
        for magic in magics {
            for _ in 0..<100 {
                let bytes = magic + (0..<generator.below(200)).map { _ in generator.byte() }
                #expect(throws: ImageError.self) { try ImageDecoder.decode(bytes: bytes, file: "noise") }
            }
        }
    }
}
