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

    /// Nothing but header, data and end: no time, no text, no gamma.
    @Test func onlyTheNecessaryChunks() throws {
        let bytes = try PNGWriter.encode(LinearGenerator.noise(width: 40, height: 30, seed: 9))
        var tags: [String] = []
        var offset = 8
        while offset + 8 <= bytes.count {
            let length = bytes[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) }
            let tag = String(decoding: bytes[offset + 4..<offset + 8], as: UTF8.self)
            if tag == "IHDR" {
                #expect(Array(bytes[offset + 8..<offset + 21]) == [0, 0, 0, 40, 0, 0, 0, 30, 8, 2, 0, 0, 0])
            }
            if tags.last != tag { tags.append(tag) }
            offset += 12 + length
        }
        #expect(tags == ["IHDR", "IDAT", "IEND"])
        #expect(offset == bytes.count)
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
