import Core
import Foundation
import Testing

@testable import Diffusion

/// What a folder of a model is said to hold, against what is put there and taken away.
@Suite struct ModelSurveyTests {
    private static let base = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Golden/shapes-base").path

    /// The survey of a copy that `change` was done to.
    private func survey(_ change: (String) throws -> Void) throws -> ModelSurvey {
        let path = NSTemporaryDirectory() + "smpo-survey-\(UUID().uuidString)"
        try FileManager.default.copyItem(atPath: Self.base, toPath: path)
        defer { try? FileManager.default.removeItem(atPath: path) }
        try change(path)
        return ModelSurvey(ModelFolder(path: path))
    }

    private func edit(_ file: String, _ change: (inout JSONObject) -> Void) throws {
        guard case .object(var object) = try JSONValue.read(file) else { return }
        change(&object)
        try AtomicFile.write(JSONValue.object(object).canonical, to: file)
    }

    @Test func aWholeModelIsWhole() throws {
        let survey = ModelSurvey(ModelFolder(path: Self.base))
        #expect(survey.isWhole && survey.outline != nil)
        let parts = Dictionary(uniqueKeysWithValues: survey.parts.map { ($0.name, $0) })
        let unet = try #require(parts["unet"])
        #expect(unet.className == "UNet2DConditionModel")
        #expect(unet.weights?.file == "diffusion_pytorch_model.safetensors")
        #expect(unet.weights?.types.map(\.name) == ["F32"] && unet.weights?.unused == [])
        #expect(unet.parameters == survey.outline?.parameterCounts.first { $0.name == "unet" }?.count)
        #expect(try #require(parts["tokenizer"]).files.contains("vocab.json"))
        #expect(parts["vae"].map { $0.isOptional && !$0.isThere } == true)
    }

    @Test func whatIsNotStatedIsListed() throws {
        let found = try survey { path in
            try edit("\(path)/scheduler/scheduler_config.json") {
                $0["prediction_type"] = nil
                $0["timestep_spacing"] = nil
            }
            try FileContents.makeFolder("\(path)/safety_checker")
            try AtomicFile.write("x", to: "\(path)/unet/diffusion_pytorch_model.fp16.bin")
        }
        #expect(found.isWhole, "\(found.parts.flatMap(\.problems)) \(found.problems)")
        let scheduler = try #require(found.parts.first { $0.name == "scheduler" })
        let before = try #require(ModelSurvey(ModelFolder(path: Self.base)).parts.first { $0.name == "scheduler" })
        let added = scheduler.defaults.filter { new in !before.defaults.contains { $0.key == new.key } }
        #expect(
            added.map { "\($0.key) \($0.value.canonical)" }.sorted() == [
                "prediction_type \"epsilon\"", "timestep_spacing \"leading\"",
            ])
        #expect(found.leftAlone == ["safety_checker"])
        #expect(found.parts.first { $0.name == "unet" }?.weights?.others == ["diffusion_pytorch_model.fp16.bin"])
    }

    @Test func whatIsMissingIsNamed() throws {
        func problems(_ change: (String) throws -> Void) throws -> String {
            let found = try survey(change)
            #expect(!found.isWhole)
            return (found.parts.flatMap(\.problems) + found.problems).joined(separator: "\n")
        }
        let remove = FileManager.default.removeItem(atPath:)
        #expect(try problems { try remove("\($0)/text_encoder") }.contains("text_encoder: there is no such folder"))
        #expect(
            try problems { try remove("\($0)/unet/diffusion_pytorch_model.safetensors") }.contains("no weights"))
        // A wider UNet than the weights are of.
        let wider = try problems { path in
            try edit("\(path)/unet/config.json") { $0["cross_attention_dim"] = 40 }
        }
        #expect(wider.contains("attn2.to_k.weight") && wider.contains("expected shape"), "\(wider)")
        #expect(
            try problems { path in
                try edit("\(path)/scheduler/scheduler_config.json") { $0["beta_schedule"] = "circular" }
            }.contains("beta_schedule"))
        #expect(
            ModelSurvey(ModelFolder(path: "/nowhere/at/all")).problems == ["/nowhere/at/all: there is no such folder"])
    }
}
