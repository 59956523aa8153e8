import Checkpoints
import Compute
import Diffusion

/// The works of reward models: one picture, and a caption where one is read, through networks of the published sizes, with random
/// weights. Files, preprocessing and tokenizers are not among them.
extension Workload {
    static var rewards: [Workload] {
        [
            clip("PickScore, a picture and a caption") { try CLIPConfig(path: "Manifests/models/rewards/clip-h.json") },
            clip("HPS v2, a picture and a caption") { try OpenCLIPConfig.viTH14().clip },
            Workload(name: "ImageReward, a picture and a caption") { engine in
                let vision = try BLIPVisionModel(config: BLIPVisionConfig([:]), loader: loader(engine))
                let text = try BLIPTextModel(config: BLIPTextConfig([:]), loader: loader(engine))
                let (head, pixels) = (
                    try head(engine, text.config.hiddenSize), pixels(engine, vision.config.imageSize)
                )
                engine.place(vision.parameters + text.parameters)
                let ids = [101] + (0..<captionTokens).map { 2000 + $0 } + [102]
                return {
                    let tape = Tape(engine: engine, isRecording: false)
                    let tokens = vision.forward(tape, pixels: tape.constant(pixels))
                    _ = head(engine, text.forward(tape, ids: [ids], picture: tokens).value)
                }
            },
            Workload(name: "Aesthetic, a picture") { engine in
                let config = try CLIPConfig(path: "Manifests/models/rewards/clip-l.json")
                let encoder = try CLIPImageEncoder(
                    vision: config.vision, projectionDim: config.projectionDim, loader: loader(engine))
                let (head, pixels) = (try head(engine, config.projectionDim), pixels(engine, config.vision.imageSize))
                engine.place(encoder.parameters)
                return {
                    let tape = Tape(engine: engine, isRecording: false)
                    _ = head(engine, encoder.features(tape, pixels: tape.constant(pixels)).value)
                }
            },
        ]
    }

    /// Tokens of the caption, begin, end and padding apart.
    private static let captionTokens = 20

    private static func clip(_ name: String, _ config: @escaping () throws -> CLIPConfig) -> Workload {
        Workload(name: name) { engine in
            let model = try CLIPModel(config: config(), loader: loader(engine))
            engine.place(model.parameters)
            let text = model.config.text
            let (begin, end) = (text.vocabSize - 2, text.vocabSize - 1)
            let words = [begin] + (0..<captionTokens).map { 2000 + $0 }
            let ids = words + [Int](repeating: end, count: text.maxPositionEmbeddings - words.count)
            let pixels = pixels(engine, model.config.vision.imageSize)
            return {
                let tape = Tape(engine: engine, isRecording: false)
                let images = model.imageFeatures(tape, pixels: tape.constant(pixels)).value
                _ = engine.cosines(images, model.textFeatures(tape, ids: [ids]).value, [CosinePair(0, 0)])
            }
        }
    }

    private static func loader(_ engine: Engine) -> ParameterLoader { ParameterLoader(seed: 1, engine: engine) }

    private static func pixels(_ engine: Engine, _ edge: Int) -> Tensor { numbers(engine, [1, 3, edge, edge], 1) }

    /// The linear layers of LAION's predictor and of ImageReward, which have the same widths behind the first.
    private static func head(_ engine: Engine, _ width: Int) throws -> LinearStack {
        let (widths, places) = ([width, 1024, 128, 64, 16, 1], [0, 2, 4, 6, 7])
        return try LinearStack(
            Checkpoint(
                inMemory: places.enumerated().flatMap { number, place in
                    let (input, output) = (widths[number], widths[number + 1])
                    return [
                        ("layers.\(place).weight", numbers(engine, [output, input], 2 * number).onHost),
                        ("layers.\(place).bias", numbers(engine, [output], 2 * number + 1).onHost),
                    ]
                }))
    }
}
