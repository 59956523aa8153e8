import Testing

@testable import Datasets

@Suite struct ImageDecoderTests {
    /// Every fixture decodes to the very pixels of Pillow's `convert("RGB")`, lossy formats included.
    @Test func pixelsAreThoseOfPillow() throws {
        let names = try FixtureFiles.pictures(in: "decoders")
        #expect(names.count >= 55)
        for name in names {
            let image = try ImageDecoder.decode(bytes: try FixtureFiles.bytes("decoders/\(name)"), file: name)
            let expected = try FixtureFiles.bytes("decoders/\(name).rgb")
            let size = expected.prefix(8).enumerated().reduce(UInt64(0)) { $0 | UInt64($1.element) << (8 * $1.offset) }
            #expect(image.width == Int(size & 0xFFFF_FFFF) && image.height == Int(size >> 32), "\(name)")
            #expect(image.rgb == Array(expected.dropFirst(8)), "\(name)")
        }
    }

    @Test(arguments: [
        ("empty.jpg", ImageError.Kind.unknownFormat, "the file is empty"),
        ("two_bytes.jpg", .unknownFormat, "begins with the bytes ff d8"),
        ("gif.png", .unknownFormat, "begins with the bytes 47 49 46 38"),
        ("jpeg_12_bits.jpg", .unsupported, "precision 12"),
        ("jpeg_header_only.jpg", .corrupt, "Premature end"),
        ("jpeg_truncated.jpg", .corrupt, "Premature end"),
        ("jpeg_marker_in_scan.jpg", .corrupt, "Corrupt JPEG data"),
        ("png_animated.png", .unsupported, "animated PNG"),
        ("png_bad_crc.png", .corrupt, "IDAT"),
        ("png_huge.png", .tooLarge, "65535 x 65535 pixels, the limit is 64000000"),
        ("png_truncated.png", .corrupt, "end too early"),
        ("webp_animated.webp", .unsupported, "animated WebP"),
        ("webp_truncated.webp", .corrupt, "end too early"),
        ("webp_lossless_truncated.webp", .corrupt, "end too early"),
    ])
    func refusedByName(name: String, kind: ImageError.Kind, words: String) throws {
        let bytes = try FixtureFiles.bytes("refused/\(name)")
        let error = try #require(throws: ImageError.self) { try ImageDecoder.decode(bytes: bytes, file: name) }
        #expect(error.kind == kind)
        #expect(error.file == name)
        #expect("\(error)".contains(words), "\(error)")
        #expect(!error.hint.isEmpty)
    }

    @Test func everyFileOfThatFolderIsRefused() throws {
        for name in try FixtureFiles.pictures(in: "refused") {
            let bytes = try FixtureFiles.bytes("refused/\(name)")
            #expect(throws: ImageError.self, "\(name)") { try ImageDecoder.decode(bytes: bytes, file: name) }
        }
    }

    @Test(arguments: ["jpeg_444.jpg", "png_filters.png", "webp_lossless.webp"])
    func pixelLimitIsExact(name: String) throws {
        let bytes = try FixtureFiles.bytes("decoders/\(name)")
        #expect(try ImageDecoder.decode(bytes: bytes, file: name, maxPixels: 23 * 17).rgb.count == 3 * 23 * 17)
        let error = try #require(throws: ImageError.self) {
            try ImageDecoder.decode(bytes: bytes, file: name, maxPixels: 23 * 17 - 1)
        }
        #expect(error.kind == .tooLarge)
    }
}
