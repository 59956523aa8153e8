import Audit
import Comparison
import Core
import Ledger
import Testing

/// From distances to bounds.
@Suite struct BandCalibratorTests {
    private static let reference: JSONValue = ["backend": "reference"]
    private let digest = Digest.of(.document, "x")

    private func measurement(_ name: String, _ amounts: [Double]) -> BandMeasurement {
        BandMeasurement(
            configuration: name == "reference" ? Self.reference : ["backend": "openblas", "core": .string(name)],
            steps: amounts.map { amount in
                [
                    Deviation(.latents, "0000.winner", amount), Deviation(.errors, "0000.errors", amount * 1e9),
                    Deviation(.loss, "loss", 0), Deviation(.gradients, "a", amount),
                    Deviation(.gradients, "b", amount * 10),
                ]
            })
    }

    private func calibrator(_ measurements: [(String, [Double])]) -> BandCalibrator {
        var calibrator = BandCalibrator(recordedBy: "here", configuration: ["backend": "openblas"])
        for (name, amounts) in measurements { calibrator.add(name, measurement(name, amounts)) }
        return calibrator
    }

    /// Gradient b lies ten times as far as a: a has the pooled bound, b its own where that is wider.
    @Test func theQuantileTimesTheMarginOfEachGradient() throws {
        let amounts = (1...10).map { Double($0) * 1e-6 }
        let calibrator = calibrator([("reference", amounts)])
        let band = try calibrator.band(recipe: digest, digests: [:], steps: 10, quantile: 0.9, margin: 2)
        let ninth = amounts[8]
        // Of the twenty distances, a's ten and b's ten, the eighteenth is b's eighth.
        let bounds: [String: Double] = ["a": amounts[7] * 10 * 2, "b": ninth * 10 * 2]
        #expect(band.bounds.gradients == bounds)
        #expect(band.bounds.latents == ninth * 2)
        let errors = (ninth * 1e9 * 2).rounded(.up)
        #expect(band.bounds.errors == UInt64(errors))
        #expect(band.bounds.loss == 1)
        let whole = try calibrator.band(recipe: digest, digests: [:], steps: 10, quantile: 1, margin: 1)
        #expect(whole.bounds.gradients == ["a": amounts[9] * 10, "b": amounts[9] * 10])
        #expect(band.calibration.replayed == [Self.reference])
    }

    @Test func theFloor() throws {
        let band = try calibrator([("reference", [0])])
            .band(recipe: digest, digests: [:], steps: 1, quantile: 1, margin: 100)
        #expect(band.bounds.gradients == ["a": 0x1p-24, "b": 0x1p-24] && band.bounds.latents == 0x1p-24)
        #expect(band.bounds.errors == 1 && band.bounds.loss == 1)
    }

    /// Kernels with the bits of the recording's or of others would pull a quantile towards their own.
    @Test func equalKernelsCountOnce() throws {
        let calibrator = calibrator([
            ("reference", [1e-6]), ("Zen", [0]), ("Nehalem", [3e-6]), ("Core2", [3e-6]),
        ])
        let outcomes = calibrator.configurations.map { one -> String in
            switch one.outcome {
            case .recorded: "recorded"
            case .measured: "measured"
            case .sameBits(let other): "as \(other)"
            case .otherCore, .failed: "none"
            }
        }
        #expect(outcomes == ["recorded", "measured", "as here", "measured", "as Nehalem"])
        let band = try calibrator.band(recipe: digest, digests: [:], steps: 1, quantile: 0.5, margin: 1)
        // Two measurements: a at 1e-6 and 3e-6, b at ten times that; the second of the four is a's.
        #expect(band.bounds.gradients == ["a": 3e-6, "b": 1e-6 * 10])
        #expect(band.calibration.replayed.count == 2)
    }

    @Test func aBandThatWouldHoldForAnythingIsRefused() {
        for amounts in [[0.05], [Double.infinity], [.nan]] {
            #expect(throws: BandCalibrator.Unusable.self) {
                try calibrator([("reference", amounts)])
                    .band(recipe: digest, digests: [:], steps: 1, quantile: 1, margin: 3)
            }
        }
        #expect(throws: BandCalibrator.Unusable.self) {
            try calibrator([]).band(recipe: digest, digests: [:], steps: 1, quantile: 1, margin: 3)
        }
    }

    @Test func aMeasurementTravelsAsJSON() throws {
        let one = measurement("Zen", [1e-6, .infinity])
        let text = try JSONValue.parse(one.json.canonicalBytes, file: "m.json")
        #expect(try BandMeasurement(json: JSONCursor(text, name: "m")) == one)
    }
}
