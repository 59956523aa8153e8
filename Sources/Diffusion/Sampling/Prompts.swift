import Compute

/// What pictures are drawn of, one prompt a picture, and what guidance leads away from.
///
/// Source: `encode_prompt` of diffusers' `StableDiffusionPipeline` and `StableDiffusionXLPipeline`.
package struct Prompts: Sendable {
    /// The prompts.
    package var texts: [String]
    /// Prompts for SDXL's second text encoder in the place of `texts`.
    package var seconds: [String]?
    /// Negative prompts; nil for none, which SD1.5 takes for the empty one and SDXL for zeros. One that is given is encoded,
    /// the empty one too.
    package var negatives: [String]?
    /// Negative prompts for the second text encoder in the place of `negatives`; they mean nothing without those.
    package var negativeSeconds: [String]?
    /// Layers of the text encoders that are left out for the prompts, never for the negative ones (`clip_skip`): counted from
    /// the last layer, of SDXL from the last but one.
    package var clipSkip = 0
    /// What SDXL is told about the pictures' size.
    package var size: SizeCondition
    /// What it is told of the negative prompts; nil for the same.
    package var negativeSize: SizeCondition?
    /// Whether SDXL is told zeros where there is no negative prompt (`force_zeros_for_empty_prompt`).
    package var forcesZeros = true

    /// Prompts for pictures of a size.
    package init(_ texts: [String], size: SizeCondition) { (self.texts, self.size) = (texts, size) }

    /// The prompts at `rows`, with what belongs to them.
    package subscript(rows: some Sequence<Int>) -> Prompts {
        var part = self
        part.texts = rows.map { texts[$0] }
        part.seconds = seconds.map { all in rows.map { all[$0] } }
        part.negatives = negatives.map { all in rows.map { all[$0] } }
        part.negativeSeconds = negativeSeconds.map { all in rows.map { all[$0] } }
        return part
    }

    /// Throws `ConfigError` for what the model does not have.
    package func requireFit(_ model: DiffusionModel) throws {
        let encoders = model.textEncoders.map(\.network.config)
        if encoders.count == 1, seconds != nil || negativeSeconds != nil {
            throw ConfigError(
                file: "the prompts", key: "second prompt", "is for a second text encoder", expected: "SDXL",
                found: "a model with one")
        }
        let most = (encoders.map(\.numHiddenLayers).min() ?? 0) - (encoders.count > 1 ? 1 : 0)
        guard (0...most).contains(clipSkip) else {
            throw ConfigError(
                file: "the prompts", key: "clip_skip", "leaves out more layers than there are",
                expected: "0 to \(most)",
                found: "\(clipSkip)")
        }
    }

    /// What the model is told of the prompts and, where it is to be guided, of the negative ones.
    package func conditions(
        of model: DiffusionModel, isGuided: Bool, engine: Engine
    ) -> (positive: TextCondition, negative: TextCondition?) {
        precondition([seconds, negatives, negativeSeconds].allSatisfy { $0 == nil || $0?.count == texts.count })
        func condition(_ states: TextStates, _ size: SizeCondition) -> TextCondition {
            model.condition(states, sizes: texts.map { _ in size })
        }
        let positive = condition(
            model.encode(texts, seconds: seconds, skipping: clipSkip, engine: engine), size)
        guard isGuided else { return (positive, nil) }
        let states: TextStates
        if negatives == nil, forcesZeros {
            states = model.withoutCaption(count: texts.count, engine: engine)
        } else {
            let negatives = negatives ?? texts.map { _ in "" }
            states = model.encode(negatives, seconds: negativeSeconds ?? negatives, engine: engine)
        }
        return (positive, condition(states, negativeSize ?? size))
    }
}
