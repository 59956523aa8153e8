import Checkpoints
import Compute
import Diffusion
import Preferences

/// What a recipe's model and one step of it take of memory, counted by running a step with a single item on a device that
/// computes nothing: the model's own passes forward and backward, the recipe's objective, inversion and optimiser.
///
/// Whatever a pass makes belongs to a sample, so that more items at once take a multiple. The matrices that OpenBLAS
/// lays out (`passWork`) do not grow with them.
struct StepFootprint: Sendable {
    /// Bytes of a component's weights, of the adapters in it, and their row's name.
    struct Weights {
        let name: String
        let bytes, adapters: Int
        /// Whether it is the network that the run is about.
        let isPolicy: Bool
        /// Whether they are a file's pages, which processes share.
        let isMapped: Bool
    }

    /// The components with weights, in the order of the model.
    let weights: [Weights]
    /// How many parameters they have.
    let parameters: [ParameterCount]
    /// Bytes of what is trained, and of its largest tensor.
    private(set) var (trained, largest) = (0, 0)
    /// Bytes of the averaged weights.
    private(set) var averaged = 0
    /// Bytes of the weights that an update has to copy before it writes, since a reference looks at them.
    private(set) var copies = 0
    /// Bytes of the optimiser's state, and the most that the update of a tensor takes beside it.
    private(set) var (state, updateWork) = (0, 0)
    /// Bytes of an item: the most at once in the passes, and what is there when the way back begins.
    private(set) var (passes, kept) = (0, 0)
    /// Bytes that a device takes beside its operands in the passes.
    private(set) var passWork = 0
    /// Bytes of an encoded caption, and the most that encoding it takes besides; 0 where captions are encoded in the passes.
    private(set) var caption = (result: 0, work: 0)
    /// Bytes of an item's pictures or latents.
    private(set) var pictures = 0
    /// Whether pictures are carried to their noise by the policy.
    private(set) var inverts = false
    /// What making latents of the pictures takes; nil of a model without an autoencoder, and of latents made elsewhere.
    private(set) var latents: LatentFootprint?
    /// What the recipe's reward model takes while it scores the pictures; nil of a recipe without one.
    let reward: RewardFootprint?

    /// What computes, where it has a memory of its own.
    let planned: (any Device)?

    /// Runs the step of `recipe`, as `planned` would where it has a memory of its own.
    /// - Throws: `ConfigError`, `CheckpointError`, `FileError` or `TrainingError` for a model that cannot be opened or
    /// trained.
    init(_ recipe: Recipe, on planned: (any Device)? = nil) throws {
        let planned = planned.flatMap { $0.hasOwnMemory ? $0 : nil }
        self.planned = planned
        reward = try recipe.reward.map { try $0.kind.footprint($0.files) }
        let device = planned.map(ShapeDevice.init(planning:)) ?? ShapeDevice(recipe.backend)
        let engine = Engine(device: device, backend: recipe.backend)
        let outline = try recipe.outline(on: device)
        parameters = outline.parameterCounts
        if recipe.objective.kind.trainsScorer {
            weights = try StepFootprint.weights(outline, recipe, device, isOwn: planned != nil)
            try run(scorer: outline, recipe, engine, device)
        } else {
            let opened = try DiffusionModel(outline)
            let model = try recipe.lora.map { try opened.adapted(by: $0) } ?? opened
            weights = try StepFootprint.weights(model.pipeline, recipe, device, isOwn: planned != nil)
            try run(diffusion: model, recipe, engine, device)
        }
    }

    /// A row a component; of a folder the headers of the weights are read.
    private static func weights(
        _ pipeline: Pipeline, _ recipe: Recipe, _ device: ShapeDevice, isOwn: Bool
    ) throws -> [Weights] {
        func bytes(_ parameters: [Parameter]) -> Int {
            parameters.reduce(0) { $0 + device.occupied(byteCount: $1.value.byteCount) }
        }
        return try pipeline.parts.filter { !$0.component.parameters.isEmpty }.map { part in
            var storage = "fresh"
            if case .folder(let folder) = recipe.model {
                storage = try folder.weights(of: part.kind.name, in: pipeline).residence
            }
            let isPolicy = part.kind.name == recipe.policyComponent
            let role = recipe.objective.kind.trainsScorer ? "scorer" : "policy"
            let own = Set(part.component.parameters.map(ObjectIdentifier.init))
            return Weights(
                name: isPolicy ? "\(role) weights" + (isOwn ? "" : " (\(storage))") : part.kind.title,
                bytes: bytes(part.component.parameters),
                adapters: bytes(part.component.trainedParameters.filter { !own.contains(ObjectIdentifier($0)) }),
                isPolicy: isPolicy, isMapped: !isOwn && storage.hasPrefix("mapped"))
        }
    }

    private mutating func run(
        diffusion model: DiffusionModel, _ recipe: Recipe, _ engine: Engine, _ device: ShapeDevice
    ) throws {
        let channels = model.unet.config.inChannels
        let edge = recipe.data.isLatent ? nil : try model.autoencoder.map { try recipe.latentEdge(of: $0) }
        try SessionParts.check(model, recipe, channels: recipe.data.isLatent || edge != nil ? channels : 3)
        if let edge, let autoencoder = model.autoencoder {
            latents = LatentFootprint(model, autoencoder, recipe, edge: edge, on: engine, device)
        }
        var single = recipe
        (single.training.microPairs, single.training.lanes) = (nil, 1)
        // Every move of an inversion is like the second one.
        if let steps = recipe.inversion?.steps { single.inversion?.steps = min(steps, 2) }
        let gradients = try single.gradients(of: model, edge: edge, on: engine)
        let settings = BatchSource.Settings(
            single, timestepCount: gradients.model.schedule.count, edge: edge)
        inverts = gradients.objective.noising == .inversion

        let start = device.live
        device.beginPeak()
        let states = model.encode([""], engine: engine)
        if !settings.trainsTextEncoder { caption = (device.live - start, device.peak - device.live) }

        let x0 = engine.tensor([settings.samplesPerItem, channels, settings.size, settings.size])
        pictures = x0.byteCount
        let batch = TrainingBatch(
            items: [StepFootprint.item(timestep: gradients.model.schedule.count - 1)], x0: x0,
            noise: settings.needsNoise ? engine.tensor(x0.shape) : nil,
            inversionNoise: settings.needsInversionNoise
                ? InversionNoise(seed: 0, step: 1, samples: settings.samplesPerItem) : nil,
            conditioning: settings.trainsTextEncoder
                ? .tokens([model.textEncoders[0].tokenIDs("")]) : .encoded(states),
            unconditional: settings.needsEmptyCaption ? states : nil,
            sizes: model.needsSizes
                ? (0..<settings.samplesPerItem).map { _ in SizeCondition(square: settings.pictureSize) } : [])
        try run(.denoising(gradients), batch, recipe, device)
    }

    private mutating func run(
        scorer pipeline: Pipeline, _ recipe: Recipe, _ engine: Engine, _ device: ShapeDevice
    ) throws {
        let clip: CLIPModel = try pipeline.require("clip")
        let tokenizer: CaptionTokenizer = try pipeline.require("tokenizer")
        let edge = clip.config.vision.imageSize
        var single = recipe
        (single.training.microPairs, single.training.lanes) = (nil, 1)
        let gradients = single.gradients(
            of: clip, processor: CLIPImageProcessor(try pipeline.require("image_processor")), on: engine)
        let x0 = engine.tensor([2, 3, edge, edge])
        pictures = x0.byteCount
        let ids = tokenizer.vocabulary.encode("", length: clip.config.text.maxPositionEmbeddings).ids
        let batch = TrainingBatch(
            items: [StepFootprint.item(timestep: 0)], x0: x0, noise: nil, conditioning: .tokens([ids]))
        try run(.scoring(gradients), batch, recipe, device)
    }

    /// The passes, with all gradients there as in any micro-batch after the first, and the update.
    private mutating func run(
        _ task: TrainingTask, _ batch: TrainingBatch, _ recipe: Recipe, _ device: ShapeDevice
    ) throws {
        let beforehand = device.live
        let trainer = Trainer(task, by: recipe)
        averaged = device.live - beforehand
        let fixed = device.live
        for (_, parameter) in trainer.model.parameters { parameter.replaceGradient(with: parameter.value.zeros()) }
        trained = device.live - fixed
        largest = trainer.model.parameters.map { device.occupied(byteCount: $0.parameter.value.byteCount) }.max() ?? 0

        let watch = WayBack(device)
        trainer.model.engine.observer = watch
        let before = device.live
        device.beginPeak()
        _ = try trainer.computeGradients(batch)
        trainer.model.engine.observer = nil
        (passes, kept) = (device.peak - before, (watch.live ?? before) - before)
        passWork = device.work

        device.beginPeak()
        _ = try trainer.applyGradients()
        updateWork = device.work
        state = trainer.optimizer.stateTensors.reduce(0) { $0 + device.occupied(byteCount: $1.tensor.byteCount) }
        // The gradients are gone; the model, its reference and the batch are there, last used above or not.
        copies = withExtendedLifetime((trainer, task, batch)) { device.live - fixed - state }
    }

    private static func item(timestep: Int) -> TrainingBatch.Item {
        TrainingBatch.Item(id: "", digest: .sha256([UInt8]()), weight: 1, timestep: timestep)
    }

    /// Notes what is there when the way back begins.
    private final class WayBack: OperatorObserver {
        private let device: ShapeDevice
        private(set) var live: Int?

        init(_ device: ShapeDevice) { self.device = device }

        func willRun(_ operation: String, section: String, _ inputs: [Tensor]) {
            if live == nil, section == "gradient" { live = device.live }
        }

        func didRun(_ outputs: [Tensor]) {}
    }
}
