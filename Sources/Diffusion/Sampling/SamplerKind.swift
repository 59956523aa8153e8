import Core

/// The samplers that draw here, by the word that a command names them with.
package enum SamplerKind: String, CaseIterable, Sendable {
    /// Song et al. 2021.
    case ddim
    /// Liu et al. 2022, without Runge-Kutta steps (PLMS): Stable Diffusion 1.5's own.
    case pndm
    /// Karras et al. 2022, without churn: SDXL's own.
    case euler
    /// DPM-Solver++ 2M (Lu et al. 2022).
    case dpmSolverMultistep = "dpmpp2m"

    /// The class of diffusers.
    package var className: String {
        switch self {
        case .ddim: "DDIMScheduler"
        case .pndm: "PNDMScheduler"
        case .euler: "EulerDiscreteScheduler"
        case .dpmSolverMultistep: "DPMSolverMultistepScheduler"
        }
    }

    /// Its name for people.
    package var title: String {
        switch self {
        case .ddim: "DDIM"
        case .pndm: "PNDM"
        case .euler: "Euler"
        case .dpmSolverMultistep: "DPM-Solver++ 2M"
        }
    }

    /// The spacing of a file that states none.
    var defaultSpacing: SchedulerConfig.TimestepSpacing { self == .ddim || self == .pndm ? .leading : .linspace }

    /// The sampler that a file names; DDIM where it names none. - Throws: `ConfigError` for one that is not covered.
    static func named(in file: SchedulerConfig) throws -> SamplerKind {
        guard case .string(let name)? = file.stated["_class_name"] else { return .ddim }
        let plain = ConfigReader.withoutFramework(name)
        if let kind = allCases.first(where: { $0.className == plain }) { return kind }
        throw ConfigError(
            file: file.file, key: "_class_name", "is a sampler that is not covered",
            expected: allCases.map { "\($0.className) (\($0.rawValue))" }.joined(separator: ", "), found: "\"\(name)\"",
            hint: "--scheduler names another, by the same file's schedule")
    }
}
