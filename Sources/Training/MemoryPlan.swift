import Checkpoints
import Compute
import Diffusion

/// What a run will take of memory, worked out before anything large is loaded.
///
/// The fullest moment is one of three. In the first step's passes the policy and its reference still share their weights
/// and the optimiser's moments do not exist yet. At the end of the first update the moments are there and the reference
/// has its own weights, while the gradients have been let go one by one; where moments and reference take less than the
/// gradients did, the update is fullest at its beginning. In the passes of later steps all of them are
/// there together. A run that trains adapters has no weights of its own for the reference. Checkpoints and the trained
/// model are written tensor by tensor and add nothing.
package struct MemoryPlan: Sendable, Equatable {
    /// What one purpose takes at each moment, in bytes.
    package struct Row: Sendable, Equatable {
        /// The purpose.
        package let name: String
        /// In the passes of the first step.
        package let first: Int
        /// At the end of its update.
        package let update: Int
        /// In the passes of later steps.
        package let later: Int
    }

    /// What is taken for what.
    package let rows: [Row]
    /// Parameters of the UNet and of the text encoder; of a scorer, of its text tower with the projection.
    package let parameters: (unet: Int, textEncoder: Int)
    /// Parameters of a scorer's image tower with projection and scale; 0 for diffusion models.
    package let imageTower: Int
    /// Whether there are steps after the first.
    package let hasLaterSteps: Bool
    /// How often the gradients are held besides those at work: once to be recorded for a band, twice in an audit
    /// within one.
    package let gradientCopies: Int

    /// What the program takes without a model: code, libraries, the ledger's cache.
    private static let program = 48 << 20
    /// What the kernels of a worker pack and sum up in.
    private static let scratch = 4 << 20

    /// The plan of a recipe, from its configurations and the headers of its weights alone.
    /// - Throws: `ConfigError`, `CheckpointError` or `FileError` for a model that cannot be opened.
    package init(_ recipe: Recipe, workers: Int, gradientCopies: Int = 0) throws {
        if recipe.objective.name == .pickscore {
            self = try MemoryPlan(scoring: recipe, workers: workers, gradientCopies: gradientCopies)
            return
        }
        self.gradientCopies = gradientCopies
        let model = try Model(recipe.model)
        let objective = recipe.makeObjective(elements: 1)
        let (training, size) = (recipe.training, recipe.data.size)
        // More than any machine holds; what is above it need not be told apart.
        let items = min(training.pairsPerStep, 1 << 32)
        let micro = min(items, training.microPairs ?? items)
        let samples = objective.samplesPerItem * micro
        let tokens = model.textEncoder.maxPositionEmbeddings
        let passes = UNetActivations(
            model.unet, size: size, samples: samples, tokens: tokens, recomputes: training.recompute,
            adapters: recipe.adapterRecipe)
        let text = CLIPTextActivations(
            model.textEncoder, captions: items, rows: samples, recomputes: training.recompute)
        let adapterParameters = try recipe.adapterRecipe.map {
            try UNet2DConditionModel.outline(model.unet, adapters: $0)
        }
        let adapters = adapterParameters?.reduce(0) { $0 + $1.count }
        let trained = 4 * ((adapters ?? model.unetCount) + (training.trainTextEncoder ? model.textCount : 0))
        let activations = max(passes.forward, passes.training) + (training.trainTextEncoder ? text.training : 0)
        let kept = min(passes.kept, activations)

        /// Pictures of the step, their noise, and what is recorded of them: inverted latents are kept and then copied
        /// into one object.
        let picture = 4 * model.unet.inChannels * size * size
        let pictures = 2 + (recipe.record.latents && objective.noising == .inversion ? 2 : 0)
        let batch = objective.samplesPerItem * items * picture * pictures + text.encoding

        var rows: [Row] = []
        func add(_ name: String, _ first: Int, _ update: Int, _ later: Int) {
            if max(first, update, later) > 0 {
                rows.append(Row(name: name, first: first, update: update, later: later))
            }
        }
        add("policy weights (\(model.storage))", 4 * model.unetCount, 4 * model.unetCount, 4 * model.unetCount)
        if let adapters { add("adapters", 4 * adapters, 4 * adapters, 4 * adapters) }
        // With adapters the weights stay shared to the end.
        let reference = objective.usesReference && adapters == nil ? 4 * model.unetCount : 0
        add("reference weights (shared until the update)", 0, reference, reference)
        add("text encoder", 4 * model.textCount, 4 * model.textCount, 4 * model.textCount)
        let optimizer = recipe.optimizerSettings
        let shapes =
            ((adapterParameters ?? model.unetParameters) + (training.trainTextEncoder ? model.textParameters : [])).map(
                \.shape)
        let state = 4 * shapes.reduce(0) { $0 + optimizer.stateCount($1) }
        add("gradients", trained, max(0, trained - state - reference), trained)
        add(optimizer.stateName, 0, state, state)
        add("update of the largest tensor", 0, 4 * (shapes.map(optimizer.workCount).max() ?? 0), 0)
        let copies = gradientCopies * trained
        add("gradients kept for the band", gradientCopies > 1 ? copies : 0, copies, copies)
        if training.ema != nil { add("averaged weights", trained, trained, trained) }
        add("activations kept for the gradient", kept, 0, kept)
        add("activations of the block at work", activations - kept, 0, activations - kept)
        add("batch and recorded latents", batch, batch, batch)
        if recipe.backend == .openblas {
            let laidOut = passes.patches + 4 * model.largestTensor
            add("matrices laid out for OpenBLAS", laidOut, 0, laidOut)
        }
        let program = MemoryPlan.program + workers * MemoryPlan.scratch
        add("program and scratch", program, program, program)
        self.rows = rows
        parameters = (model.unetCount, model.textCount)
        imageTower = 0
        hasLaterSteps = training.steps > 1
    }

    /// The plan of a recipe that trains a scorer: no reference, both towers recorded on a tape.
    private init(scoring recipe: Recipe, workers: Int, gradientCopies: Int) throws {
        let (config, training) = (try MemoryPlan.scorer(recipe.model), recipe.training)
        let counts = try CLIPModel.outline(config).reduce(into: (text: 0, image: 0)) { counts, parameter in
            if parameter.name.hasPrefix("text_") {
                counts.text += parameter.count
            } else {
                counts.image += parameter.count
            }
        }
        let items = min(training.pairsPerStep, 1 << 32)
        let micro = min(items, training.microPairs ?? items)
        let passes =
            CLIPVisionActivations(config.vision, rows: 2 * micro, recomputes: training.recompute).training
            + CLIPTextActivations(config.text, captions: 0, rows: micro, recomputes: training.recompute).training
        let trained = 4 * (counts.text + counts.image)
        let copies = gradientCopies * trained
        let program = MemoryPlan.program + workers * MemoryPlan.scratch
        let batch = 2 * items * 4 * 3 * recipe.data.size * recipe.data.size
        rows = [
            Row(name: "scorer weights", first: trained, update: trained, later: trained),
            Row(name: "gradients", first: trained, update: 0, later: trained),
            Row(name: "AdamW moments", first: 0, update: 2 * trained, later: 2 * trained),
            Row(name: "gradients kept", first: copies, update: copies, later: copies),
            Row(name: "averaged weights", first: trained, update: trained, later: trained),
            Row(name: "activations of both towers", first: passes, update: 0, later: passes),
            Row(name: "batch", first: batch, update: batch, later: batch),
            Row(name: "program and scratch", first: program, update: program, later: program),
        ].filter {
            ($0.name != "gradients kept" || gradientCopies > 0)
                && ($0.name != "averaged weights" || training.ema != nil)
        }
        self.gradientCopies = gradientCopies
        parameters = (0, counts.text)
        imageTower = counts.image
        hasLaterSteps = training.steps > 1
    }

    private static func scorer(_ model: Recipe.Model) throws -> CLIPConfig {
        switch model {
        case .scorer(let fresh): try CLIPConfig(path: fresh.clip)
        case .folder(let path): try CLIPConfig(path: "\(path)/config.json")
        case .fresh: preconditionFailure("the recipe's objective decides what its model is")
        }
    }

    /// Bytes in the passes of the first step, at the end of its update, and in the passes of later steps.
    package var totals: (first: Int, update: Int, later: Int) {
        rows.reduce((0, 0, 0)) { ($0.0 + $1.first, $0.1 + $1.update, $0.2 + $1.later) }
    }

    /// Bytes at the fullest moment.
    package var total: Int { max(totals.first, totals.update, hasLaterSteps ? totals.later : 0) }

    /// Equal rows.
    package static func == (a: MemoryPlan, b: MemoryPlan) -> Bool {
        a.rows == b.rows && a.parameters == b.parameters && a.hasLaterSteps == b.hasLaterSteps
    }

    /// The networks' configurations and what their weights are stored as.
    private struct Model {
        let unet: UNetConfig
        let textEncoder: CLIPTextConfig
        let unetParameters: [ParameterRequest]
        let textParameters: [ParameterRequest]
        let storage: String

        init(_ model: Recipe.Model) throws {
            switch model {
            case .fresh(let fresh):
                unet = try UNetConfig(path: fresh.unet)
                textEncoder = try CLIPTextConfig(path: fresh.textEncoder)
                storage = "fresh"
            case .scorer: preconditionFailure("the recipe's objective decides what its model is")
            case .folder(let path):
                let network = try ModelDirectory(path: "\(path)/unet")
                unet = try UNetConfig(network.config, file: network.configPath)
                let encoder = try ModelDirectory(path: "\(path)/text_encoder")
                textEncoder = try CLIPTextConfig(encoder.config, file: encoder.configPath)
                let type = network.weights.tensors.first?.type.name ?? "F32"
                storage = type == "F32" ? "mapped from the file" : "read from \(type)"
            }
            unetParameters = try UNet2DConditionModel.outline(unet)
            textParameters = try CLIPTextModel.outline(textEncoder)
        }

        var unetCount: Int { unetParameters.reduce(0) { $0 + $1.count } }
        var textCount: Int { textParameters.reduce(0) { $0 + $1.count } }
        var largestTensor: Int { unetParameters.map(\.count).max() ?? 0 }
    }
}
