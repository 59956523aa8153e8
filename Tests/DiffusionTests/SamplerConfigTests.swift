import Core
import Foundation
import Testing

@testable import Diffusion

/// Samplers by the files of schedulers, against diffusers' own (`Fixtures/samplers/make.py`).
@Suite struct SamplerConfigTests {
    private static let fixture = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "Fixtures/samplers/samplers.json").path

    private static func cursor() throws -> JSONCursor {
        JSONCursor(try JSONValue.read(fixture), name: "samplers", file: fixture)
    }

    private static func file(_ members: String) throws -> SchedulerConfig {
        try SchedulerConfig(ConfigSupport.parse(members))
    }

    @Test func timestepsAndSigmasAreDiffusers() throws {
        let root = try Self.cursor()
        var compared: [SamplerKind: Int] = [:]
        for row in try root["rows"].elements() {
            let kind = try #require(SamplerKind(rawValue: try row["sampler"].string()))
            let name = "\(try row["file"].string()) \(kind.rawValue) \(try row["steps"].int())"
            let file = try SchedulerConfig(root["files"][row["file"].string()].object())
            let config = try SamplerConfig(file, kind: kind)
            let sampler = try config.sampler(steps: try row["steps"].int())
            let expected = try row["timesteps"].elements().map { Float(try $0.double()) }
            let whole = kind != .euler || config.sigmas == .ofTimesteps
            // Karras' timesteps of Euler are interpolated in logarithms, which numpy takes in other roundings.
            #expect(
                sampler.timesteps.count == expected.count
                    && zip(sampler.timesteps, expected).allSatisfy { abs($0 - $1) <= (whole ? 0 : 2e-3) }, "\(name)")
            #expect(abs(sampler.initialScale / Float(try row["start"].double()) - 1) < 3e-7, "\(name)")
            let sigmas = (sampler as? EulerSampler)?.sigmas ?? (sampler as? DPMSolverSampler)?.sigmas
            if let sigmas {
                let known = try row["sigmas"].elements().map { Float(try $0.double()) }
                #expect(sigmas.count == known.count, "\(name)")
                for (sigma, known) in zip(sigmas, known) {
                    // A rescaled ā near 1 may be off by its last place, which moves σ by that over 2σ.
                    let rounding = known == 0 ? 0 : 2 * Float.ulpOfOne / 2 / (2 * known)
                    #expect(abs(sigma - known) <= 1e-6 * known + rounding, "\(name)")
                }
            }
            compared[kind, default: 0] += 1
        }
        #expect(compared == [.ddim: 42, .pndm: 35, .euler: 42, .dpmSolverMultistep: 42])
    }

    @Test func theFileNamesTheSampler() throws {
        for kind in SamplerKind.allCases {
            #expect(try SamplerConfig(Self.file(#"{"_class_name": "\#(kind.className)"}"#)).kind == kind)
        }
        #expect(try SamplerConfig(Self.file("{}")).kind == .ddim)
        #expect(try SamplerConfig(Self.file(#"{"_class_name": "FlaxPNDMScheduler"}"#)).kind == .pndm)
    }

    @Test(arguments: [
        (#"{"_class_name": "UniPCMultistepScheduler"}"#, "UniPCMultistepScheduler", "dpmpp2m"),
        (#"{"_class_name": "EulerAncestralDiscreteScheduler"}"#, "EulerAncestralDiscreteScheduler", "--scheduler"),
        (#"{"_class_name": "PNDMScheduler", "skip_prk_steps": false}"#, "skip_prk_steps", "true"),
        (#"{"_class_name": "PNDMScheduler", "rescale_betas_zero_snr": true}"#, "rescale_betas_zero_snr", "false"),
        (#"{"_class_name": "EulerDiscreteScheduler", "timestep_type": "continuous"}"#, "timestep_type", "discrete"),
        (#"{"_class_name": "EulerDiscreteScheduler", "use_beta_sigmas": true}"#, "use_beta_sigmas", "false"),
        (
            #"{"_class_name": "DPMSolverMultistepScheduler", "algorithm_type": "sde-dpmsolver++"}"#, "algorithm_type",
            "dpmsolver++"
        ),
        (#"{"_class_name": "DPMSolverMultistepScheduler", "solver_order": 3}"#, "solver_order", "1 to 2"),
        (#"{"_class_name": "DPMSolverMultistepScheduler", "use_lu_lambdas": true}"#, "use_lu_lambdas", "false"),
        (
            #"{"_class_name": "DPMSolverMultistepScheduler", "use_karras_sigmas": true, "use_exponential_sigmas": true}"#,
            "use_exponential_sigmas", "one of both"
        ),
    ]) func whatIsNotCoveredIsNamed(_ text: String, _ key: String, _ hint: String) throws {
        let file = try Self.file(text)
        let error = try #require(throws: ConfigError.self) { try SamplerConfig(file) }
        #expect("\(error)".contains(key) && "\(error)".contains(hint), "\(error)")
        // The schedule is read all the same, and another sampler draws by it.
        #expect(try SamplerConfig(file, kind: .ddim).kind == .ddim)
    }

    @Test func whatIsAskedForStandsInThePlaceOfTheFiles() throws {
        let file = try Self.file(#"{"_class_name": "DPMSolverMultistepScheduler", "use_karras_sigmas": true}"#)
        #expect(try SamplerConfig(file).sigmas == .karras)
        #expect(try SamplerConfig(file, isKarras: false).sigmas == .ofTimesteps)
        #expect(try SamplerConfig(file, spacing: .trailing).scheduler.timestepSpacing == .trailing)
        #expect(throws: ConfigError.self) { try SamplerConfig(file, kind: .ddim, isKarras: true) }
        // What diffusers' StableDiffusionPipeline mends in old files.
        let old = try SamplerConfig(Self.file(#"{"_class_name": "DDIMScheduler"}"#), isForStableDiffusion: true)
        #expect(old.scheduler.stepsOffset == 1 && old.scheduler.clipSampleRange == nil)
    }

    @Test func stepsThatTheScheduleLacksAreRefused() throws {
        let config = try SamplerConfig(Self.file(#"{"_class_name": "DDIMScheduler", "steps_offset": 1}"#))
        for steps in [1000, 1001] {
            let error = try #require(throws: ConfigError.self) { try config.sampler(steps: steps) }
            #expect("\(error)".contains("\(steps)"), "\(error)")
        }
        #expect(try config.sampler(steps: 999).timesteps.count == 999)
    }

    /// Files that diffusers writes hold `-Infinity`.
    @Test func aFileWithInfinityIsRead() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "scheduler-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        func file(_ value: String) throws -> SchedulerConfig {
            let text = #"{"_class_name": "DPMSolverMultistepScheduler", "lambda_min_clipped": \#(value)}"#
            try AtomicFile.write(text, to: "\(folder)/scheduler_config.json")
            return try SchedulerConfig(path: "\(folder)/scheduler_config.json")
        }
        #expect(try SamplerConfig(file("-Infinity")).kind == .dpmSolverMultistep)
        let error = try #require(throws: ConfigError.self) { try SamplerConfig(file("-5.1")) }
        #expect("\(error)".contains("lambda_min_clipped"), "\(error)")
    }

    /// Two records are equal exactly where the samplers are.
    @Test func theRecordTellsSamplersApart() throws {
        let base = #""_class_name": "DPMSolverMultistepScheduler""#
        let texts = [
            "", #", "solver_order": 1"#, #", "solver_type": "heun""#, #", "final_sigmas_type": "sigma_min""#,
            #", "euler_at_final": true"#, #", "lower_order_final": false"#, #", "use_karras_sigmas": true"#,
            #", "use_exponential_sigmas": true"#, #", "timestep_spacing": "leading""#, #", "steps_offset": 1"#,
            #", "prediction_type": "v_prediction""#, #", "beta_end": 0.03"#,
        ]
        let records = try texts.map { try SamplerConfig(Self.file("{\(base)\($0)}")).json.canonical }
        #expect(Set(records).count == texts.count)
        let ranges = try ["", #", "sigma_min": 0.1"#, #", "sigma_max": 9"#].map {
            try SamplerConfig(Self.file(#"{"_class_name": "EulerDiscreteScheduler"\#($0)}"#)).json.canonical
        }
        #expect(Set(ranges).count == 3)
    }
}
