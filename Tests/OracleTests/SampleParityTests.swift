import Checkpoints
import Compute
import Core
import Foundation
import Testing
import Training

/// Pictures drawn from prompts, and ControlNets, against diffusers' pipelines: by the cases that `smpo parity` runs.
@Suite struct SampleParityTests {
    /// A case in the folder of a model.
    struct Case: Sendable, CustomTestStringConvertible {
        let model, name: String
        var testDescription: String { "\(URL(filePath: model).lastPathComponent) \(name)" }

        /// The fixtures, and the cases of the whole set where it is named.
        static let all: [Case] =
            (["\(Oracle.fixtures.folder)/sampling/sd", "\(Oracle.fixtures.folder)/sampling/sdxl"]
            + Oracle.available.flatMap { ["\($0.folder)/real/sd", "\($0.folder)/real/sdxl"] }).flatMap { folder in
                ((try? FileContents.names(in: "\(folder)/cases")) ?? []).sorted().compactMap { file in
                    guard let value = try? JSONValue.read("\(folder)/cases/\(file)", nonFinite: true),
                        let kind = try? JSONCursor(value, name: "case")["kind"].string(),
                        ["sample", "controlnet_forward"].contains(kind)
                    else { return nil }
                    return Case(model: folder, name: String(file.dropLast(".json".count)))
                }
            }

        func tensors(_ engine: Engine) throws -> [(name: String, tensor: Tensor)] {
            try ParityTask(
                model: model, case: "\(model)/cases/\(name).json", inputs: "\(model)/inputs/\(name).safetensors",
                data: nil, engine: engine
            ).tensors()
        }
    }

    @Test func theFixturesAreThere() { #expect(Case.all.count { $0.model.contains("/sampling/") } == 26) }

    @Test(arguments: Case.all) func callsAndPicturesAreThoseOfDiffusers(_ known: Case) throws {
        let engine = Engine(workers: 2)
        defer { engine.stop() }
        let made = try known.tensors(engine)
        let expected = try Checkpoint(safetensors: "\(known.model)/out/\(known.name).safetensors")
        let yardsticks = JSONCursor(
            try JSONValue.read("\(known.model)/yardstick.json"), name: "yardstick", file: known.model)
        #expect(Set(expected.names).isSubset(of: made.map(\.name)))
        for (name, tensor) in made where expected.contains(name) {
            if tensor.dtype == .u8 {
                let other = try expected.tensor(named: name)
                let levels = withExtendedLifetime((tensor, other)) {
                    zip(tensor.bytes, other.bytes).map { abs(Int($0) - Int($1)) }
                }
                // A value on the edge of rounding may fall either way.
                #expect(levels.allSatisfy { $0 <= 1 } && levels.reduce(0, +) <= max(1, levels.count / 500), "\(name)")
                continue
            }
            let distance = Oracle.distance(tensor, try expected.float32(named: name, shape: tensor.shape))
            // Time ids have none: they are exact.
            let yardstick = try yardsticks[known.name][name].present?["rel_l2"].double() ?? 0
            // The floor is five roundings, as in the set's own comparison; few numbers may lie near by luck.
            let ratio = distance / max(yardstick, tensor.count < 16 ? 3e-6 : 3e-7)
            print("oracle \(known.testDescription) \(name): ratio \(ratio)")
            #expect(ratio <= Oracle.limit, "\(name): \(ratio) yardsticks")
        }
    }

    @Test func casesThatDoNotFitAreRefused() throws {
        let engine = Engine(workers: 1)
        defer { engine.stop() }
        let folder = FileManager.default.temporaryDirectory.appending(path: "cases-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let model = "\(Oracle.fixtures.folder)/sampling/sd"
        func refusal(_ name: String, _ change: (inout JSONObject) -> Void) throws -> String {
            guard case .object(var object) = try JSONValue.read("\(model)/cases/\(name).json", nonFinite: true) else {
                return "no object"
            }
            change(&object)
            try AtomicFile.write(JSONValue.object(object).pretty, to: "\(folder)/case.json")
            do {
                _ = try ParityTask(
                    model: model, case: "\(folder)/case.json", inputs: "\(model)/inputs/\(name).safetensors", data: nil,
                    engine: engine
                ).tensors()
            } catch { return "\(error)" }
            return "none"
        }
        let heun: JSONValue = ["_class_name": "HeunDiscreteScheduler"]
        #expect(try refusal("euler_v") { $0["scheduler"] = heun }.contains("HeunDiscreteScheduler"))
        #expect(try refusal("euler_v") { $0["height"] = 15 }.contains("multiple of 2"))
        #expect(try refusal("euler_v") { $0["height"] = 20 }.contains("noise"))
        #expect(try refusal("euler_v") { $0["eta"] = 1 }.contains("case.eta"))
        #expect(try refusal("euler_v") { $0["negative_prompts"] = ["a", "b"] }.contains("1, one a prompt"))
        #expect(try refusal("euler_v") { $0["prompts_2"] = ["a"] }.contains("SDXL"))
        #expect(try refusal("euler_v") { $0["clip_skip"] = 9 }.contains("0 to 3"))
        #expect(try refusal("controlnet") { $0["controlnet"] = "none" }.contains("the file none"))
        #expect(try refusal("controlnet") { $0["controlnet"] = "../sdxl/controlnet" }.contains("is not the UNet's"))
        #expect(try refusal("euler_v") { $0["controlnet"] = "controlnet" }.contains("control"))
    }
}
