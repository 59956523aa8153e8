import Core
import Testing

/// The file that `Fixtures/make_known_digests.py` made.
enum Fixture {
    static func knownDigests(_ here: String = #filePath) throws -> JSONCursor {
        let folder = here.split(separator: "/").dropLast().joined(separator: "/")
        let path = "/\(folder)/Fixtures/known_digests.json"
        return JSONCursor(try JSONValue.read(path), name: "known", file: path)
    }

    static func bytes(hex: String) throws -> [UInt8] {
        let digits = Array(hex)
        return try stride(from: 0, to: digits.count, by: 2).map {
            try #require(UInt8(String(digits[$0...($0 + 1)]), radix: 16))
        }
    }
}
