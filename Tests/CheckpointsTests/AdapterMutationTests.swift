import Core
import Testing

@testable import Checkpoints

extension MutationTests {
    /// Names, shapes, types and the configuration in the header of an adapter, by itself and on its base.
    @Test func adapters() throws {
        let original = try FileContents.read(fixtures + "/adapters/header/pytorch_lora_weights.safetensors")
        let base = try Checkpoint(opening: fixtures + "/adapters/base.safetensors")
        let words = [
            "lora_alpha", "use_dora", "rank_pattern", "alpha_pattern", "modules_to_save", "fan_in_fan_out", "true",
            "null",
            "false", "3", "1e999", "-1", "unet.", "attn1", "attn2", "to_q", "lora_A", "lora_B", "lora_embedding_A",
            "alpha",
            "\\\"olora\\\"", "\"F32\"", "\"F16\"", "{}", "[]",
        ]
        var mutator = Mutator(seed: 107)
        var round = 0
        let outcomes = try run(
            "adapters",
            open: { file in
                round += 1
                let side = try Checkpoint(safetensors: file)
                let made = try AdapterComparison.sides(side, side, on: round % 2 == 0 ? base : nil).left
                for tensor in made.tensors { _ = try tensor.bytes() }
                return made
            },
            input: { _ in
                mutator.damaged(original, in: 8..<(original.count - 400), words: words.map { Array($0.utf8) })
            })
        #expect(outcomes["opened", default: 0] > 0 && outcomes["adapter", default: 0] > 0, "\(outcomes)")
    }
}
