import Compute
import Core
import Diffusion

/// `controlnet_forward`: what a ControlNet adds to a UNet, and the UNet with it and without. The case has `controlnet`, its
/// folder, and `conditioning_scale`. Inputs: sample [n, c, h, w], timestep [n], encoder_hidden_states [n, tokens, width],
/// controlnet_cond [n, channels, f·h, f·w] in [0, 1]; of SDXL also pooled [n, width] and time_ids [n, 6].
package enum ControlNetParity: ParityKind {
    package static let kind = "controlnet_forward"

    package static func tensors(_ task: ParityTask) throws -> [(name: String, tensor: Tensor)] {
        let (engine, parameters) = (task.engine, task.parameters)
        let unet = try UNet2DConditionModel(path: "\(task.model)/unet")
        let path = try task.file(parameters["controlnet"].string())
        let network = try ControlNetModel(path: path)
        try network.requireFit(unet.config, file: "\(path)/config.json")
        let (sample, context) = (try task.input("sample"), try task.input("encoder_hidden_states"))
        let picture = try task.input("controlnet_cond")
        let n = sample.shape.first ?? 0
        guard sample.shape.count == 4, sample.shape[1] == unet.config.inChannels else {
            throw mismatch(task, "sample", "[n, \(unet.config.inChannels), h, w]", sample)
        }
        guard context.shape.count == 3, context.shape[0] == n, context.shape[2] == unet.config.crossAttentionDim[0]
        else {
            throw mismatch(
                task, "encoder_hidden_states", "[\(n), tokens, \(unet.config.crossAttentionDim[0])]", context)
        }
        let added = try unet.config.additionEmbedding.map {
            TextTimeCondition(
                pooled: try task.input("pooled", shape: [n, $0.pooledDim]),
                timeIDs: try task.input("time_ids", shape: [n, 6]))
        }
        let condition = TextCondition(context: context, added: added)
        let timesteps = try task.numbers("timestep", count: n)
        guard picture.shape.count == 4, picture.shape[0] == n, picture.shape[1] == network.config.conditioningChannels
        else {
            throw mismatch(task, "controlnet_cond", "[\(n), \(network.config.conditioningChannels), h, w]", picture)
        }
        let hint = network.hint(picture, engine: engine)
        guard hint.shape.dropFirst(2) == sample.shape.dropFirst(2) else {
            let edges = sample.shape.dropFirst(2).map { $0 * network.config.factor }
            throw mismatch(task, "controlnet_cond", "\(edges[0]) x \(edges[1]) pixels for these latents", picture)
        }
        let scale = Float(try parameters["conditioning_scale"].present?.double() ?? 1)
        let residuals = network.residuals(
            sample, at: timesteps, condition, hint: hint,
            scale: try parameters["guess_mode"].present?.bool() == true ? .rising(scale) : .even(scale), engine: engine)
        func output(_ residuals: ControlResiduals?) -> Tensor {
            let tape = Tape(engine: engine, isRecording: false)
            return unet.forward(
                tape, sample: tape.constant(sample), at: timesteps, context: tape.constant(context),
                condition: added, residuals: residuals
            ).value
        }
        return [("hint", hint), ("mid", residuals.middle), ("unet", output(residuals)), ("unet_without", output(nil))]
            + residuals.down.enumerated().map { ("down." + PaddedNumber.text($0, digits: 2), $1) }
    }

    private static func mismatch(
        _ task: ParityTask, _ name: String, _ expected: String, _ found: Tensor
    ) -> TrainingError {
        .mismatch(
            what: "\(task.inputs?.path ?? ""): \(name)", expected: expected, found: "\(found.shape)", hint: nil)
    }
}
