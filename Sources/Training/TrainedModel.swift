import Compute
import Diffusion

/// The networks of a run. Policy and reference share their weights' storage until the first update; with adapters, to
/// the end: the reference is the policy without them.
package final class TrainedModel: TrainableModel {
    /// The network that is trained.
    package let policy: UNet2DConditionModel
    /// The frozen network it is compared with.
    package let reference: UNet2DConditionModel?
    /// The text encoder, if it is trained too.
    package let textEncoder: CLIPTextModel?
    /// The noise schedule.
    package var schedule: NoiseSchedule
    /// The schedule of the target (rounded to Float16 in the official presets).
    package var targetSchedule: NoiseSchedule
    /// What computes.
    package let engine: Engine
    /// All trained parameters: the UNet's, or its adapters' where it has some, then the text encoder's with
    /// `text_encoder/` before their names.
    package let parameters: [(name: String, parameter: Parameter)]

    /// Trained parameters, then the policy's frozen ones and the reference's.
    package var weights: [(name: String, parameter: Parameter)] {
        parameters + (policy.parameters + (reference?.parameters ?? [])).map { ("unet/" + $0.name, $0) }
    }

    /// Networks, schedule and engine of a run. Marks what is trained of the policy (and the text encoder's
    /// parameters, if given) trainable.
    package init(
        policy: UNet2DConditionModel, reference: UNet2DConditionModel?, textEncoder: CLIPTextModel?,
        schedule: NoiseSchedule, usesFloat16Levels: Bool = false, engine: Engine
    ) {
        // Together, so that what they share stays shared.
        engine.place(policy.allParameters + (reference?.parameters ?? []) + (textEncoder?.parameters ?? []))
        self.policy = policy
        self.reference = reference
        self.textEncoder = textEncoder
        self.schedule = schedule
        self.targetSchedule = usesFloat16Levels ? schedule.throughFloat16 : schedule
        self.engine = engine
        parameters =
            policy.trainedParameters.map { ("unet/" + $0.name, $0) }
            + (textEncoder?.parameters ?? []).map { ("text_encoder/" + $0.name, $0) }
        for (_, parameter) in parameters { parameter.isTrainable = true }
    }
}
