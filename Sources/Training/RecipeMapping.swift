import Datasets
import Diffusion
import Preferences

/// What a recipe's words mean in the layers below.
extension Recipe {
    /// The inversion's switches.
    package var inversionRecipe: InversionRecipe {
        guard let inversion else { return InversionRecipe() }
        return InversionRecipe(
            grid: InversionRecipe.Grid(rawValue: inversion.grid.rawValue)!, steps: inversion.steps,
            renoise: InversionRecipe.Correction(rawValue: inversion.renoise.rawValue)!, averages: inversion.average,
            label: InversionRecipe.Label(rawValue: inversion.label.rawValue)!, guidance: Float(inversion.guidance),
            noise: Float(inversion.noise ?? 0),
            usesFloat16Levels: inversion.float16Levels)
    }

    /// The adapters, if there are to be any.
    var adapterRecipe: AdapterRecipe? {
        lora.map { AdapterRecipe(rank: $0.rank, alpha: $0.alpha, targets: $0.targets, seed: $0.initSeed) }
    }

    /// The objective over pictures of `elements` numbers.
    func makeObjective(elements: Int) -> any Preferences.Objective {
        let beta = Float(objective.beta)
        switch objective.name {
        case .smpo:
            return SmPO(beta: beta, scale: ErrorScale(rawValue: objective.errors.rawValue)!, elements: elements)
        case .sft: return SupervisedFineTuning()
        case .pickscore: preconditionFailure("a scorer's loss is not one of a network's errors")
        case .dpo: return DPO(beta: beta, form: objective.form ?? .sigmoid)
        case .inpo: return InPO(beta: beta)
        case .kto:
            let kto = objective.kto ?? Recipe.JudgedPictures()
            return KTO(
                beta: beta, utility: kto.utility, kl: kto.kl,
                lambda: (good: Float(kto.lambdaGood), bad: Float(kto.lambdaBad)))
        case .mapo:
            let margin = objective.mapo ?? Recipe.OddsMargin()
            return MaPO(beta: beta, temperature: Float(margin.temperature), snr: Float(margin.snr))
        }
    }

    /// The optimiser's settings.
    var optimizerSettings: OptimizerSettings {
        switch optimizer.name {
        case .adamw:
            return .adamW(
                AdamW.Settings(
                    beta1: optimizer.betas.first, beta2: optimizer.betas.second, eps: optimizer.eps,
                    weightDecay: optimizer.weightDecay))
        case .adafactor:
            var settings = Adafactor.Settings(weightDecay: optimizer.weightDecay)
            settings.clipThreshold = optimizer.clipThreshold ?? settings.clipThreshold
            settings.decayRate = optimizer.decayRate ?? settings.decayRate
            return .adafactor(settings)
        case .sgd:
            return .sgd(SGD.Settings(momentum: optimizer.momentum ?? 0, weightDecay: optimizer.weightDecay))
        }
    }

    /// The learning rate of each step.
    var learningRate: LearningRate {
        LearningRate(
            schedule: LearningRate.Schedule(rawValue: optimizer.schedule.rawValue)!,
            base: optimizer.highestRate(pairsPerStep: training.pairsPerStep), warmup: optimizer.warmup,
            total: training.steps, cycles: optimizer.cycles ?? 1, power: optimizer.power ?? 1,
            end: optimizer.lrEnd ?? 1e-7)
    }
}
