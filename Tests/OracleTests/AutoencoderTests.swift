import Checkpoints
import Compute
import Core
import Diffusion
import Foundation
import Testing
import Training

/// Autoencoders against diffusers', by the cases that `smpo parity` runs.
@Suite struct AutoencoderTests {
    /// Model folder, case, inputs, results and yardstick of a case.
    struct Case: Sendable, CustomTestStringConvertible {
        let model, file, inputs, results, yardstick: String
        let isNested: Bool
        var testDescription: String { file }

        static let fixtures = ["old_names", "convolutions_f16", "no_attention", "shifted"].map { name in
            let folder = "\(Oracle.fixtures.folder)/autoencoder/\(name)"
            return Case(
                model: folder, file: "\(folder)/case.json", inputs: "\(folder)/inputs.safetensors",
                results: "\(folder)/out.safetensors", yardstick: "\(folder)/yardstick.json", isNested: false)
        }
        /// Those of the whole set, where it is named.
        static let whole = Oracle.available.flatMap { oracle in
            [("sd", "vae"), ("sd", "vae_odd"), ("sdxl", "vae")].compactMap { model, name -> Case? in
                let folder = "\(oracle.folder)/real/\(model)"
                guard FileContents.exists("\(folder)/cases/\(name).json") else { return nil }
                return Case(
                    model: folder, file: "\(folder)/cases/\(name).json",
                    inputs: "\(folder)/inputs/\(name).safetensors", results: "\(folder)/out/\(name).safetensors",
                    yardstick: "\(folder)/yardstick.json", isNested: true)
            }
        }

        /// Torch's own distance to Float64.
        func yardstick(_ tensor: String) throws -> Double {
            let root = JSONCursor(try JSONValue.read(yardstick), name: "yardstick", file: yardstick)
            guard isNested else { return try root[tensor].double() }
            let name = URL(filePath: file).deletingPathExtension().lastPathComponent
            return try root[name][tensor]["rel_l2"].double()
        }
    }

    @Test(arguments: Case.fixtures + Case.whole) func momentsLatentsAndPicturesAreDiffusers(_ known: Case) throws {
        let engine = Engine(workers: 2)
        defer { engine.stop() }
        let task = try ParityTask(
            model: known.model, case: known.file, inputs: known.inputs, data: nil, engine: engine)
        let made = try task.tensors()
        let expected = try Checkpoint(safetensors: known.results)
        #expect(made.map(\.name).sorted() == expected.names)
        for (name, tensor) in made {
            let distance = Oracle.distance(tensor, try expected.float32(named: name, shape: tensor.shape))
            // The floor is five roundings, as in the set's own comparison.
            let yardstick = max(try known.yardstick(name), 3e-7)
            #expect(distance <= Oracle.limit * yardstick, "\(name): \(distance / yardstick) yardsticks")
        }
    }

    /// Weights read from any form of a file are one state: names of today, matrices.
    @Test func everyFormOfAFileHasTheNamesOfToday() throws {
        let formers = ["query", "key", "value", "proj_attn"]
        for known in Case.fixtures.prefix(2) {
            let model = try AutoencoderKL(path: "\(known.model)/vae")
            let names = model.parameters.map(\.name)
            #expect(names.contains("encoder.mid_block.attentions.0.to_out.0.weight"))
            #expect(!names.contains { name in formers.contains { name.contains(".\($0).") } })
            let attention = model.parameters.filter { $0.name.contains(".to_") && $0.name.hasSuffix("weight") }
            #expect(attention.count == 8 && attention.allSatisfy { $0.value.shape == [8, 8] })
        }
    }

    /// A case that says more, or something else, than the model is refused with its place.
    @Test func casesThatDoNotFitAreRefused() throws {
        let known = Case.fixtures[1]
        func refusal(_ text: String, inputs: String? = known.inputs) throws -> String {
            let file = FileManager.default.temporaryDirectory.appending(path: "case-\(UUID().uuidString).json").path
            defer { try? FileManager.default.removeItem(atPath: file) }
            try AtomicFile.write(text, to: file)
            do {
                _ = try ParityTask(
                    model: known.model, case: file, inputs: inputs, data: nil, engine: Engine()
                ).tensors()
            } catch { return "\(error)" }
            return "none"
        }
        #expect(try refusal(#"{"kind": "sculpture"}"#).contains("expected one of vae"))
        #expect(try refusal(#"{"kind": "vae", "scaling_factor": 0.18215}"#).contains("case.scaling_factor"))
        #expect(try refusal(#"{"kind": "vae"}"#, inputs: nil).contains("--inputs"))
        #expect(try refusal(#"{"kind": "vae"}"#) == "none")
    }
}
