import Core

extension Recipe {
    /// How gradients change the weights.
    package struct Optimizer: Sendable, Equatable {
        /// The optimiser.
        package enum Name: String, Sendable, CaseIterable {
            /// Adam with decoupled weight decay.
            case adamw
            /// Adafactor with a given learning rate, as the public SDXL runs.
            case adafactor
            /// Stochastic gradient descent.
            case sgd
        }

        /// How the learning rate goes over the run.
        package enum Schedule: String, Sendable, CaseIterable {
            /// The same in every step.
            case constant
            /// Rising over `warmup` steps, then the same.
            case constantWithWarmup = "constant_with_warmup"
            /// Rising over `warmup` steps, then falling to 0 along a line.
            case linear
            /// Rising over `warmup` steps, then falling to 0 along half a cosine.
            case cosine
            /// Rising over `warmup` steps, then falling to 0 along half a cosine, `cycles` times.
            case cosineWithRestarts = "cosine_with_restarts"
            /// Rising over `warmup` steps, then falling to `lr_end` along a power.
            case polynomial
        }

        /// The decay of AdamW's two moments, each at least 0 and below 1.
        package struct Betas: Sendable, Equatable {
            /// β₁, of the gradient's mean.
            package var first: Double
            /// β₂, of the squared gradient's mean.
            package var second: Double
        }

        /// `optimizer.name`.
        package var name: Name
        /// The learning rate at its highest, at least 0; with `scalesRate` that of one pair.
        package var lr: Double
        /// Whether `lr` is multiplied by the pairs of a step (pictures, for `sft` and `kto`), as the public `--scale_lr`.
        package var scalesRate = false
        /// `optimizer.betas`, of AdamW.
        package var betas: Betas
        /// AdamW's ε, added to the root of the second moment; above 0.
        package var eps: Double
        /// Weight decay, at least 0: decoupled, but with SGD, as in PyTorch, a part of the gradient.
        package var weightDecay: Double
        /// The norm that gradients are clipped to, above 0; `nil` for no clipping.
        package var clip: Double?
        /// `optimizer.schedule`.
        package var schedule: Schedule
        /// The steps over which the learning rate rises from 0; at most the run's.
        package var warmup: Int
        /// How often `cosine_with_restarts` starts, at least 1; nil for other schedules.
        package var cycles: Int? = nil
        /// The power of `polynomial`, above 0; nil for other schedules.
        package var power: Double? = nil
        /// The learning rate that `polynomial` falls to, at least 0 and below the highest; nil for other schedules.
        package var lrEnd: Double? = nil
        /// Adafactor's bound on the root mean square of a tensor's update, above 0; nil for other optimisers.
        package var clipThreshold: Double? = nil
        /// Adafactor's exponent c, below 0: the k-th update keeps 1 − kᶜ of the moments; nil for other optimisers.
        package var decayRate: Double? = nil
        /// SGD's momentum, at least 0 and below 1; nil for other optimisers.
        package var momentum: Double? = nil
    }
}

extension Recipe.Optimizer {
    private static let ownKeys: [(name: Name, keys: [String])] = [
        (.adamw, ["betas", "eps"]), (.adafactor, ["clip_threshold", "decay_rate"]), (.sgd, ["momentum"]),
    ]
    private static let scheduleKeys: [(schedule: Schedule, keys: [String])] = [
        (.cosineWithRestarts, ["cycles"]), (.polynomial, ["power", "lr_end"]),
    ]
    static let keys =
        ["name", "lr", "scale_lr", "weight_decay", "clip", "schedule", "warmup"] + ownKeys.flatMap(\.keys)
        + scheduleKeys.flatMap(\.keys)

    init(_ section: SettingsSection) throws {
        let name: Name = try section["name"].choice(default: .adamw)
        self.name = name
        for (owner, keys) in Self.ownKeys where owner != name {
            for key in keys { try section[key].refuse(with: "optimizer.name: \(name.rawValue)") }
        }
        lr = try section["lr"].double("a number of at least 0") { $0 >= 0 }
        scalesRate = try section["scale_lr"].node == nil ? false : section["scale_lr"].bool()
        (betas, eps) = (Betas(first: 0.9, second: 0.999), 1e-8)
        switch name {
        case .adamw:
            betas = try Betas(section["betas"])
            eps = try section["eps"].double("a number above 0", default: eps) { $0 > 0 }
        case .adafactor:
            clipThreshold = try section["clip_threshold"].double("a number above 0", default: 1) { $0 > 0 }
            decayRate = try section["decay_rate"].double("a number below 0", default: -0.8) { $0 < 0 }
        case .sgd:
            momentum = try section["momentum"].double("a number of at least 0 and below 1", default: 0) {
                $0 >= 0 && $0 < 1
            }
        }
        weightDecay = try section["weight_decay"].double("a number of at least 0", default: name == .sgd ? 0 : 0.01) {
            $0 >= 0
        }
        clip = try section["clip"].optional(default: 1) { try $0.double("a number above 0, or null") { $0 > 0 } }
        schedule = try section["schedule"].choice(default: .constant)
        for (owner, keys) in Self.scheduleKeys where owner != schedule {
            for key in keys { try section[key].refuse(with: "optimizer.schedule: \(schedule.rawValue)") }
        }
        switch schedule {
        case .cosineWithRestarts: cycles = try section["cycles"].int(1...Int.max, default: 1)
        case .polynomial:
            power = try section["power"].double("a number above 0", default: 1) { $0 > 0 }
            lrEnd = try section["lr_end"].double("a number of at least 0", default: 1e-7) { $0 >= 0 }
        case .constant, .constantWithWarmup, .linear, .cosine: break
        }
        warmup = try section["warmup"].int(0...Int.max, default: 0)
    }

    /// The learning rate at its highest.
    func highestRate(pairsPerStep: Int) -> Double { scalesRate ? lr * Double(pairsPerStep) : lr }

    /// Only the optimiser's and the schedule's own keys, so that a new key of another changes no manifest of this one.
    var value: SettingsValue {
        let moments: [(key: String, value: SettingsValue)] =
            name == .adamw
            ? [("betas", .list([.number(betas.first), .number(betas.second)])), ("eps", .number(eps))] : []
        let scale: [(key: String, value: SettingsValue)] = scalesRate ? [("scale_lr", .bool(true))] : []
        let restarts = cycles.map { [(key: "cycles", value: SettingsValue.int($0))] } ?? []
        func given(_ numbers: [(key: String, value: Double?)]) -> [(key: String, value: SettingsValue)] {
            numbers.compactMap { key, value in value.map { (key: key, value: .number($0)) } }
        }
        let own = given([("clip_threshold", clipThreshold), ("decay_rate", decayRate), ("momentum", momentum)])
        return .section(
            [("name", .text(name.rawValue)), ("lr", .number(lr))] + scale + moments + own + [
                ("weight_decay", .number(weightDecay)), ("clip", .optional(clip) { .number($0) }),
                ("schedule", .text(schedule.rawValue)), ("warmup", .int(warmup)),
            ] + restarts + given([("power", power), ("lr_end", lrEnd)]))
    }
}

extension Recipe.Optimizer.Betas {
    fileprivate init(_ field: SettingsField) throws {
        let values = try field.list(count: 2, of: "numbers")?.map {
            try $0.double("a number of at least 0 and below 1") { $0 >= 0 && $0 < 1 }
        }
        self.init(first: values?[0] ?? 0.9, second: values?[1] ?? 0.999)
    }
}
