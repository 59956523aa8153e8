import Audit
import Compute
import Core
import Datasets
import Diffusion
import Pages
import Studies
import Training

extension Run {
    private static let mostCaptions = 6, samplingSteps = 25

    /// Pictures by the model that the run started from and by the one that it ended with.
    func samples(
        _ engine: Engine, _ key: String, _ title: String, progress: (Int) -> Void
    ) throws -> Result<Finding, Missing> {
        let recipe = try recipe
        guard !recipe.objective.kind.trainsScorer else {
            return .failure(Missing(why: "the run trains a scorer, which draws nothing"))
        }
        guard !recipe.data.isLatent else {
            return .failure(Missing(why: "the model draws latents, which need an autoencoder to become pictures"))
        }
        let trained = workspace.model(name)
        guard FileContents.isFolder(trained), !replacesRun else {
            return .failure(Missing(why: "the model that the run ended with is not here (\(trained))"))
        }
        let drawn: Result<Finding, any Error> = Result {
            let base = try DiffusionModel(recipe.pipeline(on: engine))
            let recorded = manifest.inputs.digests
            let isBase = Pipeline.inputs(try base.pipeline.digests()).allSatisfy { recorded[$0.key] == $0.value }
            let texts = captions(recipe)
            guard !texts.isEmpty else { throw Missing(why: "no caption is at hand to draw") }
            var request = DrawingRequest()
            (request.steps, request.height, request.width) = (Self.samplingSteps, recipe.data.size, recipe.data.size)
            // Both are drawn by the sampler that the first one's file leads to.
            let settings = try request.settings(of: base, seed: 1)
            var rows: [[Picture]] = texts.map { _ in [] }
            for (label, model) in [("before", base), ("after", try DiffusionModel(path: trained))] {
                let images = try Drawing(model: model, settings: settings, engine: engine).images(
                    request.prompts(texts, height: settings.height, width: settings.width)
                ) { _, _ in }
                for (place, text) in texts.enumerated() {
                    rows[place].append(
                        try Thumbnail.picture(
                            images[place], base.autoencoder == nil ? Thumbnail.edge : EvaluationGallery.edge,
                            label: label, alternative: "Drawn \(label) the training for: \(text)", note: ""))
                }
                progress(label == "before" ? 1 : 2)
            }
            let data = zip(texts, rows).map { text, pictures -> JSONValue in
                ["caption": .string(text), "pictures": .array(pictures.map { .object($0.summary) })]
            }
            var finding = Finding(
                key, title,
                says: [
                    "\(texts.count) caption\(texts.count == 1 ? "" : "s"), each drawn from the same noise by every model.",
                    "\(settings.steps) steps of \(settings.sampler.kind.title), "
                        + (settings.guidance == 1 ? "no guidance" : "guidance \(settings.guidance)") + ", seed 1.",
                    isBase
                        ? "Before: the model whose digests are in the manifest."
                        : "Before: a model that is NOT the recorded one: its digests differ from the manifest's.",
                    "After: \(trained), which smpo verify holds against the record.",
                ], data: .array(data))
            finding.contents = [
                .gallery(Gallery(zip(texts, rows).map { Gallery.Item(caption: $0, pictures: $1) })),
                .table(Table(["caption"], texts.map { [$0] })),
            ]
            return finding
        }
        return drawn.mapError { $0 as? Missing ?? Missing(why: "a model cannot be opened: \($0)") }
    }

    /// Captions that the model has not seen where there are such, else those of the data.
    private func captions(_ recipe: Recipe) -> [String] {
        if case .shapes = recipe.data.source {
            return ShapesSplit.test.captions.prefix(Self.mostCaptions).map(\.text)
        }
        guard case .success(let data) = data else { return [] }
        switch data.items {
        case .pairs(let dataset, _):
            return (0..<min(dataset.count, Self.mostCaptions)).map { dataset.item(at: $0).caption }
        case .pictures(let pictures):
            return (0..<min(pictures.count, Self.mostCaptions)).map { pictures.caption(at: $0) }
        }
    }
}
