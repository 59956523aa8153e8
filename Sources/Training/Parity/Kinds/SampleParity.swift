import Compute
import Core
import Datasets
import Diffusion

/// `sample`: pictures drawn from prompts, from noise that is given, with the states of every call. The case has `prompts`,
/// `height`, `width`, `steps`, `guidance` and the resolved `scheduler`; what else diffusers' pipelines are told where it is
/// not their default. Inputs: noise [n, c, h, w], before the sampler's own scale; of a ControlNet `control`
/// [1 or n, channels, height, width] in [0, 1].
package enum SampleParity: ParityKind {
    package static let kind = "sample"

    package static func tensors(_ task: ParityTask) throws -> [(name: String, tensor: Tensor)] {
        let (engine, parameters) = (task.engine, task.parameters)
        let model = try DiffusionModel(path: task.model)
        guard let autoencoder = model.autoencoder else {
            throw TrainingError.mismatch(
                what: task.model, expected: "a model with an autoencoder (vae)", found: "none", hint: nil)
        }
        let size = (height: try edge(task, "height", autoencoder), width: try edge(task, "width", autoencoder))
        let prompts = try prompts(task, size)
        try prompts.requireFit(model)
        let config = try SamplerConfig(
            SchedulerConfig(parameters["scheduler"].object(), file: "\(parameters.file): scheduler"))
        for key in ["eta", "guidance_rescale"] {
            let value = try parameters[key].present?.double() ?? 0
            guard value == 0 else { throw try parameters[key].error(expected: "0", found: "\(value)") }
        }
        let steps = try parameters["steps"].int()
        let guidance = Float(try parameters["guidance"].double())
        let latent = autoencoder.latentSize(height: size.height, width: size.width)
        let noise = try task.input(
            "noise", shape: [prompts.texts.count, autoencoder.config.latentChannels, latent.height, latent.width])
        let control = try parameters["controlnet"].present.map {
            try guide(task, network: try $0.string(), model, prompts.texts.count, size)
        }
        // diffusers' pipelines guide above 1 alone.
        let (positive, negative) = prompts.conditions(of: model, isGuided: guidance > 1, engine: engine)
        var tensors = states(positive, prefix: "") + (negative.map { states($0, prefix: "negative_") } ?? [])
        let loop = DenoisingLoop(
            unet: model.unet, sampler: try config.sampler(steps: steps), guidance: guidance, control: control,
            engine: engine)
        let latents = loop.run(
            noise, positive, unconditional: negative,
            observe: { call, _, x in tensors.append(("latents." + PaddedNumber.text(call + 1, digits: 2), x)) })
        let decoded = autoencoder.decode(latents, engine: engine)
        let images = (0..<prompts.texts.count).map {
            PixelPlanes.image(decoded.slice($0..<$0 + 1).floats, width: size.width, height: size.height)
        }
        tensors.append(("image", Tensor(decoded.floats.map { min(1, max(0, $0 / 2 + 0.5)) }, shape: decoded.shape)))
        tensors.append(
            (
                "image_u8",
                ParityTask.bytes(images.flatMap { $0.rgb }, shape: [images.count, size.height, size.width, 3])
            ))
        return tensors
    }

    private static func edge(_ task: ParityTask, _ key: String, _ autoencoder: AutoencoderKL) throws -> Int {
        let (edge, factor) = (try task.parameters[key].int(), autoencoder.config.factor)
        guard (1...8192).contains(edge), edge % factor == 0 else {
            throw try task.parameters[key].error(expected: "a multiple of \(factor) up to 8192", found: "\(edge)")
        }
        return edge
    }

    private static func prompts(_ task: ParityTask, _ size: (height: Int, width: Int)) throws -> Prompts {
        let parameters = task.parameters
        let texts = try TextParity.prompts(task)
        /// One for each prompt, or nil.
        func list(_ key: String) throws -> [String]? {
            guard let place = try parameters[key].present else { return nil }
            let list = try place.elements().map { try $0.string() }
            guard list.count == texts.count else {
                throw place.error(expected: "\(texts.count), one a prompt", found: "\(list.count)")
            }
            return list
        }
        func pair(_ key: String) throws -> (Int, Int)? {
            guard let place = try parameters[key].present else { return nil }
            let numbers = try place.elements().map { try $0.int() }
            guard numbers.count == 2, numbers.allSatisfy({ (0...1 << 20).contains($0) }) else {
                throw place.error(expected: "two numbers of pixels", found: "\(numbers)")
            }
            return (numbers[0], numbers[1])
        }
        /// (height, width) of the picture where nothing else is said.
        func condition(_ prefix: String) throws -> SizeCondition {
            let original = try pair(prefix + "original_size") ?? (size.height, size.width)
            let target = try pair(prefix + "target_size") ?? (size.height, size.width)
            let corner = try pair(prefix + "crops_coords_top_left") ?? (0, 0)
            return SizeCondition(
                originalHeight: original.0, originalWidth: original.1, top: corner.0, left: corner.1,
                targetHeight: target.0, targetWidth: target.1)
        }
        var prompts = Prompts(texts, size: try condition(""))
        (prompts.seconds, prompts.negatives) = (try list("prompts_2"), try list("negative_prompts"))
        prompts.negativeSeconds = try list("negative_prompts_2")
        prompts.clipSkip = try parameters["clip_skip"].present?.int() ?? 0
        if try pair("negative_original_size") != nil, try pair("negative_target_size") != nil {
            prompts.negativeSize = try condition("negative_")
        }
        prompts.forcesZeros = try ModelFolder(path: task.model).forcesZerosForEmptyPrompt
        return prompts
    }

    private static func guide(
        _ task: ParityTask, network name: String, _ model: DiffusionModel, _ count: Int,
        _ size: (height: Int, width: Int)
    ) throws -> ControlGuide {
        let (parameters, path) = (task.parameters, try task.file(name))
        let network = try ControlNetModel(path: path)
        try network.requireFit(model.unet.config, file: "\(path)/config.json")
        let picture = try task.input("control")
        let rest = [network.config.conditioningChannels, size.height, size.width]
        guard picture.shape == [1] + rest || picture.shape == [count] + rest else {
            throw TrainingError.mismatch(
                what: "\(task.inputs?.path ?? ""): control", expected: "\([count] + rest), or one for all",
                found: "\(picture.shape)", hint: nil)
        }
        return ControlGuide(
            network, picture: picture, scale: Float(try parameters["conditioning_scale"].present?.double() ?? 1),
            guesses: try parameters["guess_mode"].present?.bool() ?? false,
            start: try parameters["control_guidance_start"].present?.double() ?? 0,
            end: try parameters["control_guidance_end"].present?.double() ?? 1, engine: task.engine)
    }

    private static func states(_ condition: TextCondition, prefix: String) -> [(name: String, tensor: Tensor)] {
        [(prefix + "prompt_embeds", condition.context)]
            + (condition.added.map {
                [(prefix + "pooled", $0.pooled), (prefix + "time_ids", $0.timeIDs)]
            } ?? [])
    }
}
