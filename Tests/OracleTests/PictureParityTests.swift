import Checkpoints
import Compute
import Core
import Foundation
import Testing
import Training

/// Pictures made ready, against Pillow and torchvision, by the cases that `smpo parity` runs.
@Suite struct PictureParityTests {
    private static let fixtures = "\(Oracle.fixtures.folder)/preprocess"
    private static let pictures = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "DatasetsTests/Fixtures/preparation").path

    /// The fixtures, and the whole set where it is named.
    private static let folders =
        [fixtures]
        + Oracle.available.map { "\($0.folder)/real/preprocess" }.filter { FileContents.exists("\($0)/cases") }

    private func tensors(_ folder: String, case name: String) throws -> [(name: String, tensor: Tensor)] {
        let engine = Engine(workers: 1)
        defer { engine.stop() }
        return try ParityTask(
            model: folder, case: "\(folder)/cases/\(name).json", inputs: nil, data: Self.pictures, engine: engine
        ).tensors()
    }

    @Test(arguments: folders, ["decoded", "train", "train_sdxl_tensor"])
    func picturesAreThoseOfTheScripts(_ folder: String, _ name: String) throws {
        let made = try tensors(folder, case: name)
        let expected = try Checkpoint(safetensors: "\(folder)/out/\(name).safetensors")
        #expect(made.map(\.name).sorted() == expected.names)
        for (name, tensor) in made {
            let known = try expected.tensor(named: name)
            #expect(tensor.shape == known.shape && tensor.dtype == known.dtype, "\(name)")
            if name.hasPrefix("pair") {
                // Torch's own distance to Float64 is 1.2e-7 to 6.4e-7; the floor is the comparison's of the set.
                #expect(Oracle.distance(tensor, known) <= Oracle.limit * 3e-7, "\(name)")
            } else {
                withExtendedLifetime((tensor, known)) {
                    let bytes = [tensor, known].map {
                        Array($0.bytes)
                    }
                    #expect(bytes[0] == bytes[1], "\(name)")
                }
            }
        }
    }

    @Test func casesThatDoNotFitAreRefused() throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "case-\(UUID().uuidString).json").path
        defer { try? FileManager.default.removeItem(atPath: file) }
        func refusal(_ item: String, kind: String = "train") throws -> String {
            try AtomicFile.write(#"{"kind": "\#(kind)", "files": ["none.png"], "items": [\#(item)]}"#, to: file)
            do {
                _ = try ParityTask(
                    model: Self.fixtures, case: file, inputs: nil, data: Self.pictures, engine: Engine()
                ).tensors()
            } catch { return "\(error)" }
            return "none"
        }
        #expect(try refusal("", kind: "decode").contains("the file none.png"))
        #expect(try refusal(#"{"file": "rgb.png", "resolution": 0}"#).contains("a resolution from 1"))
        #expect(
            try refusal(#"{"file": "rgb.png", "resolution": 33, "crop": [0, 12]}"#).contains(
                "a square of 33 in 33 x 44"))
        #expect(try refusal(#"{"file": "rgb.png", "resolution": 33}"#).contains("case.items[0].crop_top_left"))
        #expect(try refusal(#"{"file": "rgb.png", "resolution": 33, "crop": "center"}"#) == "none")
    }
}
