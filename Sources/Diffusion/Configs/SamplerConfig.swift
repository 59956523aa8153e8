import Core

/// How one of diffusers' samplers draws by a `scheduler_config.json`: values that the file states, whatever class saved it,
/// and for the others the sampler's own defaults. So `timestep_spacing` that is not stated is `leading` for DDIM and
/// PNDM, `linspace` for Euler and DPM-Solver++.
///
/// Source: `ConfigMixin.from_config` of diffusers 0.42 and the schedulers' constructors.
package struct SamplerConfig: Equatable, Sendable {
    /// Which σ the calls of Euler and DPM-Solver++ are made at.
    package enum Sigmas: String, Sendable {
        /// Those of the timesteps.
        case ofTimesteps = "timesteps"
        /// `use_karras_sigmas`: even in σ^(1/7) (Karras et al. 2022).
        case karras
        /// `use_exponential_sigmas`: even in ln σ.
        case exponential
    }

    /// `final_sigmas_type`: σ after the last call.
    package enum FinalSigma: String, CaseIterable, Sendable {
        /// 0.
        case zero
        /// σ of timestep 0.
        case least = "sigma_min"
    }

    /// `solver_type`: how DPM-Solver++ takes the second order.
    package enum SolverType: String, CaseIterable, Sendable {
        case midpoint, heun
    }

    /// Which sampler.
    package let kind: SamplerKind
    /// The schedule, its spacing and offset, with the sampler's defaults.
    package let scheduler: SchedulerConfig
    /// Which σ.
    package let sigmas: Sigmas
    /// `sigma_min` and `sigma_max`, the ends of Karras' and exponential σ; nil for those of the timesteps.
    package let sigmaRange: (least: Double?, most: Double?)
    /// σ after the last call.
    package let finalSigma: FinalSigma
    /// `solver_order` of DPM-Solver++: 1 or 2.
    package let solverOrder: Int
    /// `solver_type` of DPM-Solver++.
    package let solverType: SolverType
    /// `euler_at_final` and `lower_order_final` of DPM-Solver++: whether its last step is of the first order, always or below
    /// 15 steps. Either way it is where σ ends at 0.
    package let eulerAtFinal, lowerOrderFinal: Bool

    /// Reads what `file` says of the sampler `kind`, or of the one that the file names.
    /// - Parameters:
    ///   - spacing: in the place of the file's.
    ///   - isKarras: in the place of the file's.
    ///   - isForStableDiffusion: whether diffusers' `StableDiffusionPipeline` draws, which sets `steps_offset` to 1 and
    ///     `clip_sample` to false in old files.
    /// - Throws: `ConfigError` for a sampler, or a switch of one, that is not covered.
    package init(
        _ file: SchedulerConfig, kind: SamplerKind? = nil, spacing: SchedulerConfig.TimestepSpacing? = nil,
        isKarras: Bool? = nil, isForStableDiffusion: Bool = false
    ) throws {
        let kind = try kind ?? SamplerKind.named(in: file)
        self.kind = kind
        var reader = ConfigReader(file.stated, file: file.file)
        try Self.requireCovered(&reader, kind)
        scheduler = try Self.resolved(file, kind, spacing, isForStableDiffusion)
        let takesSigmas = kind == .euler || kind == .dpmSolverMultistep
        func flag(_ key: String, _ fallback: Bool = false) throws -> Bool {
            guard takesSigmas else { return false }
            return try reader.bool(key, default: fallback, nullAs: false)
        }
        let (karras, exponential) = (
            try isKarras ?? flag("use_karras_sigmas"), try flag("use_exponential_sigmas")
        )
        if karras && !takesSigmas {
            throw ConfigError(
                file: file.file, key: "use_karras_sigmas", "is nothing for \(kind.rawValue)",
                expected: "euler or dpmpp2m", found: nil)
        }
        if karras && exponential && isKarras == nil {
            throw reader.refusal(
                "use_exponential_sigmas", true, "is set beside use_karras_sigmas", expected: "one of both")
        }
        sigmas = karras ? .karras : exponential ? .exponential : .ofTimesteps
        sigmaRange =
            takesSigmas
            ? (
                try reader.optionalNumber("sigma_min", in: 1e-9...1e9),
                try reader.optionalNumber("sigma_max", in: 1e-9...1e9)
            ) : (nil, nil)
        finalSigma = takesSigmas ? try reader.choice("final_sigmas_type", default: .zero) : .zero
        let isDPM = kind == .dpmSolverMultistep
        solverOrder = isDPM ? try reader.integer("solver_order", default: 2, in: 1...2) : 1
        solverType = isDPM ? try reader.choice("solver_type", default: .midpoint) : .midpoint
        eulerAtFinal = isDPM ? try flag("euler_at_final") : false
        lowerOrderFinal = isDPM ? try flag("lower_order_final", true) : true
    }

    /// The file's schedule with the sampler's own values for what it does not state.
    private static func resolved(
        _ file: SchedulerConfig, _ kind: SamplerKind, _ spacing: SchedulerConfig.TimestepSpacing?,
        _ isForStableDiffusion: Bool
    ) throws -> SchedulerConfig {
        guard case .object(var members) = file.json else { return file }
        if let spacing {
            members["timestep_spacing"] = .string(spacing.rawValue)
        } else if file.stated["timestep_spacing"] == nil {
            members["timestep_spacing"] = .string(kind.defaultSpacing.rawValue)
        }
        if file.stated["set_alpha_to_one"] == nil { members["set_alpha_to_one"] = .bool(kind == .ddim) }
        if kind != .ddim || isForStableDiffusion { members["clip_sample"] = false }
        if isForStableDiffusion { members["steps_offset"] = 1 }
        return try SchedulerConfig(members, file: file.file)
    }

    /// Switches that would make another sampler.
    private static func requireCovered(_ reader: inout ConfigReader, _ kind: SamplerKind) throws {
        switch kind {
        case .ddim: break
        case .pndm:
            // Every file of Stable Diffusion says true; a file of another class may say nothing.
            try reader.neutral([("skip_prk_steps", [true]), ("rescale_betas_zero_snr", [false])])
        case .euler:
            try reader.neutral([
                ("interpolation_type", ["linear"]), ("timestep_type", ["discrete"]),
                ("use_beta_sigmas", [false, .null]),
            ])
        case .dpmSolverMultistep:
            try reader.neutral([
                ("algorithm_type", ["dpmsolver++"]), ("use_beta_sigmas", [false, .null]),
                ("use_lu_lambdas", [false, .null]), ("lambda_min_clipped", ["-inf"]),
            ])
        }
    }

    package static func == (left: SamplerConfig, right: SamplerConfig) -> Bool { left.json == right.json }

    /// All that tells two samplers of one kind apart, for records.
    package var json: JSONValue {
        guard case .object(var members) = scheduler.json else { return .null }
        for key in ["_class_name", "_diffusers_version", "thresholding", "trained_betas"] { members[key] = nil }
        members["sampler"] = .string(kind.rawValue)
        if kind != .ddim {
            members["clip_sample"] = nil
            members["clip_sample_range"] = nil
        }
        guard kind == .euler || kind == .dpmSolverMultistep else { return .object(members) }
        members["set_alpha_to_one"] = nil
        members["sigmas"] = .string(sigmas.rawValue)
        members["final_sigmas_type"] = .string(finalSigma.rawValue)
        for (key, value) in [("sigma_min", sigmaRange.least), ("sigma_max", sigmaRange.most)] {
            if let value { members[key] = ConfigJSON.number(value) }
        }
        if kind == .dpmSolverMultistep {
            members["solver_order"] = .integer(solverOrder)
            members["solver_type"] = .string(solverType.rawValue)
            members["euler_at_final"] = .bool(eulerAtFinal)
            members["lower_order_final"] = .bool(lowerOrderFinal)
        }
        return .object(members)
    }
}
