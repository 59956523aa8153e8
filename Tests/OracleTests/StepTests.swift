import Checkpoints
import Compute
import Core
import Foundation
import Testing
import Training

/// `smpo step` against the same training steps in PyTorch and diffusers.
@Suite struct StepTests {
    @Test(
        arguments: Oracle.available,
        ["sd", "sdxl"].flatMap { model in
            ["smpo", "smpo_all", "smpo_official", "smpo_official_new", "smpo_from_ref", "inpo", "dpo", "kto", "mapo"]
                .map { "\(model)/\($0)" }
        })
    func stepsAgreeWithTorch(oracle: Oracle, name: String) throws {
        let (model, test) = (String(name.split(separator: "/")[0]), String(name.split(separator: "/")[1]))
        guard oracle.has("\(model)/cases/\(test).json") else { return }
        let engine = Engine()
        defer { engine.stop() }
        let out = FileManager.default.temporaryDirectory.appending(path: "smpo-step-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: out) }
        let run = try ParityRun(
            model: "\(oracle.folder)/\(model)", hp: ParityCase(path: "\(oracle.folder)/\(model)/cases/\(test).json"),
            inputs: "\(oracle.folder)/\(model)/inputs.safetensors", engine: engine)
        var losses: [Float] = []
        try run.run(into: out) { _, result in losses.append(result.loss) }

        let result = try oracle.json("\(model)/out/\(test)/result.json")
        let yardstick = try result["yardstick_fp32_vs_fp64"]
        let expected = try result["losses"].elements().map { try $0.double() }
        let spread = try yardstick["loss_abs"].elements().map { try $0.double() }
        let scale = expected.map(abs).max()!
        let worst = zip(losses, expected).map { abs(Double($0) - $1) }.max()! / scale
        let ratio = worst / max(spread.max()! / scale, 3e-6)
        print("oracle \(name) losses: ratio \(ratio)")
        #expect(losses.count == expected.count)
        #expect(ratio <= Oracle.limit)

        let found = try Checkpoint(safetensors: "\(out)/step0.safetensors")
        let reference = try oracle.file("\(model)/out/\(test)/step0.safetensors")
        var compared = 0
        for tensor in reference.names where found.contains(tensor) && !tensor.contains("seed_literal") {
            guard let own = try yardstick["step0"][tensor].present else { continue }
            let value = try reference.float32(named: tensor)
            let floor = value.count < 16 ? 3e-6 : 3e-7
            let distance = Oracle.distance(try found.float32(named: tensor), value)
            let ratio = distance / max(try own["rel_l2"].double(), floor)
            print("oracle \(name) \(tensor): ratio \(ratio)")
            #expect(ratio <= Oracle.limit, "\(tensor)")
            compared += 1
        }
        #expect(compared >= 5)
    }
}
