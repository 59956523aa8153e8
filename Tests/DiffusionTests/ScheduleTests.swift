import Core
import Foundation
import Testing

@testable import Diffusion

/// Noise schedules against tables that diffusers' formulas give (`Fixtures/schedules/make.py`), to the bit; those of
/// Stable Diffusion were made by diffusers itself.
@Suite struct ScheduleTests {
    static let fixture = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "Fixtures/schedules/schedules.json").path

    static func cursor() throws -> JSONCursor { JSONCursor(try JSONValue.read(fixture), name: "schedules") }

    private static let configs: [String: String] = [
        "stable-diffusion": #"{"beta_schedule": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.012}"#,
        "linear": #"{"beta_schedule": "linear", "beta_start": 0.0001, "beta_end": 0.02}"#,
        "squaredcos": #"{"beta_schedule": "squaredcos_cap_v2"}"#,
        "stable-diffusion-zero-snr":
            #"{"beta_schedule": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.012, "rescale_betas_zero_snr": true}"#,
        "linear-zero-snr": #"{"beta_schedule": "linear", "rescale_betas_zero_snr": true}"#,
    ]

    static func schedule(_ name: String) throws -> NoiseSchedule {
        NoiseSchedule(try SchedulerConfig(ConfigSupport.parse(try #require(configs[name]))))
    }

    @Test(arguments: ["stable-diffusion", "linear", "squaredcos", "stable-diffusion-zero-snr", "linear-zero-snr"])
    func tablesAreDiffusersToTheBit(name: String) throws {
        let schedule = try Self.schedule(name)
        let (fixture, places) = (try Self.cursor()["schedules"][name], try Self.cursor()["places"].elements())
        for (key, values) in [("betas", schedule.betas), ("alphas_cumprod", schedule.alphasCumprod)] {
            #expect(values.count == 1000)
            for (place, expected) in zip(places, try fixture[key]["values"].elements()) {
                let place = try place.int()
                #expect(HexFloat.string(values[place]) == (try expected.string()), "\(key)[\(place)]")
            }
            let bytes = values.flatMap { value in withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) } }
            #expect(Digest.of(.document, bytes) == (try fixture[key]["digest"].digest()), "\(key)")
        }
    }

    @Test func theLevelBeforeTheFirstIsTheFirstOrOne() throws {
        let text = #"{"beta_schedule": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.012, "set_alpha_to_one": "#
        let keeps = NoiseSchedule(try SchedulerConfig(ConfigSupport.parse(text + "false}")))
        let one = NoiseSchedule(try SchedulerConfig(ConfigSupport.parse(text + "true}")))
        #expect(keeps.alphaBar(-199) == keeps.alphasCumprod[0])
        #expect(one.alphaBar(-1) == 1)
        #expect(keeps.alphaBar(999) == keeps.alphasCumprod[999])
    }

    @Test func zeroSNREndsInNoiseAndKeepsTheFirstLevel() throws {
        let (plain, rescaled) = (
            try Self.schedule("stable-diffusion"), try Self.schedule("stable-diffusion-zero-snr")
        )
        #expect(rescaled.alphasCumprod[999] == 0)
        #expect(abs(rescaled.alphasCumprod[0] - plain.alphasCumprod[0]) <= plain.alphasCumprod[0].ulp)
    }

    /// Float16 by the compiler's own conversion, where it has one.
    @Test func levelsThroughFloat16() throws {
        for name in Self.configs.keys.sorted() {
            let schedule = try Self.schedule(name)
            let rounded = schedule.throughFloat16
            #expect(rounded.alphasCumprod == schedule.alphasCumprod.map { Float(Float16($0)) }, "\(name)")
            #expect(rounded.alphaBeforeFirst == Float(Float16(schedule.alphaBeforeFirst)))
            #expect(rounded.betas == schedule.betas)
        }
    }

    @Test func theDigestStandsForTheTablesAndThePrediction() throws {
        let digests = try Self.configs.keys.map { try Self.schedule($0).digest }
        #expect(Set(digests).count == digests.count)
        let text = #"{"beta_schedule": "linear", "prediction_type": "v_prediction"}"#
        let velocity = NoiseSchedule(try SchedulerConfig(ConfigSupport.parse(text)))
        #expect(velocity.digest != (try Self.schedule("linear").digest))
    }
}
