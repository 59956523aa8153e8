import Checkpoints
import Compute
import Diffusion

/// What a reward model takes of memory while it scores pairs, worked out from its configurations and the headers of its weights:
/// its towers, as shapes, on a device that computes nothing and counts.
package struct RewardFootprint: Sendable, Equatable {
    /// Bytes of the weights as Float32.
    package let weights: Int
    /// Where the weights come from, in words.
    package let storage: String
    /// Bytes of a batch of pairs in the towers, and of its pictures made ready for them.
    package let passes: Int
    /// Edge of the pictures that the model looks at, in pixels.
    package let edge: Int

    /// Pictures of pairs that are in memory at once, as they were decoded.
    package static let pictures = 2 * PairScores.atOnce

    /// A reward model as shapes.
    struct Outline {
        /// Where the weights come from, in words.
        let storage: String
        /// All parameters.
        let parameters: [Parameter]
        /// Channels, height and width of a picture that the model looks at, in pixels.
        let picture: [Int]
        /// Pictures, of as many captions, that pass through the towers at once.
        let atOnce: Int
        /// Passes pictures [n, channels, height, width] and so many captions, of full length, through the towers.
        let pass: (_ tape: Tape, _ pixels: Variable, _ captions: Int) -> Void
    }

    /// Runs a batch of pairs through `outline`, whose parameters are on `device`. Both pictures of a pair have one caption, which
    /// is encoded once.
    init(_ outline: Outline, on device: ShapeDevice) {
        let engine = Engine(device: device, backend: .reference)
        weights = outline.parameters.reduce(0) { $0 + $1.value.byteCount }
        storage = outline.storage
        edge = outline.picture[2]
        let before = device.live
        device.beginPeak()
        let rows = min(outline.atOnce, RewardFootprint.pictures)
        let pixels = engine.tensor([rows] + outline.picture)
        let tape = Tape(engine: engine, isRecording: false)
        outline.pass(tape, tape.constant(pixels), PairScores.atOnce)
        // The planes of all pictures are made before they become a tensor.
        passes = device.peak - before + device.work + 2 * pixels.byteCount
    }
}

extension RewardFootprint.Outline {
    /// Both towers of a CLIP.
    init(_ model: CLIPModel, storage: String, atOnce: Int) {
        let (length, vision) = (model.config.text.maxPositionEmbeddings, model.config.vision)
        self.init(
            storage: storage, parameters: model.parameters,
            picture: [vision.numChannels, vision.imageSize, vision.imageSize], atOnce: atOnce
        ) { tape, pixels, captions in
            let ids = [[Int]](repeating: [Int](repeating: 0, count: length), count: captions)
            let text = model.textFeatures(tape, ids: ids)
            _ = withExtendedLifetime(text) { model.imageFeatures(tape, pixels: pixels) }
        }
    }
}

extension RewardKind {
    /// What a model of this kind takes of memory while it scores pairs; no weights are read.
    /// - Throws: what is missing or misshapen, with the file's name.
    package func footprint(_ files: RewardFiles) throws -> RewardFootprint {
        try requireUse(of: files)
        let device = ShapeDevice()
        return RewardFootprint(try outline(files, device), on: device)
    }
}
