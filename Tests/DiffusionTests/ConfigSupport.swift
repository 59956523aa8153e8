import Core
import Foundation

@testable import Diffusion

/// Configurations for tests: constructor defaults read out of diffusers' and transformers' own sources
/// (`Fixtures/configs/make.py`), and ways to break them.
enum ConfigSupport {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/configs").path

    static func defaults(_ name: String) throws -> JSONObject {
        try JSONCursor(try JSONValue.read(folder + "/defaults.json"), name: "defaults")[name].object()
    }

    static func parse(_ text: String) throws -> JSONObject {
        try JSONCursor(try JSONValue.parse(text, file: "test"), name: "test").object()
    }

    static func changed(_ object: JSONObject, _ key: String, _ value: JSONValue?) -> JSONObject {
        var result = object
        result[key] = value
        return result
    }

    static func fault(_ body: () throws -> Void) -> ConfigError? {
        do { try body() } catch { return error as? ConfigError }
        return nil
    }
}
