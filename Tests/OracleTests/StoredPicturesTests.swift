import Checkpoints
import Compute
import Core
import Diffusion
import Foundation
import Testing
import Training

/// A step of SmPO from pictures in a table, against Pillow, transformers and diffusers, by the cases that `smpo parity` runs.
@Suite struct StoredPicturesTests {
    /// A model's folder with a case that begins with a table, its results and yardstick.
    struct Case: Sendable, CustomTestStringConvertible {
        let model, file, inputs, results, yardstick: String
        /// Where the yardstick's numbers stand.
        let isNested: Bool
        var testDescription: String { file }

        static let fixture: Case = {
            let folder = "\(Oracle.fixtures.folder)/pictures/sdxl"
            return Case(
                model: folder, file: "\(folder)/case.json", inputs: "\(folder)/inputs.safetensors",
                results: "\(folder)/out.safetensors", yardstick: "\(folder)/yardstick.json", isNested: false)
        }()
        /// Those of the whole set, where it is named.
        static let whole = Oracle.available.flatMap { oracle in
            ["sd", "sdxl"].compactMap { model -> Case? in
                let folder = "\(oracle.folder)/real/\(model)"
                guard FileContents.exists("\(folder)/cases/from_parquet.json") else { return nil }
                return Case(
                    model: folder, file: "\(folder)/cases/from_parquet.json",
                    inputs: "\(folder)/inputs/from_parquet.safetensors",
                    results: "\(folder)/out/from_parquet.safetensors", yardstick: "\(folder)/yardstick.json",
                    isNested: true)
            }
        }

        func yardstick(_ tensor: String) throws -> Double {
            let root = JSONCursor(try JSONValue.read(yardstick), name: "yardstick", file: yardstick)
            return try isNested ? root["from_parquet"][tensor]["rel_l2"].double() : root[tensor].double()
        }
    }

    private static let tables = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "DatasetsTests/Fixtures/tables").path

    @Test(arguments: [Case.fixture] + Case.whole) func aStepIsThatOfTheScripts(_ known: Case) throws {
        let engine = Engine(workers: 2)
        defer { engine.stop() }
        let made = Dictionary(
            uniqueKeysWithValues: try ParityTask(
                model: known.model, case: known.file, inputs: known.inputs, data: Self.tables, engine: engine
            ).tensors())
        let expected = try Checkpoint(safetensors: known.results)
        #expect(expected.names.count { $0.hasPrefix("grad.") } >= 5)
        for name in expected.names {
            let tensor = try #require(made[name], "\(name)")
            let other = try expected.tensor(named: name)
            #expect(tensor.shape == other.shape && tensor.dtype == other.dtype, "\(name)")
            if tensor.dtype == .u8 {
                withExtendedLifetime((tensor, other)) {
                    #expect(tensor.bytes.elementsEqual(other.bytes), "\(name)")
                }
                continue
            }
            let distance = Oracle.distance(tensor, other)
            // The floors are those of the set's own comparison: few numbers may be close by luck.
            let ratio = distance / max(try known.yardstick(name), tensor.count < 16 ? 3e-6 : 3e-7)
            #expect(ratio <= Oracle.limit, "\(name): \(ratio) yardsticks")
        }
    }

    /// Another mirroring is another step: the case is held to what it says.
    @Test func aCaseThatSaysOtherwiseIsNoticed() throws {
        let engine = Engine(workers: 2)
        defer { engine.stop() }
        let known = Case.fixture
        let file = "\(Oracle.fixtures.folder)/pictures/sdxl/case-\(UUID().uuidString).json"
        defer { try? FileManager.default.removeItem(atPath: file) }
        let text = String(decoding: try FileContents.read(known.file), as: UTF8.self)
        func tensors(_ change: (String) -> String) throws -> [String: Tensor] {
            try AtomicFile.write(change(text), to: file)
            return Dictionary(
                uniqueKeysWithValues: try ParityTask(
                    model: known.model, case: file, inputs: known.inputs, data: Self.tables, engine: engine
                ).tensors())
        }
        let expected = try Checkpoint(safetensors: known.results)
        let flipped = try tensors { $0.replacingOccurrences(of: "true", with: "false") }
        let latents = try #require(flipped["x0"])
        #expect(try Oracle.distance(latents, expected.tensor(named: "x0")) > 1e-3)
        let winner = #expect(throws: JSONShapeError.self) {
            try tensors { $0.replacingOccurrences(of: "\"jpg_0\"", with: "\"jpg_2\"") }
        }
        #expect(winner?.description.contains("winner") == true)
    }
}
