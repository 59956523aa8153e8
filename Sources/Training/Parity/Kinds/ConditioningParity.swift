import Compute
import Core
import Diffusion

/// `conditioning`: what SDXL's training scripts make of prompts. The case has `prompts`; an empty one is encoded.
package enum ConditioningParity: ParityKind {
    package static let kind = "conditioning"

    package static func tensors(_ task: ParityTask) throws -> [(name: String, tensor: Tensor)] {
        let encoders = try ["", "_2"].map { try TextParity.encoder(task, $0) }
        let prompts = try TextParity.prompts(task)
        let ids = encoders.map { prompts.map($0.tokenIDs) }
        let tape = Tape(engine: task.engine, isRecording: false)
        let states = TextStates(of: prompts, by: encoders, on: task.engine)
        guard let pooled = states.pooled else {
            throw TrainingError.mismatch(
                what: "\(task.model)/text_encoder_2", expected: "a CLIPTextModelWithProjection",
                found: "one without a projection", hint: nil)
        }
        return [
            ("input_ids", TextParity.tensor(ids[0])), ("input_ids_2", TextParity.tensor(ids[1])),
            ("first", encoders[0].network.penultimate(tape, ids: ids[0]).value),
            ("second", encoders[1].network.penultimate(tape, ids: ids[1]).value),
            ("prompt_embeds", states.context), ("pooled", pooled),
        ]
    }
}
