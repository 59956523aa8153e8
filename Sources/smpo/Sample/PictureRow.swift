import Compute
import Core
import Datasets
import Diffusion
import Ledger
import Studies

/// The pictures that one model has drawn.
struct PictureRow {
    /// One a caption.
    let pictures: [DrawnPicture]
    /// The sampler.
    let sampler: SamplerConfig
    /// Whether they were drawn over latents.
    let isLatent: Bool
    private let schedule: NoiseSchedule
    private let notes: InputNotes

    /// All that the models' rows share.
    struct Drawer {
        let texts: [String]
        let seed: UInt64
        let batch: Int?
        let sampler: SamplerOptions
        let prompts: PromptOptions
        let control: ControlOptions.Opened?
        let engine: Engine

        /// Opens a model and draws. `first` is the row of the model before, whose sampler and size are taken.
        func row(_ folder: ModelFolder, after first: PictureRow?) throws -> PictureRow {
            let model = try DiffusionModel(Pipeline(.diffusion, folder))
            try control?.requireSize(for: model)
            let schedule = NoiseSchedule(model.scheduler)
            var config = try sampler.config(model)
            if let first, first.schedule.betas == schedule.betas, first.schedule.prediction == schedule.prediction {
                config = first.sampler
            }
            let (height, width) =
                first.map { ($0.pictures[0].image.height, $0.pictures[0].image.width) }
                ?? prompts.pixels(
                    edge: Drawing.edge(of: model), picture: control.map { ($0.picture.height, $0.picture.width) })
            var told = try prompts.prompts(texts, height: height, width: width, model)
            told.forcesZeros = try folder.forcesZerosForEmptyPrompt
            let isLatent = model.autoencoder != nil
            let settings = DrawingSettings(
                sampler: config, steps: sampler.steps(model), guidance: sampler.guidance(model), eta: sampler.eta,
                height: height, width: width, seed: seed, atOnce: batch ?? (isLatent ? 1 : 50))
            let steering = try control?.guide(model, height: height, width: width, engine)
            let drawing = try Drawing(model: model, settings: settings, control: steering?.guide, engine: engine)
            let notes = InputNotes(
                captions: texts
                    + [told.seconds, told.negatives, told.negativeSeconds].compactMap { $0?.first },
                isCut: model.cuts)
            if notes != first?.notes ?? InputNotes() { Message.note(notes) }
            let bar = ProgressBar(total: texts.count * drawing.calls, unit: "step")
            let images = try drawing.images(told) { start, call in
                bar.update(start * drawing.calls + call * min(settings.atOnce, texts.count - start))
            }
            bar.finish()
            let digests = try model.pipeline.digests()
            let pictures = images.indices.map {
                DrawnPicture(
                    images[$0], told, place: $0, settings: settings, digests: digests, isSized: model.needsSizes,
                    control: steering?.record)
            }
            return PictureRow(
                pictures: pictures, sampler: config, isLatent: isLatent, schedule: schedule, notes: notes)
        }
    }

    /// Rows of eight small pictures, or of four; of two models, the second's row stands below the first's.
    static func grid(_ rows: [PictureRow]) -> (image: Image, text: PNGWriter.Text) {
        let count = rows[0].pictures.count
        let first = rows[0].pictures[0].image
        let columns = min(first.width < 256 ? 8 : 4, count)
        let blank = Image(width: first.width, height: first.height, filledWith: .white)
        var (images, captions): ([Image], [String]) = ([], [])
        for start in stride(from: 0, to: count, by: columns) {
            let places = start..<min(count, start + columns)
            for (number, row) in rows.enumerated() {
                let empty = columns - places.count
                images += places.map { row.pictures[$0].image } + Array(repeating: blank, count: empty)
                let isLast = number == rows.count - 1
                captions += places.map { isLast ? row.prompt($0) : "" } + Array(repeating: "", count: empty)
            }
        }
        let image = ImageGrid(columns: columns, padding: 6, scale: max(1, 128 / first.width), captionLines: 4)
            .compose(images, captions: captions)
        let records: JSONValue = .array(rows.map { row in .array(row.pictures.map { .object($0.record) }) })
        let text: JSONValue = ["schema": 1, "grid": records]
        return (image, PNGWriter.Text(keyword: DrawnPicture.keyword, text: text.canonical))
    }

    private func prompt(_ place: Int) -> String {
        guard case .string(let text)? = pictures[place].record["prompt"] else { return "" }
        return text
    }
}
