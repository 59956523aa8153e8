import Core
import Testing

@testable import Datasets

/// JPEG as Pillow writes it (`Fixtures/make_jpeg_written.py`).
@Suite struct JPEGWriterTests {
    /// The script's pictures: a walk of the samples.
    private func walk(_ width: Int, _ height: Int) -> Image {
        var generator = LinearGenerator(state: UInt64(width))
        var value = 128
        let rgb = (0..<3 * width * height).map { _ in
            value = max(0, min(255, value + Int(generator.byte()) % 32 - 16))
            return UInt8(value)
        }
        return Image(width: width, height: height, rgb: rgb)
    }

    @Test(arguments: [(1, 1), (17, 9), (64, 48), (200, 3)]) func pixelsAreThoseOfPillow(_ width: Int, _ height: Int)
        throws
    {
        let name = "jpeg_written/\(width)x\(height).jpg"
        let bytes = try JPEGWriter.encode(walk(width, height))
        let image = try ImageDecoder.decode(bytes: bytes, file: "memory")
        #expect(image.rgb == (try FixtureFiles.bytes("\(name).rgb")))
        #expect(image == (try ImageDecoder.decode(bytes: FixtureFiles.bytes(name), file: name)))
        #expect(try JPEGWriter.encode(walk(width, height)) == bytes)
    }

    /// Larger than any buffer that it starts with, and too large.
    @Test func sizes() throws {
        let large = LinearGenerator.noise(width: 900, height: 700, seed: 4)
        let bytes = try JPEGWriter.encode(large)
        #expect(bytes.count > 1 << 18)
        #expect(try ImageDecoder.decode(bytes: bytes, file: "memory").width == 900)
        let error = #expect(throws: ImageError.self) {
            try JPEGWriter.encode(Image(width: 65_501, height: 1, filledWith: .white))
        }
        #expect(error?.kind == .tooLarge)
    }

    @Test func theLibraryHasAVersion() {
        #expect(JPEGWriter.library.contains(/^libjpeg(-turbo)? [0-9]/))
    }
}
