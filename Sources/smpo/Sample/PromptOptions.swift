import ArgumentParser
import Diffusion
import Studies

/// What pictures are drawn of, besides the captions, and their size.
struct PromptOptions: ParsableArguments {
    @Option(help: "What guidance leads away from (default: none, which SD1.5 takes for \"\", SDXL for zeros).")
    var negative: String?

    @Option(name: .customLong("prompt-2"), help: "Of SDXL: a prompt for the second text encoder.")
    var second: String?

    @Option(name: .customLong("negative-2"), help: "Of SDXL: a negative prompt for the second text encoder.")
    var negativeSecond: String?

    @Option(help: "Layers of the text encoders to leave out for the captions.")
    var clipSkip = 0

    @Option(help: "Edge of square pictures (default: the model's sample_size, or a control picture's size).")
    var size: Int?

    @Option(help: "Height of the pictures.")
    var height: Int?

    @Option(help: "Width of the pictures.")
    var width: Int?

    @Option(
        help: ArgumentHelp(
            "Of SDXL: the size that the pictures are said to have had (default: their own).", valueName: "HxW"))
    var originalSize: PixelPair?

    @Option(help: ArgumentHelp("Of SDXL: where they are said to be cut out (default: 0x0).", valueName: "TOPxLEFT"))
    var crop: PixelPair?

    @Option(help: ArgumentHelp("Of SDXL: the size that they are said to get (default: their own).", valueName: "HxW"))
    var targetSize: PixelPair?

    func validate() throws {
        if size != nil, height != nil || width != nil {
            throw ValidationError("--size is for squares: leave it out, or --height and --width")
        }
        for (name, edge) in [("--size", size), ("--height", height), ("--width", width)] {
            if let edge, !(1...8192).contains(edge) {
                throw ValidationError("\(name) must be between 1 and 8192, found \(edge)")
            }
        }
        if clipSkip < 0 { throw ValidationError("--clip-skip must be 0 or more") }
        if negativeSecond != nil && negative == nil { throw ValidationError("--negative-2 goes with --negative") }
    }

    /// Height and width, where `edge` is the model's own and `picture` a control picture's.
    func pixels(edge: Int, picture: (height: Int, width: Int)?) -> (Int, Int) {
        (height ?? size ?? picture?.height ?? edge, width ?? size ?? picture?.width ?? edge)
    }

    /// The prompts for pictures of this size.
    /// - Throws: `ValidationError` for what `model` does not have.
    func prompts(_ texts: [String], height: Int, width: Int, _ model: DiffusionModel) throws -> Prompts {
        var request = DrawingRequest()
        try say(in: &request, of: model)
        return request.prompts(texts, height: height, width: width)
    }

    /// Puts what is said into a request. - Throws: `ValidationError` for what `model` does not have.
    func say(in request: inout DrawingRequest, of model: DiffusionModel) throws {
        if !model.needsSizes, originalSize != nil || crop != nil || targetSize != nil {
            throw ValidationError("--original-size, --crop and --target-size are for SDXL")
        }
        (request.height, request.width) = (height ?? size, width ?? size)
        (request.negative, request.second, request.negativeSecond) = (negative, second, negativeSecond)
        request.clipSkip = clipSkip
        func pair(_ pair: PixelPair?) -> [Int]? { pair.map { [$0.first, $0.second] } }
        (request.originalSize, request.crop, request.targetSize) = (pair(originalSize), pair(crop), pair(targetSize))
    }
}

extension DrawingRequest {
    /// What the options say of pictures by `model`. - Throws: `ValidationError` for what it does not have.
    init(_ sampler: SamplerOptions, _ prompts: PromptOptions, _ model: DiffusionModel) throws {
        self = sampler.request
        try prompts.say(in: &self, of: model)
    }
}
