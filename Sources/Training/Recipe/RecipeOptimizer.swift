extension Recipe {
    /// How gradients change the weights.
    public struct Optimizer: Sendable, Equatable {
        /// The optimiser.
        public enum Name: String, Sendable, CaseIterable {
            /// Adam with decoupled weight decay.
            case adamw
        }

        /// How the learning rate goes over the run.
        public enum Schedule: String, Sendable, CaseIterable {
            /// The same in every step.
            case constant
            /// Rising over `warmup` steps, then the same.
            case constantWithWarmup = "constant_with_warmup"
            /// Rising over `warmup` steps, then falling to 0 along half a cosine.
            case cosine
        }

        /// The decay of AdamW's two moments, each at least 0 and below 1.
        public struct Betas: Sendable, Equatable {
            /// β₁, of the gradient's mean.
            public var first: Double
            /// β₂, of the squared gradient's mean.
            public var second: Double
        }

        /// `optimizer.name`.
        public var name: Name
        /// The learning rate, at least 0.
        public var lr: Double
        /// `optimizer.betas`.
        public var betas: Betas
        /// ε, added to the root of the second moment; above 0.
        public var eps: Double
        /// Decoupled weight decay, at least 0.
        public var weightDecay: Double
        /// The norm that gradients are clipped to, above 0; `nil` for no clipping.
        public var clip: Double?
        /// `optimizer.schedule`.
        public var schedule: Schedule
        /// The steps over which the learning rate rises from 0; at most the run's.
        public var warmup: Int
    }
}

extension Recipe.Optimizer {
    static let keys = ["name", "lr", "betas", "eps", "weight_decay", "clip", "schedule", "warmup"]

    init(_ section: RecipeSection) throws {
        name = try section["name"].choice(default: .adamw)
        lr = try section["lr"].double("a number of at least 0") { $0 >= 0 }
        betas = try Betas(section["betas"])
        eps = try section["eps"].double("a number above 0", default: 1e-8) { $0 > 0 }
        weightDecay = try section["weight_decay"].double("a number of at least 0", default: 0.01) { $0 >= 0 }
        clip = try section["clip"].optional(default: 1) { try $0.double("a number above 0, or null") { $0 > 0 } }
        schedule = try section["schedule"].choice(default: .constant)
        warmup = try section["warmup"].int(0...Int.max, default: 0)
    }

    var value: RecipeValue {
        .section([
            ("name", .text(name.rawValue)), ("lr", .number(lr)),
            ("betas", .list([.number(betas.first), .number(betas.second)])), ("eps", .number(eps)),
            ("weight_decay", .number(weightDecay)), ("clip", .optional(clip) { .number($0) }),
            ("schedule", .text(schedule.rawValue)), ("warmup", .int(warmup)),
        ])
    }
}

extension Recipe.Optimizer.Betas {
    fileprivate init(_ field: RecipeField) throws {
        let values = try field.list(count: 2, of: "numbers")?.map {
            try $0.double("a number of at least 0 and below 1") { $0 >= 0 && $0 < 1 }
        }
        self.init(first: values?[0] ?? 0.9, second: values?[1] ?? 0.999)
    }
}
