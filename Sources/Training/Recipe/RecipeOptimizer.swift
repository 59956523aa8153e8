import Core

extension Recipe {
    /// How gradients change the weights.
    package struct Optimizer: Sendable {
        /// The optimiser with its own keys and the weight decay: at least 0, decoupled, but with SGD, as in PyTorch, a part
        /// of the gradient.
        package var settings: any OptimizerSettings = AdamW.Settings()
        /// The learning rate at its highest, at least 0; with `scalesRate` that of one pair.
        package var lr: Double
        /// Whether `lr` is multiplied by the pairs of a step (pictures, for `sft` and `kto`), as the public `--scale_lr`.
        package var scalesRate = false
        /// The norm that gradients are clipped to, above 0; `nil` for no clipping.
        package var clip: Double? = 1
        /// How the learning rate goes over the run.
        package var schedule = LearningRate.Schedule.constant
        /// The steps over which the learning rate rises from 0; at most the run's.
        package var warmup = 0
        /// How often `cosine_with_restarts` starts, at least 1.
        package var cycles = 1
        /// The power of `polynomial`, above 0.
        package var power = 1.0
        /// The learning rate that `polynomial` falls to, at least 0 and below the highest.
        package var lrEnd = 1e-7

        /// The learning rate at its highest.
        func highestRate(pairsPerStep: Int) -> Double { scalesRate ? lr * Double(pairsPerStep) : lr }
    }
}

extension Recipe.Optimizer: Equatable {
    /// Whether they are written alike.
    package static func == (a: Self, b: Self) -> Bool { a.value.json == b.value.json }
}

extension Recipe.Optimizer: KeyedSettings {
    private typealias Key = SettingsKey<Self>

    /// The keys of `optimizer`: only the optimiser's and the schedule's own are written, so that a new key of another
    /// changes no manifest of this one.
    package static let schema = SettingsSchema<Self>(
        Self(lr: 0),
        [
            Key("name", \.settings, .named(Optimizers.all) { $0.name }, "the optimiser"),
            Key("lr", \.lr, .number(.atLeast(0)), default: .required, "the learning rate at its highest"),
            Key(
                "scale_lr", \.scalesRate, .bool, default: .omitted(false),
                "whether lr is that of one pair, multiplied by the pairs of a step"),
        ]
            + Key.own(
                "optimizer.name", Optimizers.all.map { ($0.name, $0) }, of: { ($0.settings.name, $0.settings) }
            ) {
                try $0.settings.read($1, $2)
            } + [
                Key(
                    "weight_decay", \.settings.weightDecay, .number(.atLeast(0)),
                    default: .from(standardDecay) { $0.settings.weightDecay },
                    "weight decay: decoupled, but with sgd a part of the gradient"),
                Key(
                    "clip", \.clip, .optional(.number(.above(0), orNull: true)),
                    "the norm that gradients are clipped to; null for no clipping"),
                Key("schedule", \.schedule, .choice, "how the learning rate goes over the run"),
                Key(
                    "warmup", \.warmup, .int(0...Int.max),
                    "steps over which the learning rate rises from 0; at most training.steps"),
                Key(
                    "cycles", \.cycles, .int(1...Int.max), when: only(.cosineWithRestarts),
                    "how often the cosine starts"),
                Key("power", \.power, .number(.above(0)), when: only(.polynomial), "the power of the fall"),
                Key(
                    "lr_end", \.lrEnd, .number(.atLeast(0)), when: only(.polynomial),
                    "the learning rate that it falls to; below the highest"),
            ])

    private static var standardDecay: String {
        Optimizers.all.map { "\(SettingsValue.decimal($0.weightDecay)) (\($0.name))" }.joined(separator: ", ")
    }

    private static func only(_ schedule: LearningRate.Schedule) -> Key.Condition {
        Key.Condition("optimizer.schedule: \(schedule.rawValue)") {
            $0.schedule == schedule ? nil : "optimizer.schedule: \($0.schedule.rawValue)"
        }
    }
}

extension Recipe {
    /// The learning rate of each step.
    var learningRate: LearningRate {
        LearningRate(
            schedule: optimizer.schedule, base: optimizer.highestRate(pairsPerStep: training.pairsPerStep),
            warmup: optimizer.warmup, total: training.steps, cycles: optimizer.cycles, power: optimizer.power,
            end: optimizer.lrEnd)
    }
}
