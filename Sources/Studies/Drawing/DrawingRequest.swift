import Core
import Diffusion

/// How pictures are to be drawn, as far as it is said. What is left open follows from the model: its scheduler's file, what
/// diffusers' pipelines take for models of its structure, the size that it was made for.
package struct DrawingRequest: Sendable, Equatable {
    /// The sampler; nil for the one that the scheduler's file of a model over latents names, DDIM over pictures.
    package var sampler: SamplerKind?
    /// Spacing of the timesteps; nil as the file says or leaves open.
    package var spacing: SchedulerConfig.TimestepSpacing?
    /// Karras' noise levels; nil as the file says.
    package var isKarras: Bool?
    /// Steps; nil for 50 over latents, 25 over pictures.
    package var steps: Int?
    /// Classifier-free guidance; nil for 7.5 of SD1.5, 5 of SDXL, 1 over pictures.
    package var guidance: Float?
    /// Fresh noise in DDIM.
    package var eta: Float = 0
    /// Of the pictures, in pixels; nil for the model's own.
    package var height: Int?, width: Int?
    /// What guidance leads away from; nil for none.
    package var negative: String?
    /// Of SDXL: prompts for the second text encoder.
    package var second: String?, negativeSecond: String?
    /// Layers of the text encoders to leave out for the captions.
    package var clipSkip = 0
    /// Of SDXL: height and width that pictures are said to have had, top and left where they are cut out, height and width that
    /// they get; nil for their own size, and 0.
    package var originalSize: [Int]?, crop: [Int]?, targetSize: [Int]?

    /// A request that says nothing.
    package init() {}

    /// The sampler that `model`'s own file leads to. - Throws: `ConfigError` for one that is not covered.
    package func sampler(of model: DiffusionModel) throws -> SamplerConfig {
        let isLatent = model.autoencoder != nil
        return try SamplerConfig(
            model.scheduler, kind: sampler ?? (isLatent ? nil : .ddim), spacing: spacing, isKarras: isKarras,
            isForStableDiffusion: isLatent && model.textEncoders.count == 1)
    }

    /// Steps for `model`.
    package func steps(of model: DiffusionModel) -> Int { steps ?? (model.autoencoder == nil ? 25 : 50) }

    /// Guidance for `model`.
    package func guidance(of model: DiffusionModel) -> Float {
        guidance ?? (model.autoencoder == nil ? 1 : model.textEncoders.count == 1 ? 7.5 : 5)
    }

    /// How `model` draws. - Throws: `ConfigError` for a sampler that is not covered.
    package func settings(of model: DiffusionModel, seed: UInt64, atOnce: Int? = nil) throws -> DrawingSettings {
        let edge = Drawing.edge(of: model)
        return DrawingSettings(
            sampler: try sampler(of: model), steps: steps(of: model), guidance: guidance(of: model), eta: eta,
            height: height ?? edge, width: width ?? edge, seed: seed,
            atOnce: atOnce ?? (model.autoencoder == nil ? 50 : 1))
    }

    /// The request with nothing left open but what the model's files settle.
    package func completed(by settings: DrawingSettings) -> DrawingRequest {
        var request = self
        request.sampler = settings.sampler.kind
        (request.steps, request.guidance) = (settings.steps, settings.guidance)
        (request.height, request.width) = (settings.height, settings.width)
        return request
    }

    /// What is drawn of `texts` in pictures of this size.
    package func prompts(_ texts: [String], height: Int, width: Int, forcesZeros: Bool = true) -> Prompts {
        let (original, target) = (originalSize ?? [height, width], targetSize ?? [height, width])
        var prompts = Prompts(
            texts,
            size: SizeCondition(
                originalHeight: original[0], originalWidth: original[1], top: crop?[0] ?? 0, left: crop?[1] ?? 0,
                targetHeight: target[0], targetWidth: target[1]))
        func forEach(_ text: String?) -> [String]? { text.map { text in texts.map { _ in text } } }
        (prompts.seconds, prompts.negatives) = (forEach(second), forEach(negative))
        (prompts.negativeSeconds, prompts.clipSkip) = (forEach(negativeSecond), clipSkip)
        prompts.forcesZeros = forcesZeros
        return prompts
    }
}

extension DrawingRequest {
    private static let keys = [
        "scheduler", "spacing", "karras", "steps", "guidance", "eta", "height", "width", "negative_prompt", "prompt_2",
        "negative_prompt_2", "clip_skip", "original_size", "crop", "target_size",
    ]

    /// What is said, and nothing else.
    package var json: JSONObject {
        var object = JSONObject()
        object["scheduler"] = sampler.map { .string($0.rawValue) }
        object["spacing"] = spacing.map { .string($0.rawValue) }
        object["karras"] = isKarras.map { .bool($0) }
        object["guidance"] = guidance.map { .decimal(Double($0)) }
        if eta != 0 { object["eta"] = .decimal(Double(eta)) }
        for (key, number) in [("steps", steps), ("height", height), ("width", width)] {
            object[key] = number.map { .integer($0) }
        }
        for (key, text) in [
            ("negative_prompt", negative), ("prompt_2", second), ("negative_prompt_2", negativeSecond),
        ] {
            object[key] = text.map { .string($0) }
        }
        if clipSkip != 0 { object["clip_skip"] = .integer(clipSkip) }
        for (key, pair) in [("original_size", originalSize), ("crop", crop), ("target_size", targetSize)] {
            object[key] = pair.map { .array($0.map { .integer($0) }) }
        }
        return object
    }

    /// Reads what `json` has. - Throws: `JSONShapeError`.
    package init(json: JSONCursor) throws {
        self.init()
        try json.requireOnly(Self.keys)
        func number(_ key: String, in range: ClosedRange<Int>) throws -> Int? {
            guard let field = try json[key].present else { return nil }
            let found = try field.int()
            guard range.contains(found) else {
                throw field.error(expected: "\(range.lowerBound) to \(range.upperBound)", found: "\(found)")
            }
            return found
        }
        func choice<Value: RawRepresentable & CaseIterable>(_ key: String) throws -> Value?
        where Value.RawValue == String {
            guard let field = try json[key].present else { return nil }
            guard let value = Value(rawValue: try field.string()) else {
                throw field.error(expected: Value.allCases.map(\.rawValue).joined(separator: ", "))
            }
            return value
        }
        func float(_ key: String) throws -> Float? { try json[key].present.map { Float(try $0.double()) } }
        func pair(_ key: String) throws -> [Int]? {
            guard let field = try json[key].present else { return nil }
            let numbers = try field.elements().map { try $0.int() }
            guard numbers.count == 2, numbers.allSatisfy({ (0...1 << 20).contains($0) }) else {
                throw field.error(expected: "two numbers of pixels")
            }
            return numbers
        }
        (sampler, spacing) = (try choice("scheduler"), try choice("spacing"))
        isKarras = try json["karras"].present?.bool()
        steps = try number("steps", in: 1...1000)
        (guidance, eta) = (try float("guidance"), try float("eta") ?? 0)
        guard (0...1).contains(eta) else { throw try json["eta"].error(expected: "0 to 1", found: "\(eta)") }
        (height, width) = (try number("height", in: 1...8192), try number("width", in: 1...8192))
        negative = try json["negative_prompt"].present?.string()
        second = try json["prompt_2"].present?.string()
        negativeSecond = try json["negative_prompt_2"].present?.string()
        clipSkip = try number("clip_skip", in: 0...1000) ?? 0
        (originalSize, crop, targetSize) = (try pair("original_size"), try pair("crop"), try pair("target_size"))
    }
}
