import Checkpoints
import Core

/// The noise schedule of a `scheduler_config.json`, read as diffusers' `DDIMScheduler` reads it whatever class saved
/// the file: missing keys take that scheduler's defaults.
package struct SchedulerConfig: Equatable, ComponentConfiguration {
    /// How β goes from its start to its end.
    package enum BetaSchedule: String, CaseIterable, Sendable {
        /// Evenly.
        case linear
        /// The square root of β evenly: Stable Diffusion.
        case scaledLinear = "scaled_linear"
        /// From the squared cosine of the level, β at most 0.999; start and end are not used.
        case squaredCosine = "squaredcos_cap_v2"
    }

    /// What the model predicts.
    package enum PredictionType: String, CaseIterable, Sendable {
        /// The noise.
        case epsilon
        /// √ā·noise − √(1 − ā)·picture.
        case velocity = "v_prediction"
    }

    /// How the timesteps of a sampler are spread over those of training.
    package enum TimestepSpacing: String, CaseIterable, Sendable {
        /// Multiples of the whole step, plus `stepsOffset`.
        case leading
        /// Counted from the last timestep down.
        case trailing
        /// Evenly, both ends included, rounded.
        case linspace
    }

    /// `num_train_timesteps`
    package let numTrainTimesteps: Int
    /// `beta_start`
    package let betaStart: Double
    /// `beta_end`
    package let betaEnd: Double
    /// `beta_schedule`
    package let betaSchedule: BetaSchedule
    /// `prediction_type`
    package let predictionType: PredictionType
    /// `rescale_betas_zero_snr`: whether the schedule is rescaled to end in pure noise.
    package let rescaleBetasZeroSNR: Bool
    /// `set_alpha_to_one`: whether ā before timestep 0 is 1; else it is ā₀.
    package let setAlphaToOne: Bool
    /// `steps_offset`, added to the timesteps with `leading` spacing.
    package let stepsOffset: Int
    /// `timestep_spacing`
    package let timestepSpacing: TimestepSpacing
    /// `clip_sample`: `clip_sample_range` when the predicted picture is clipped to ± that, else `nil`.
    package let clipSampleRange: Double?
    /// The file.
    package let file: String
    /// What the file states, keys of other samplers among it: which of them draws, and how (`SamplerConfig`).
    package let stated: JSONObject

    /// Takes the members of a `scheduler_config.json`; `file` is for messages.
    /// - Throws: `ConfigError`.
    package init(_ object: JSONObject, file: String = "scheduler_config.json") throws {
        (self.file, stated) = (file, object)
        var reader = ConfigReader(object, file: file)
        try reader.requireClass(Self.classNames)
        numTrainTimesteps = try reader.integer("num_train_timesteps", default: 1000, in: 1...ConfigReader.large)
        betaStart = try reader.number("beta_start", default: 0.0001, in: 0...1)
        betaEnd = try reader.number("beta_end", default: 0.02, in: 0...1)
        betaSchedule = try reader.choice("beta_schedule", default: .linear)
        predictionType = try reader.choice("prediction_type", default: .epsilon)
        rescaleBetasZeroSNR = try reader.bool("rescale_betas_zero_snr", default: false)
        setAlphaToOne = try reader.bool("set_alpha_to_one", default: true)
        stepsOffset = try reader.integer("steps_offset", default: 0, in: 0...ConfigReader.large)
        timestepSpacing = try reader.choice("timestep_spacing", default: .leading)
        let clips = try reader.bool("clip_sample", default: true)
        let range = try reader.number("clip_sample_range", default: 1, in: 0...1e9)
        clipSampleRange = clips ? range : nil
        try Self.readNeutral(&reader)
        try reader.finish()
        guard betaStart > 0, betaStart <= betaEnd, betaEnd < 1 else {
            throw ConfigError(
                file: file, key: "beta_start", "and beta_end \(betaEnd) are no schedule",
                expected: "0 < beta_start ≤ beta_end < 1", found: "\(betaStart)")
        }
    }

    /// Equality of the noise schedules.
    package static func == (left: SchedulerConfig, right: SchedulerConfig) -> Bool { left.json == right.json }
}
