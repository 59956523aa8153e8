import Compute
import Core
import Datasets
import Diffusion
import Foundation
import SeparateDevice
import Studies
import Testing
import Training

/// Pictures drawn by tiny models of SD1.5's and SDXL's layout (`OracleTests/Fixtures/sampling`).
@Suite struct DrawingTests {
    private static func folder(_ name: String) -> String {
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "OracleTests/Fixtures/sampling/\(name)").path
    }

    private static let texts = ["a photograph of two dogs!", "A RED cup", "", "a lighthouse"]

    private func images(
        _ name: String, _ engine: Engine, atOnce: Int = 1, eta: Float = 0, kind: SamplerKind = .pndm,
        steered: Bool = false,
        texts: [String] = texts, seed: UInt64 = 3
    ) throws -> [Image] {
        let model = try DiffusionModel(path: Self.folder(name))
        let settings = DrawingSettings(
            sampler: try SamplerConfig(model.scheduler, kind: kind, isForStableDiffusion: name == "sd"), steps: 2,
            guidance: 3, eta: eta, height: 16, width: 24, seed: seed, atOnce: atOnce)
        let control =
            try steered
            ? ControlGuide(
                ControlNetModel(path: Self.folder("\(name)/controlnet")),
                picture: RandomStream(seed: 9, .noise, step: 0).normals(shape: [1, 3, 16, 24]), engine: engine) : nil
        let size = SizeCondition(
            originalHeight: 16, originalWidth: 24, top: 0, left: 0, targetHeight: 16, targetWidth: 24)
        let drawing = try Drawing(model: model, settings: settings, control: control, engine: engine)
        return try drawing.images(Prompts(texts, size: size)) { _, _ in }
    }

    /// Neither instruction set nor workers nor how many are drawn at once changes a bit.
    @Test(arguments: ["sd", "sdxl"], SamplerKind.allCases)
    func picturesAreTheSameEverywhere(_ name: String, _ kind: SamplerKind) throws {
        func digests(_ isa: ISA, _ workers: Int, _ atOnce: Int) throws -> [Digest] {
            let engine = Engine(isa: isa, workers: workers)
            defer { engine.stop() }
            return try images(name, engine, atOnce: atOnce, kind: kind, steered: true).map(\.digest)
        }
        let first = try digests(.baseline, 1, 1)
        #expect(Set(first).count == Self.texts.count)
        for isa in ISA.allCases where isa.isSupported {
            #expect(try digests(isa, 3, 4) == first, "\(isa)")
        }
        let (engine, device) = Engine.separate()
        defer { engine.stop() }
        #expect(try images(name, engine, atOnce: 3, kind: kind, steered: true).map(\.digest) == first)
        #expect(device.takeTraffic().operations > 100)
    }

    /// A place's noise is its own: a list's beginning draws what the whole list draws.
    @Test func aPictureDependsOnItsPlaceAndTheSeed() throws {
        let engine = Engine(workers: 2)
        defer { engine.stop() }
        for eta: Float in [0, 0.7] {
            let all = try images("sd", engine, atOnce: 3, eta: eta, kind: .ddim)
            let some = try images("sd", engine, eta: eta, kind: .ddim, texts: Array(Self.texts.prefix(2)))
            #expect(some == Array(all.prefix(2)))
            #expect(try images("sd", engine, eta: eta, kind: .ddim, texts: [Self.texts[1]])[0] != all[1])
            #expect(try images("sd", engine, eta: eta, kind: .ddim, texts: [Self.texts[0]], seed: 4)[0] != all[0])
        }
        #expect(throws: TrainingError.self) { try images("sd", engine, eta: 0.5, kind: .euler) }
    }

    @Test func aSizeThatIsNoMultipleOfALatentIsRefused() throws {
        let engine = Engine(workers: 1)
        defer { engine.stop() }
        let model = try DiffusionModel(path: Self.folder("sd"))
        let settings = DrawingSettings(
            sampler: try SamplerConfig(model.scheduler), steps: 1, guidance: 1, height: 17, width: 24, seed: 1)
        let error = #expect(throws: TrainingError.self) {
            try Drawing(model: model, settings: settings, engine: engine)
        }
        #expect("\(error!)".contains("height") && "\(error!)".contains("multiple of 2"))
    }

    /// What a picture is drawn from.
    private struct Parts {
        var settings: DrawingSettings
        var prompts = Prompts(["a", "b"], size: SizeCondition(square: 16))
        var digests = ["unet": Digest.of(.document, "u")]
        var control: JSONObject?
    }

    /// Whatever a picture depends on changes its record.
    @Test func theRecordNamesAllThatAPictureDependsOn() throws {
        let file = try SchedulerConfig(JSONObject([("_class_name", "PNDMScheduler")]))
        let euler = try SamplerConfig(file, kind: .euler)
        func record(_ change: (inout Parts) -> Void) throws -> String {
            var parts = Parts(
                settings: DrawingSettings(
                    sampler: try SamplerConfig(file), steps: 2, guidance: 3, height: 16, width: 16, seed: 1))
            change(&parts)
            let picture = DrawnPicture(
                Image(width: 16, height: 16, filledWith: .white), parts.prompts, place: 1, settings: parts.settings,
                digests: parts.digests, isSized: true, control: parts.control)
            #expect(picture.text.text == JSONValue.object(picture.record).canonical)
            return picture.text.text
        }
        let changes: [(inout Parts) -> Void] = [
            { _ in }, { $0.settings.steps = 3 }, { $0.settings.guidance = 2 }, { $0.settings.eta = 1 },
            { $0.settings.seed = 2 }, { $0.settings.height = 32 }, { $0.settings.width = 32 },
            { $0.settings.sampler = euler }, { $0.prompts.texts = ["a", "c"] }, { $0.prompts.seconds = ["a", "b"] },
            { $0.prompts.negatives = ["", ""] },
            { ($0.prompts.negatives, $0.prompts.negativeSeconds) = (["", ""], ["", "x"]) },
            { $0.prompts.clipSkip = 1 }, { $0.prompts.size = SizeCondition(square: 17) },
            { $0.prompts.negativeSize = SizeCondition(square: 17) },
            { $0.prompts.forcesZeros = false }, { $0.digests["unet"] = Digest.of(.document, "v") },
            { $0.control = ["scale": 1] },
        ]
        let records = try changes.map(record)
        #expect(Set(records).count == records.count)
        // How many are drawn at once changes nothing.
        #expect(try record { $0.settings.atOnce = 7 } == records[0])
    }
}
