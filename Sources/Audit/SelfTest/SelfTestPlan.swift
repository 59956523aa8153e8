import Compute
import Core
import Ledger
import Training

/// The mutants that a self-test makes of a run.
struct SelfTestPlan {
    let run: Run
    /// The steps that are replayed.
    let steps: ClosedRange<Int>
    let engine: Engine

    /// The first step that is replayed, at which all goes wrong that can.
    private var step: Int { steps.lowerBound }

    init(_ run: Run, steps: ClosedRange<Int>, engine: Engine) {
        self.run = run
        self.steps = steps
        self.engine = engine
    }

    /// All of them, those of which must be caught first.
    var mutants: [SelfTestMutant] { inputs + replay + records + stored + latentSet + harmless }

    /// Other inputs, under hashes that hold.
    private var inputs: [SelfTestMutant] {
        func forgery(_ change: @escaping (inout Recipe) -> Void) -> SelfTestMutant.Trial {
            .evidence { copy in
                var inputs = run.manifest.inputs
                var recipe = try run.recipe
                change(&recipe)
                (inputs.recipe, inputs.seed) = (recipe.json, recipe.seed)
                try copy.forge(run, in: run.sources, inputs: inputs)
            }
        }
        return [
            otherOptimizer(forgery),
            SelfTestMutant(
                .seed, "the next number, hashes made anew", .diverged(step: step, phases: .batch ... .inversion),
                steps: step...step, forgery { $0.seed &+= 1 }),
        ]
    }

    /// An optimiser with one setting changed that shows in every update, the first one too.
    private func otherOptimizer(
        _ forgery: (@escaping (inout Recipe) -> Void) -> SelfTestMutant.Trial
    ) -> SelfTestMutant {
        func mutant(_ change: String, _ trial: SelfTestMutant.Trial) -> SelfTestMutant {
            SelfTestMutant(
                .recipe, "\(change), hashes made anew", .diverged(step: step, phases: .update ... .update),
                steps: step...step, trial)
        }
        let recipe = try? run.recipe
        guard let settings = recipe?.optimizer.settings, !(settings is AdamW.Settings) else {
            return mutant(
                "β₁ lower by a thousandth",
                forgery { recipe in
                    guard var settings = recipe.optimizer.settings as? AdamW.Settings else { return }
                    settings.beta1 = settings.beta1 == 0 ? 0.5 : settings.beta1 * 0.999
                    recipe.optimizer.settings = settings
                })
        }
        // From the first step on, since a warm-up's learning rate of 0 has no thousandth.
        return mutant(
            "learning rate up by a thousandth from the first step on",
            forgery { recipe in
                recipe.optimizer.lr = (recipe.optimizer.lr == 0 ? 1e-6 : recipe.optimizer.lr) * 1.001
                recipe.optimizer.warmup = 0
            })
    }

    /// Replays that go wrong.
    private var replay: [SelfTestMutant] {
        func fault(
            _ kind: SelfTestMutant.Kind, _ change: String, _ phases: ClosedRange<Phase>, _ fault: Fault
        ) -> SelfTestMutant {
            SelfTestMutant(
                kind, change, .diverged(step: fault.step, phases: phases), steps: steps.lowerBound...fault.step,
                .fault(fault))
        }
        return [
            fault(.streamCounter, "timesteps of a later step", .timestep ... .timestep, .streamCounter(step)),
            fault(.dataOrder, "an item exchanged with a later step's", .batch ... .batch, .dataOrder(step)),
            fault(.caption, "of one item, id and digest as they were", .inversion ... .policy, .caption(step)),
            fault(.label, "coefficient of one pair, 1 ULP", .batch ... .batch, .label(step)),
            fault(.latent, "1 bit of a picture or latent of the data", .batch ... .batch, .picture(step)),
            fault(.latent, "1 bit of a noisy latent", .inversion ... .inversion, .noisyLatent(step)),
            fault(.crop, "one row further down, of a picture", .batch ... .batch, .crop(step)),
            fault(.mirroring, "of a picture or latent", .batch ... .batch, .mirroring(step)),
            fault(.timeIDs, "one row further down, of a sample", .batch ... .batch, .timeIDs(step)),
            fault(.textState, "1 bit of a caption's states", .inversion ... .policy, .textState(step)),
            fault(.textState, "1 bit of a caption's pooled text", .inversion ... .policy, .pooledText(step)),
            fault(.weightBit, "the lowest bit of one weight", .inversion ... .weights, .weight(step)),
            // Before the first update there are none.
            fault(.optimiserMoment, "1 bit of the optimiser's state", .update ... .update, .moment(steps.upperBound)),
            fault(.lane, "an item in the neighbouring lane", .gradient ... .gradient, .neighbouringLane(step)),
            fault(.lane, "two lanes exchanged", .gradient ... .gradient, .swappedLanes(step)),
            fault(.lane, "lanes added in ascending order", .gradient ... .gradient, .ascendingLanes(step)),
            fault(.scheduleEntry, "1 bit of ā at one timestep", .inversion ... .policy, .scheduleEntry(step)),
        ]
    }

    /// Changed records: as they are, and with every hash made anew.
    private var records: [SelfTestMutant] {
        Run.Source.allCases.flatMap { source -> [SelfTestMutant] in
            let (kind, place): (SelfTestMutant.Kind, String) =
                source == .golden ? (.goldenRow, "golden log") : (.ledgerRow, "ledger")
            let changes = ["1 bit of a loss", "1 bit of a loss, hashes made anew", "1 bit of a head in the \(place)"]
            guard run.sources.contains(source) else {
                let reason = "the run is not in a \(place) here"
                return zip([kind, kind, .chainLink], changes).map { SelfTestMutant($0, $1, notMade: reason) }
            }
            return [
                SelfTestMutant(
                    kind, changes[0], .tampered, steps: step...step,
                    .evidence { try $0.changeLoss(run, of: step, in: source) }),
                SelfTestMutant(
                    kind, changes[1], .diverged(step: step, phases: .loss ... .loss), steps: step...step,
                    .evidence { copy in
                        try copy.forge(run, in: [source]) { try $0.step == step ? $0.withOtherLoss() : $0 }
                    }),
                SelfTestMutant(
                    .chainLink, changes[2], .tampered, steps: step...step,
                    .evidence { try $0.changeHead(run, after: step, in: source) }),
            ]
        }
    }

    /// Other instruction sets, and one worker more.
    private var harmless: [SelfTestMutant] {
        let workers = engine.pool.workers
        let otherCount = workers < 256 ? workers + 1 : workers - 1
        let others = ISA.supported.filter { $0 != engine.isa }
        let sets = others.map { isa in
            SelfTestMutant(
                .instructionSet, "\(isa) instead of \(engine.isa)", .reproduced, steps: step...step,
                .engine(isa, workers: workers))
        }
        return [
            SelfTestMutant(
                .workerCount, otherCount > workers ? "one more" : "one fewer", .reproduced, steps: step...step,
                .engine(engine.isa, workers: otherCount))
        ]
            + (others.isEmpty
                ? [SelfTestMutant(.instructionSet, "another one", notMade: "this machine has one only")] : sets)
    }
}
