import Checkpoints
import Compute
import Core
import Foundation
import Testing
import Training

/// Tables of reward models, against the packages that they come from: cases that `smpo parity` runs, where their set is named.
@Suite struct ScoreParityTests {
    private static let folders = Oracle.available.flatMap { oracle in
        ["pickscore", "hpsv2", "imagereward", "aesthetic"].map { "\(oracle.folder)/real/\($0)" }
    }.filter { FileContents.exists("\($0)/cases/score.json") }

    @Test(arguments: folders) func tablesAreThoseOfThePackages(_ folder: String) throws {
        let engine = Engine(workers: 2)
        defer { engine.stop() }
        let made = try ParityTask(
            model: folder, case: "\(folder)/cases/score.json", inputs: nil, data: nil, engine: engine
        ).tensors()
        let expected = try Checkpoint(safetensors: "\(folder)/out/score.safetensors")
        let yardstick = JSONCursor(try JSONValue.read("\(folder)/yardstick.json"), name: "yardstick")
        let names = Set(expected.names).subtracting(["cosine_torchvision", "pixel_values_torchvision"])
        #expect(Set(made.map(\.name)) == names)
        for (name, tensor) in made {
            let known = try expected.tensor(named: name)
            #expect(tensor.shape == known.shape && tensor.dtype == known.dtype, "\(name)")
            if known.dtype == .f32 {
                let own = try yardstick["score"][name].present?["rel_l2"].double() ?? 0
                let limit = Oracle.limit * max(own, known.count < 16 ? 3e-6 : 3e-7)
                #expect(Oracle.distance(tensor, known) <= limit, "\(name)")
            } else {
                withExtendedLifetime((tensor, known)) {
                    #expect(Array(tensor.bytes) == Array(known.bytes), "\(name)")
                }
            }
        }
    }
}
