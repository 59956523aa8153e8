import Compute
import Core
import Diffusion

/// `text`: what the first text encoder makes of prompts. The case has `prompts`, its model's folder `text_encoder` and
/// `tokenizer`.
package enum TextParity: ParityKind {
    package static let kind = "text"

    package static func tensors(_ task: ParityTask) throws -> [(name: String, tensor: Tensor)] {
        let encoder = try TextParity.encoder(task, "")
        let ids = try TextParity.prompts(task).map(encoder.tokenIDs)
        let tape = Tape(engine: task.engine, isRecording: false)
        let output = encoder.network.forward(tape, ids: ids)
        return [
            ("input_ids", TextParity.tensor(ids)),
            // Cases have those of two prompts.
            ("embeddings", output.hidden[0].value.slice(0..<min(2, ids.count))),
            ("last_hidden_state", output.last.value), ("penultimate", output.penultimate.value),
            ("clip_skip_1", encoder.network.normalized(tape, output.penultimate).value),
        ]
    }

    /// The text encoder of the model's folder with its tokenizer, by what stands behind its name: nothing, or `_2`.
    static func encoder(_ task: ParityTask, _ suffix: String) throws -> TextEncoder {
        try TextEncoder(
            network: CLIPTextModel(path: "\(task.model)/text_encoder\(suffix)"),
            tokenizer: CaptionTokenizer(TokenizerFiles(folder: "\(task.model)/tokenizer\(suffix)")))
    }

    /// The case's prompts; at least one.
    static func prompts(_ task: ParityTask) throws -> [String] {
        let list = try task.parameters["prompts"]
        let prompts = try list.elements().map { try $0.string() }
        guard !prompts.isEmpty else { throw list.error(expected: "at least one prompt", found: "none") }
        return prompts
    }

    /// Rows of ids, all of one length.
    static func tensor(_ ids: [[Int]]) -> Tensor {
        ParityTask.integers(ids.flatMap(\.self), shape: [ids.count, ids[0].count])
    }
}
