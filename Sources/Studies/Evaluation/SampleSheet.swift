import Compute
import Core
import Datasets
import Diffusion
import Training

/// Pictures of held-out captions, drawn between the steps of a training: one PNG a time, always from the same noise.
package struct SampleSheet: RunSpectator {
    /// `samples`.
    package let name = "samples"
    /// The interval, in steps.
    package let every: Int
    private let folder: (String) -> String

    /// Draws after every `every` steps into the folder that `folder` names for the run.
    package init(every: Int, folder: @escaping (String) -> String) { (self.every, self.folder) = (every, folder) }

    /// Writes `step-000020.png`: eight captions, 25 DDIM steps, no guidance, seed 1. Measures nothing.
    /// - Throws: `TrainingError.mismatch` for latents, `FileError`.
    package func look(_ session: TrainingSession, run: String) throws -> [(measure: String, value: Double)] {
        guard let model = session.model.diffusionModel, !session.trainsLatents else {
            throw TrainingError.mismatch(
                what: "--sample-every", expected: "a model that draws pictures",
                found: session.trainsLatents ? "one of latents" : "a scorer", hint: nil)
        }
        let (edge, texts) = (session.recipe.data.size, ShapesSplit.test.captions.prefix(8).map(\.text))
        let pictures = SampleEvaluation(
            model: model, steps: 25, guidance: 1, eta: 0, engine: session.trainer.model.engine
        ).samples(texts, size: edge, seed: 1)
        let images = texts.indices.map {
            PixelPlanes.image(pictures.slice($0..<$0 + 1).floats, width: edge, height: edge)
        }
        let sheet = ImageGrid(columns: 8, padding: 6, scale: max(1, 128 / edge), captionLines: 4)
        let number = PaddedNumber.text(session.trainer.steps, digits: 6)
        try FileContents.makeFolder(folder(run))
        try PNGWriter.write(sheet.compose(images, captions: texts), to: "\(folder(run))/step-\(number).png")
        return []
    }
}
