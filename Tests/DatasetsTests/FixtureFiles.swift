import Core
import Foundation
import Testing

@testable import Datasets

/// The files that `Fixtures/make_fixtures.py` made with Pillow.
enum FixtureFiles {
    static func path(_ name: String) throws -> String {
        try #require(Bundle.module.resourceURL).appendingPathComponent("Fixtures/\(name)").path
    }

    static func bytes(_ name: String) throws -> [UInt8] { try FileContents.read(try path(name)) }

    /// The pictures of a folder, sorted; without the expected pixels beside them.
    static func pictures(in folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: try path(folder)).filter { !$0.hasSuffix(".rgb") }.sorted()
    }

    static func json<Value: Decodable>(_ name: String, as type: Value.Type) throws -> Value {
        try JSONDecoder().decode(type, from: Data(try bytes(name)))
    }
}

/// Knuth's 64-bit linear congruential generator, as in `make_fixtures.py`.
struct LinearGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state
    }

    mutating func byte() -> UInt8 { UInt8(next() >> 56) }

    mutating func below(_ bound: Int) -> Int { Int((next() >> 33) % UInt64(bound)) }

    /// A picture of noise, or of noise that knows only 0 and 255.
    static func noise(width: Int, height: Int, seed: UInt64, binary: Bool = false) -> Image {
        var generator = LinearGenerator(state: seed)
        let rgb = (0..<3 * width * height).map { _ in
            let value = generator.byte()
            return binary ? (value > 127 ? 255 : 0) : value
        }
        return Image(width: width, height: height, rgb: rgb)
    }
}
