import Core
import Foundation
import Ledger
import Testing

/// The written form of a band.
@Suite struct BandTests {
    static let band = Band(
        recipe: .of(.recipe, "r"), digests: ["data": .of(.dataset, "d")],
        bounds: BandBounds(latents: 3e-6, errors: 81, loss: 1 << 20, gradients: ["unet/a": 1e-5, "unet/b": 0x1p-24]),
        calibration: BandCalibration(
            steps: 6, quantile: 0.99, margin: 3, recorded: ["backend": "openblas"], replayed: [["backend": "reference"]]
        ))

    private func read(_ json: JSONValue) throws -> Band {
        try Band(json: JSONCursor(json, name: "band", file: "b.json"))
    }

    @Test func aFileRoundTrips() throws {
        let path = NSTemporaryDirectory() + "band-\(UUID().uuidString).json"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Self.band.write(to: path)
        #expect(try Band.read(path) == Self.band)
        let text = String(decoding: try FileContents.read(path), as: UTF8.self)
        #expect(text.contains("\"unet/b\": \"0x3e70000000000000\""), "\(text)")
    }

    @Test func itIsPartOfTheInputs() throws {
        var inputs = ManifestInputs(backend: "openblas", recipe: [:], seed: 1)
        let without = inputs.digest
        #expect(try inputs.band(file: "m.json") == nil)
        inputs.other[Band.member] = Self.band.json
        let text = try JSONValue.parse(inputs.json.canonicalBytes, file: "m.json")
        let again = try ManifestInputs(json: JSONCursor(text, name: "inputs"))
        #expect(try again.band(file: "m.json") == Self.band)
        #expect(again.digest == inputs.digest && again.digest != without)
    }

    /// Nothing that would let everything through, and nothing that this code does not know.
    @Test(arguments: [
        ("bounds", "latents", "0x7ff8000000000000"), ("bounds", "latents", "0x7ff0000000000000"),
        ("bounds", "latents", "0x3ff0000000000000"), ("bounds", "latents", "0xbe70000000000000"),
        ("bounds", "latents", "1e-6"), ("bounds", "errors", "0x3e70000000000000"), ("bounds", "more", "x"),
        ("calibration", "quantile", "0x0000000000000000"), ("calibration", "margin", "0x3fe0000000000000"),
        ("calibration", "margin", "0x7ff8000000000000"), ("calibration", "relative_floor", "0x3ff0000000000000"),
    ])
    func whatIsNoBand(section: String, key: String, value: String) throws {
        guard case .object(var object) = Self.band.json, case .object(var inner)? = object[section] else { return }
        inner[key] = .string(value)
        object[section] = .object(inner)
        #expect(throws: JSONShapeError.self) { try read(.object(object)) }
    }

    /// The bytes of bands of `ref-1` stand in the inputs of runs: they name no contract.
    @Test func aBandIsOfOneContract() throws {
        guard case .object(let object) = Self.band.json else { return }
        #expect(object["contract"] == nil && Self.band.contract == "ref-1")
        var other = Self.band
        other.contract = "ref-9"
        #expect(other.json != Self.band.json)
        #expect(try read(other.json) == other)
    }

    @Test func anotherFormat() throws {
        guard case .object(var object) = Self.band.json else { return }
        object["format"] = 2
        #expect(throws: JSONShapeError.self) { try read(.object(object)) }
    }
}
