import Checkpoints
import Compute
import Core
import Diffusion
import Testing

/// CLIP's text towers against transformers.
@Suite struct TextEncoderTests {
    @Test(arguments: Oracle.available, ["sd/text_encoder", "sdxl/text_encoder", "sdxl/text_encoder_2"])
    func statesAgreeWithTransformers(oracle: Oracle, name: String) throws {
        guard oracle.has(name) else { return }
        let engine = Engine()
        defer { engine.stop() }
        let directory = try ModelDirectory(path: "\(oracle.folder)/\(name)")
        let encoder = try CLIPTextModel(
            config: CLIPTextConfig(directory.config), loader: ParameterLoader(source: directory.weights))
        let parts = name.split(separator: "/")
        let expected = try oracle.file("\(parts[0])/out/\(parts[1]).safetensors")
        let yardsticks = try oracle.json("aux_yardstick.json")
        let ids = try Oracle.integers(expected, "input_ids")
        let length = try expected.require(named: "input_ids").shape[1]
        let rows = stride(from: 0, to: ids.count, by: length).map { Array(ids[$0..<$0 + length]) }
        let output = encoder.forward(Tape(engine: engine, isRecording: false), ids: rows)
        var named = output.hidden.enumerated().map { ("hidden_\($0)", $1.value) }
        named += [
            ("last_hidden_state", output.last.value), ("pooler_output", output.pooled.value),
            ("penultimate", output.penultimate.value),
        ]
        if let projected = output.projected { named.append(("text_embeds", projected.value)) }
        var compared = 0
        for (tensor, value) in named where expected.contains(tensor) {
            let yardstick = try yardsticks["\(name).\(tensor)"]["rel_l2"].double()
            let ratio = Oracle.distance(value, try expected.float32(named: tensor)) / max(yardstick, 1e-8)
            print("oracle \(name) \(tensor): ratio \(ratio)")
            #expect(ratio <= Oracle.limit, "\(tensor)")
            compared += 1
        }
        #expect(compared >= 5)
    }
}
