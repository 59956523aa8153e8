import Compute
import Core

extension SchedulerConfig {
    /// Schedulers over the same kind of noise schedule, whose files are read for that schedule.
    package static let classNames = [
        "DDIMScheduler", "DDIMInverseScheduler", "DDPMScheduler", "DEISMultistepScheduler",
        "DPMSolverMultistepScheduler", "DPMSolverSinglestepScheduler", "EulerAncestralDiscreteScheduler",
        "EulerDiscreteScheduler", "HeunDiscreteScheduler", "KDPM2AncestralDiscreteScheduler", "KDPM2DiscreteScheduler",
        "LMSDiscreteScheduler", "PNDMScheduler", "UniPCMultistepScheduler",
    ]

    static func readNeutral(_ reader: inout ConfigReader) throws {
        try reader.neutral([
            ("flow_shift", [1, .null]),
            ("thresholding", [false]),
            ("trained_betas", [.null]),
            ("use_dynamic_shifting", [false]),
            ("use_flow_sigmas", [false, .null]),
            ("variance_type", [.null, "fixed_small", "fixed_small_log", "fixed_large", "fixed_large_log"]),
        ])
        // How other samplers than DDIM step over the same schedule.
        reader.ignore([
            "algorithm_type", "disable_corrector", "dynamic_thresholding_ratio", "euler_at_final",
            "final_sigmas_type", "interpolation_type", "lambda_min_clipped", "lower_order_final", "predict_x0",
            "sample_max_value", "shift_terminal", "sigma_max", "sigma_min", "skip_prk_steps", "solver_order",
            "solver_p", "solver_type", "time_shift_type", "timestep_type", "use_beta_sigmas",
            "use_exponential_sigmas", "use_karras_sigmas", "use_lu_lambdas",
        ])
    }

    /// The schedule as a `DDIMScheduler` of diffusers 0.42; `SchedulerConfig(_:file:)` reads it back equal.
    package var json: JSONValue {
        [
            "_class_name": "DDIMScheduler",
            "_diffusers_version": "0.42.1",
            "beta_end": ConfigJSON.number(betaEnd),
            "beta_schedule": .string(betaSchedule.rawValue),
            "beta_start": ConfigJSON.number(betaStart),
            "clip_sample": .bool(clipSampleRange != nil),
            "clip_sample_range": ConfigJSON.number(clipSampleRange ?? 1),
            "num_train_timesteps": .integer(numTrainTimesteps),
            "prediction_type": .string(predictionType.rawValue),
            "rescale_betas_zero_snr": .bool(rescaleBetasZeroSNR),
            "set_alpha_to_one": .bool(setAlphaToOne),
            "steps_offset": .integer(stepsOffset),
            "thresholding": false,
            "timestep_spacing": .string(timestepSpacing.rawValue),
            "trained_betas": .null,
        ]
    }
}

extension SchedulerConfig: Component {
    package func configurationDigests(_ folder: String) -> [String: Digest] { [folder: .of(.document, json)] }

    package func writeConfiguration(into writer: FolderWriter, _ folder: String, storing dtype: DType) throws {
        try writer.write(json.pretty + "\n", to: Pipeline.path(folder, "scheduler_config.json"))
    }
}
