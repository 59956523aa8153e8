import Compute
import Core
import Foundation
import Testing

@testable import Checkpoints
@testable import Diffusion

/// Whole models in one file under LDM's names.
@Suite struct SingleFileModelTests {
    private let folder: String

    init() throws {
        folder = NSTemporaryDirectory() + "single-\(UUID().uuidString)"
        try FileContents.makeFolder(folder)
    }

    private func clear() { try? FileManager.default.removeItem(atPath: folder) }

    private func withModel(_ body: (_ model: String, _ file: String, Pipeline) throws -> Void) throws {
        defer { clear() }
        let engine = Engine(workers: 2)
        defer { engine.stop() }
        let pipeline = try SDXLTests.model(on: engine)
        let (model, file) = (folder + "/model", folder + "/model.safetensors")
        try pipeline.write(to: model)
        let plan = try ConversionPlan(Checkpoint(opening: model), to: file, ConversionPlan.Choices())
        #expect(plan.layout == .ldm && plan.leftOut.isEmpty)
        _ = try Conversion(plan).run(to: file)
        try body(model, file, pipeline)
    }

    @Test func aSingleFileHasTheDigestsOfItsFolder() throws {
        try withModel { model, file, pipeline in
            let opened = try Pipeline(.diffusion, ModelFolder(path: file, configuration: model))
            #expect(opened.parts.map(\.kind.name) == pipeline.parts.map(\.kind.name))
            #expect(try opened.digests() == pipeline.digests())
            #expect(
                try ModelFolder(path: file).weights(of: "text_encoder_2", in: opened).contains("text_projection.weight")
            )
            // Of shapes too, and as a plan of memory asks for it.
            let outline = try Pipeline(
                .diffusion, ModelFolder(path: file, configuration: model), shapes: ShapeDevice())
            #expect(outline.parameterCounts == pipeline.parameterCounts)
        }
    }

    @Test func averagedWeightsAloneAreTheModelWhereTheyAreChosen() throws {
        try withModel { model, file, pipeline in
            let single = try Checkpoint(opening: file)
            let alone = folder + "/average.safetensors"
            try Safetensors.write(
                tensors: single.tensors.map { tensor in
                    let own = tensor.name.hasPrefix("model.")
                    let name =
                        own ? "model_ema." + tensor.name.dropFirst("model.".count).filter { $0 != "." } : tensor.name
                    return (name, try single.tensor(named: tensor.name))
                }, to: alone)
            let opened = try Pipeline(
                .diffusion, ModelFolder(path: alone, configuration: model, weights: .ema))
            #expect(try opened.digests() == pipeline.digests())
            do {
                _ = try Pipeline(.diffusion, ModelFolder(path: alone, configuration: model))
                Issue.record("a model without a UNet was opened")
            } catch {
                #expect("\(error)".contains("choose ema"))
            }
        }
    }

    @Test func whatNothingSaysIsAnErrorThatNamesTheKey() throws {
        try withModel { model, file, _ in
            func error(_ folder: ModelFolder) -> ConfigError? {
                do { _ = try Pipeline(.diffusion, folder) } catch { return error as? ConfigError }
                return nil
            }
            // The shapes are not those of SDXL.
            let bare = try #require(error(ModelFolder(path: file)))
            #expect(bare.key == "configuration" && "\(bare)".contains("model.configuration"))
            try FileContents.remove(["\(model)/scheduler/scheduler_config.json"])
            let less = try #require(error(ModelFolder(path: file, configuration: model)))
            #expect("\(less)".contains("scheduler/scheduler_config.json"))
            #expect(error(ModelFolder(path: file, variant: .named("fp16"), configuration: model))?.key == "variant")
            #expect(error(ModelFolder(path: model, configuration: model))?.key == "configuration")
            #expect(error(ModelFolder(path: model, weights: .ema))?.key == "weights")
            #expect(throws: CheckpointError.self) {
                try Pipeline(.diffusion, ModelFolder(path: file, configuration: model, weights: .ema))
            }
        }
    }

    /// Of the published shapes the published configurations are taken; a tokenizer is in no file.
    @Test(arguments: [false, true]) func publishedShapesNeedATokenizerAlone(isXL: Bool) throws {
        defer { clear() }
        let names = isXL ? ["unet", "text_encoder", "text_encoder_2", "vae"] : ["unet", "text_encoder", "vae"]
        var tensors: [CheckpointTensor] = []
        for name in names {
            let text = try #require(PublishedConfigurations.text(of: name, isXL: isXL))
            guard case .object(let object) = try JSONValue.parse(text, file: name) else { throw CancellationError() }
            let loader = ParameterLoader(shapesOn: ShapeDevice())
            switch name {
            case "unet": _ = try UNet2DConditionModel(config: UNetConfig(object, file: name), loader: loader)
            case "vae": _ = try AutoencoderKL(config: .init(object, file: name), loader: loader)
            default: _ = try CLIPTextModel(config: .init(object, file: name), loader: loader)
            }
            tensors += loader.requests.map {
                let own = name.hasPrefix("text") && !$0.name.hasPrefix("text_") ? "text_model." + $0.name : $0.name
                return CheckpointTensor(
                    name: "\(name)/\(own)", type: ElementType(.f16), shape: $0.shape,
                    source: .made { throw CancellationError() })
            }
        }
        let model = try ModelContents(Checkpoint(path: "published", container: "memory", tensors: tensors))
        let file = folder + "/published.safetensors"
        try Self.writeSparse(try model.laidOut(as: .ldm), to: file)
        let tokenizers = folder + "/tokenizers"
        for name in isXL ? ["tokenizer", "tokenizer_2"] : ["tokenizer"] {
            try FileContents.makeFolder("\(tokenizers)/\(name)")
            for (file, bytes) in try PipelineTests.tokenizer().files.files {
                try AtomicFile.write(bytes, to: "\(tokenizers)/\(name)/\(file)")
            }
        }
        func open(_ configuration: String?) throws -> Pipeline {
            try Pipeline(.diffusion, ModelFolder(path: file, configuration: configuration), shapes: ShapeDevice())
        }
        #expect(throws: ConfigError.self) { try open(nil) }
        do {
            let opened = try open(tokenizers)
            let unet: UNet2DConditionModel = try opened.require("unet")
            #expect(unet.parameters.reduce(0) { $0 + $1.value.count } == (isXL ? 2_567_463_684 : 859_520_964))
            let scheduler: SchedulerConfig = try opened.require("scheduler")
            #expect(scheduler.json.canonical.contains("0.00085"))
        } catch let error as ConfigError {
            // The tiny vocabulary of the test does not fit the published encoder.
            #expect(error.key.contains("vocab") || "\(error)".contains("vocabulary"), "\(error)")
        }
    }

    /// A safetensors file with a header and no bytes on the disk.
    private static func writeSparse(_ tensors: [CheckpointTensor], to path: String) throws {
        var (members, offset) = ([String](), 0)
        for tensor in tensors {
            let end = offset + tensor.byteCount
            let shape = tensor.shape.map(String.init).joined(separator: ",")
            members.append(
                "\"\(tensor.name)\":{\"dtype\":\"F16\",\"shape\":[\(shape)],\"data_offsets\":[\(offset),\(end)]}")
            offset = end
        }
        let header = Array(("{" + members.joined(separator: ",") + "}").utf8)
        try AtomicFile.write(withUnsafeBytes(of: UInt64(header.count).littleEndian) { Array($0) } + header, to: path)
        #expect(truncate(path, off_t(8 + header.count + offset)) == 0)
    }
}
