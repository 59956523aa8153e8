import Core
import Diffusion
import Preferences

/// The hyper-parameters of a case that another framework computed (`CASE.json`, an object `hp`).
package struct ParityCase: Sendable {
    /// Objectives a case may name. Those of `kto` are single pictures, the winners good and the losers bad.
    package enum ObjectiveName: String, CaseIterable, Sendable {
        case smpo, inpo, dpo, kto, mapo
    }
    let objective: ObjectiveName
    let beta: Float
    let snr: Float
    let label: SmoothedLabel
    let inversion: InversionSettings
    let optimizer: any OptimizerSettings
    let learningRate: LearningRate
    let clip: Float?
    let steps: Int
    let timesteps: Int
    let microPairs: Int?
    let startsAtReference: Bool

    /// Reads a case. Throws `JSONSyntaxError` or `JSONShapeError` naming the key at fault.
    package init(path: String) throws {
        let root = JSONCursor(try JSONValue.read(path), name: "case", file: path)
        try root.requireOnly(["hp"])
        let hp = try root["hp"]
        try hp.requireOnly([
            "lr", "betas", "eps", "weight_decay", "clip", "optimizer", "steps", "beta", "gamma", "score_min",
            "score_max", "T", "objective", "inversion", "micro_pairs", "warmup", "start_at_ref",
            "snr",
        ])
        guard let name = ObjectiveName(rawValue: try hp["objective"].string()) else {
            throw try hp["objective"].error(expected: "one of \(ObjectiveName.allCases.map(\.rawValue))")
        }
        objective = name
        beta = Float(try hp["beta"].double())
        snr = Float(try hp["snr"].present?.double() ?? 0.5)
        let range = (try hp["score_min"].double(), try hp["score_max"].double())
        guard range.0 < range.1 else { throw try hp["score_max"].error(expected: "more than score_min") }
        label = SmoothedLabel(scoreRange: range.0...range.1, gamma: Float(try hp["gamma"].double()))
        inversion =
            try hp["inversion"].present.map(ParityCase.inversion) ?? InversionSettings()
        optimizer = try ParityCase.optimizer(hp)
        steps = try hp["steps"].int()
        guard steps >= 1 else { throw try hp["steps"].error(expected: "at least 1") }
        let warmup = try hp["warmup"].present?.int() ?? 0
        learningRate = LearningRate(
            schedule: warmup > 0 ? .constantWithWarmup : .constant, base: try hp["lr"].double(), warmup: warmup,
            total: steps)
        clip = try hp["clip"].present.map { Float(try $0.double()) }
        timesteps = try hp["T"].present?.int() ?? 1000
        microPairs = try hp["micro_pairs"].present?.int()
        if let microPairs, microPairs < 1 { throw try hp["micro_pairs"].error(expected: "at least 1") }
        startsAtReference = try hp["start_at_ref"].present?.bool() ?? false
    }

    /// SmPO of one step, as a case that begins with stored pictures states it: `beta` beside `hp`.
    /// - Throws: `JSONShapeError`.
    init(pictures root: JSONCursor) throws {
        let hp = try root["hp"]
        try hp.requireOnly(["objective", "gamma", "score_min", "score_max", "inversion"])
        let name = try hp["objective"].string()
        guard name == ObjectiveName.smpo.rawValue else {
            throw try hp["objective"].error(expected: "smpo", found: "\"\(name)\"")
        }
        objective = .smpo
        (beta, snr) = (Float(try root["beta"].double()), 0.5)
        let range = (try hp["score_min"].double(), try hp["score_max"].double())
        guard range.0 < range.1 else { throw try hp["score_max"].error(expected: "more than score_min") }
        label = SmoothedLabel(scoreRange: range.0...range.1, gamma: Float(try hp["gamma"].double()))
        inversion = try ParityCase.inversion(hp["inversion"])
        optimizer = AdamW.Settings()
        learningRate = LearningRate(schedule: .constant, base: 0, warmup: 0, total: 1)
        (clip, steps, timesteps, microPairs, startsAtReference) = (nil, 1, 1000, nil, false)
    }

    /// The objective over pictures of `elements` numbers.
    func makeObjective(elements: Int) -> any Objective {
        switch objective {
        case .smpo: SmPO(beta: beta, elements: elements)
        case .inpo: InPO(beta: beta)
        case .dpo: DPO(beta: beta)
        case .kto: KTO(beta: beta)
        case .mapo: MaPO(beta: beta, snr: snr)
        }
    }

    /// AdamW, or transformers' Adafactor without anything of AdamW's but the weight decay.
    private static func optimizer(_ hp: JSONCursor) throws -> any OptimizerSettings {
        let weightDecay = try hp["weight_decay"].double()
        switch try hp["optimizer"].string() {
        case "adamw":
            return AdamW.Settings(
                beta1: try hp["betas"][0].double(), beta2: try hp["betas"][1].double(), eps: try hp["eps"].double(),
                weightDecay: weightDecay)
        case "adafactor": return Adafactor.Settings(weightDecay: weightDecay)
        default: throw try hp["optimizer"].error(expected: "adamw or adafactor")
        }
    }

    static func inversion(_ cursor: JSONCursor) throws -> InversionSettings {
        try cursor.requireOnly(["kind", "steps", "n", "renoise", "avg", "first"])
        func count(_ key: String) throws -> Int {
            let steps = try cursor[key].int()
            guard (1...1000).contains(steps) else { throw try cursor[key].error(expected: "1…1000") }
            return steps
        }
        /// Levels of single precision, as the reference runs have them.
        func official(_ preset: InversionSettings.Preset) throws -> InversionSettings {
            var inversion = InversionSettings(preset)
            (inversion.steps, inversion.usesFloat16Levels) = (try count("n"), false)
            return inversion
        }
        switch try cursor["kind"].string() {
        case "uniform":
            guard
                let renoise = InversionSettings.Correction(rawValue: try cursor["renoise"].present?.string() ?? "none")
            else { throw try cursor["renoise"].error(expected: "none, last or every") }
            let first = try cursor["first"].present?.string() ?? "src"
            guard ["src", "dst"].contains(first) else { throw try cursor["first"].error(expected: "src or dst") }
            var inversion = InversionSettings()
            (inversion.steps, inversion.renoise) = (try count("steps"), renoise)
            inversion.averages = try cursor["avg"].present?.bool() ?? false
            inversion.label = first == "src" ? .origin : .destination
            return inversion
        case "official_020":
            return try official(.official)
        case "official_new": return try official(.official022)
        default: throw try cursor["kind"].error(expected: "uniform, official_020 or official_new")
        }
    }
}
