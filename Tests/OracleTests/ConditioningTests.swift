import Checkpoints
import Compute
import Core
import Diffusion
import Foundation
import Testing
import Training

/// Prompts to ids and states against transformers and diffusers, by the cases that `smpo parity` runs.
@Suite struct ConditioningTests {
    /// A model's folder with a case, its results and yardstick.
    struct Case: Sendable, CustomTestStringConvertible {
        let model, file, results, yardstick: String
        /// Where the yardstick's numbers stand below a case's name.
        let isNested: Bool
        var testDescription: String { file }

        static let fixtures = ["sd", "sdxl"].map { name in
            let folder = "\(Oracle.fixtures.folder)/conditioning/\(name)"
            return Case(
                model: folder, file: "\(folder)/case.json", results: "\(folder)/out.safetensors",
                yardstick: "\(folder)/yardstick.json", isNested: false)
        }
        /// Those of the whole set, where it is named.
        static let whole = Oracle.available.flatMap { oracle in
            [("sd", "text"), ("sdxl", "conditioning")].compactMap { model, name -> Case? in
                let folder = "\(oracle.folder)/real/\(model)"
                guard FileContents.exists("\(folder)/cases/\(name).json") else { return nil }
                return Case(
                    model: folder, file: "\(folder)/cases/\(name).json",
                    results: "\(folder)/out/\(name).safetensors", yardstick: "\(folder)/yardstick.json",
                    isNested: true)
            }
        }

        func yardstick(_ tensor: String) throws -> Double {
            let root = JSONCursor(try JSONValue.read(yardstick), name: "yardstick", file: yardstick)
            guard isNested else { return try root[tensor].double() }
            let name = URL(filePath: file).deletingPathExtension().lastPathComponent
            return try root[name][tensor]["rel_l2"].double()
        }
    }

    @Test(arguments: Case.fixtures + Case.whole) func idsAndStatesAreThoseOfTheScripts(_ known: Case) throws {
        let engine = Engine(workers: 2)
        defer { engine.stop() }
        let made = try ParityTask(model: known.model, case: known.file, inputs: nil, data: nil, engine: engine)
            .tensors()
        let expected = try Checkpoint(safetensors: known.results)
        #expect(Set(expected.names).isSubset(of: made.map(\.name)))
        for (name, tensor) in made where expected.contains(name) {
            if tensor.dtype == .i64 {
                let ids = try expected.tensor(named: name)
                withExtendedLifetime((tensor, ids)) { #expect(tensor.bytes.elementsEqual(ids.bytes), "\(name)") }
                continue
            }
            let distance = Oracle.distance(tensor, try expected.float32(named: name, shape: tensor.shape))
            // The floor is five roundings, as in the set's own comparison.
            let ratio = distance / max(try known.yardstick(name), 3e-7)
            #expect(ratio <= Oracle.limit, "\(name): \(ratio) yardsticks")
        }
    }

    @Test func aCaseWithoutPromptsIsRefused() throws {
        let (engine, known) = (Engine(workers: 1), Case.fixtures[0])
        defer { engine.stop() }
        let file = NSTemporaryDirectory() + "case-\(UUID().uuidString).json"
        defer { try? FileManager.default.removeItem(atPath: file) }
        for prompts in ["[]", "[1]", "\"a cat\"", "null"] {
            try AtomicFile.write("{\"kind\": \"text\", \"prompts\": \(prompts)}", to: file)
            #expect(throws: JSONShapeError.self) {
                try ParityTask(model: known.model, case: file, inputs: nil, data: nil, engine: engine).tensors()
            }
        }
    }
}
