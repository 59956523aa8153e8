import Datasets
import Diffusion
import Preferences

/// What a recipe's words mean in the layers below.
extension Recipe {
    /// The inversion's switches.
    var inversionRecipe: InversionRecipe {
        guard let inversion else { return InversionRecipe() }
        return InversionRecipe(
            grid: InversionRecipe.Grid(rawValue: inversion.grid.rawValue)!, steps: inversion.steps,
            renoise: InversionRecipe.Correction(rawValue: inversion.renoise.rawValue)!, averages: inversion.average,
            label: InversionRecipe.Label(rawValue: inversion.label.rawValue)!, guidance: Float(inversion.guidance),
            usesFloat16Levels: inversion.float16Levels)
    }

    /// The objective over pictures of `elements` numbers.
    func makeObjective(elements: Int) -> any Preferences.Objective {
        switch objective.name {
        case .smpo:
            SmPO(
                beta: Float(objective.beta), scale: ErrorScale(rawValue: objective.errors.rawValue)!,
                elements: elements)
        case .sft: SupervisedFineTuning()
        }
    }

    /// The optimiser's settings.
    var adamW: AdamW.Settings {
        AdamW.Settings(
            beta1: optimizer.betas.first, beta2: optimizer.betas.second, eps: optimizer.eps,
            weightDecay: optimizer.weightDecay)
    }

    /// The learning rate of each step.
    var learningRate: LearningRate {
        LearningRate(
            schedule: LearningRate.Schedule(rawValue: optimizer.schedule.rawValue)!, base: optimizer.lr,
            warmup: optimizer.warmup, total: training.steps)
    }
}
