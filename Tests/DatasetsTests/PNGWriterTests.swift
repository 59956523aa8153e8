import Core
import Foundation
import Testing

@testable import Datasets

@Suite struct PNGWriterTests {
    @Test func pixelsSurvive() throws {
        for (width, height) in [(1, 1), (13, 7), (64, 64), (700, 3)] {
            let image = LinearGenerator.noise(width: width, height: height, seed: UInt64(width))
            let bytes = try PNGWriter.encode(image)
            #expect(try ImageDecoder.decode(bytes: bytes, file: "memory") == image)
            #expect(try PNGWriter.encode(image) == bytes)
        }
    }

    /// The chunks of a file, tag and data, whose checksums hold.
    private static func chunks(_ bytes: [UInt8]) -> [(tag: String, data: [UInt8])] {
        var chunks: [(String, [UInt8])] = []
        var offset = 8
        func word(_ place: Int) -> UInt32 { bytes[place..<place + 4].reduce(0) { $0 << 8 | UInt32($1) } }
        while offset + 12 <= bytes.count {
            let length = Int(word(offset))
            let end = offset + 8 + length
            var check: UInt32 = ~0
            for byte in bytes[offset + 4..<end] {
                check ^= UInt32(byte)
                for _ in 0..<8 { check = check & 1 == 1 ? check >> 1 ^ 0xEDB8_8320 : check >> 1 }
            }
            #expect(word(end) == ~check)
            chunks.append(
                (String(decoding: bytes[offset + 4..<offset + 8], as: UTF8.self), Array(bytes[offset + 8..<end])))
            offset = end + 4
        }
        #expect(offset == bytes.count)
        return chunks
    }

    /// Nothing but header, data and end: no time, no text, no gamma.
    @Test func onlyTheNecessaryChunks() throws {
        let chunks = Self.chunks(try PNGWriter.encode(LinearGenerator.noise(width: 40, height: 30, seed: 9)))
        #expect(chunks[0].data == [0, 0, 0, 40, 0, 0, 0, 30, 8, 2, 0, 0, 0])
        var tags: [String] = []
        for (tag, _) in chunks where tags.last != tag { tags.append(tag) }
        #expect(tags == ["IHDR", "IDAT", "IEND"])
    }

    /// One chunk more, before the picture, which is the same.
    @Test func aTextStandsBeforeThePicture() throws {
        let image = LinearGenerator.noise(width: 40, height: 30, seed: 9)
        let text = "{\"prompt\":\"café 🚀\"}"
        let bytes = try PNGWriter.encode(image, text: PNGWriter.Text(keyword: "parameters", text: text))
        let chunks = Self.chunks(bytes)
        let place = try #require(chunks.firstIndex { $0.tag == "iTXt" })
        #expect(place < (try #require(chunks.firstIndex { $0.tag == "IDAT" })))
        // Keyword, not compressed, no language, no translated keyword.
        #expect(chunks[place].data == Array("parameters\0\0\0\0\0\(text)".utf8))
        let plain = Self.chunks(try PNGWriter.encode(image))
        #expect(chunks.filter { $0.tag != "iTXt" }.map(\.data) == plain.map(\.data))
        #expect(try ImageDecoder.decode(bytes: bytes, file: "memory") == image)
    }

    @Test func writesAFile() throws {
        let path = NSTemporaryDirectory() + "smpo-png-\(UUID().uuidString).png"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let image = LinearGenerator.noise(width: 5, height: 6, seed: 1)
        try PNGWriter.write(image, to: path)
        #expect(try ImageDecoder.decode(bytes: try FileContents.read(path), file: path) == image)
        #expect(throws: FileError.self) { try PNGWriter.write(image, to: path + "/none/x.png") }
    }
}
