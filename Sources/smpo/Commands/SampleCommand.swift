import ArgumentParser
import Compute
import Datasets
import Diffusion
import Foundation
import Ledger
import Studies
import Training

/// `smpo sample`
struct SampleCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sample",
        abstract: "Draw pictures from a model, or from two side by side, into a captioned grid.",
        discussion: """
            A caption's starting noise depends on the seed and on its place in the list only: every model starts from the
            same noise. With two models the first row of each pair of rows is --against (before), the second --model.

            EXAMPLES
              smpo sample --model Golden/shapes-base --out base.png
              smpo sample --model .smpo/runs/run-1 --against Golden/shapes-base --out before-after.png
              smpo sample --model Golden/shapes-base --out two.png "a large red circle in the centre on a navy background"

            \(ExitStatus.help([.success, .trouble, .usage]))
            """)

    @Argument(help: "Captions (default: held-out captions of the shapes world).")
    var captions: [String] = []

    @Option(help: "Model folder.")
    var model: String

    @Option(help: "A second model folder, drawn above the first.")
    var against: String?

    @Option(help: "Held-out captions to draw when none is given.")
    var count = 8

    @Option(help: "DDIM steps.")
    var steps = 25

    @Option(help: "Classifier-free guidance; 1 is off.")
    var guidance: Float = 1

    @Option(help: "Fresh noise in the sampler: 0 none (DDIM), 1 as DDPM.")
    var eta: Float = 0

    @Option(help: "Seed of the noise.")
    var seed: UInt64 = 1

    @Option(help: "Edge of the pictures (default: the model's sample_size).")
    var size: Int?

    @Option(help: "PNG file to write.")
    var out: String

    @OptionGroup var engineOptions: EngineOptions

    func validate() throws {
        if count < 1 { throw ValidationError("--count must be at least 1") }
        if steps < 1 || steps > 1000 { throw ValidationError("--steps must be between 1 and 1000") }
        if eta < 0 || eta > 1 { throw ValidationError("--eta must be between 0 and 1") }
    }

    func run() throws {
        try OutputFile("--out", out).require(sparing: [model, against], Workspace())
        let engine = try engineOptions.engine()
        defer { engine.stop() }
        let texts = captions.isEmpty ? ShapesSplit.test.captions.prefix(count).map(\.text) : captions
        var rows: [[Image]] = []
        var noted = InputNotes()
        for folder in [against, model].compactMap({ $0 }) {
            let model = try DiffusionModel(path: folder)
            try model.requirePictures()
            let notes = InputNotes(captions: texts, isCut: model.cuts)
            if notes != noted { Message.note(notes) }
            noted = notes
            let edge = size ?? model.unet.config.sampleSize ?? 64
            let bar = ProgressBar(total: texts.count, unit: "picture")
            let evaluation = SampleEvaluation(
                model: model, steps: steps, guidance: guidance, eta: eta, engine: engine)
            let pictures = evaluation.samples(texts, size: edge, seed: seed) { bar.update($0) }
            bar.finish()
            rows.append(
                texts.indices.map { PixelPlanes.image(pictures.slice($0..<$0 + 1).floats, width: edge, height: edge) })
        }
        try PNGWriter.write(grid(rows, texts), to: out)
        Message.line("\(texts.count) captions × \(rows.count) model\(rows.count == 1 ? "" : "s") written to \(out)")
    }

    /// Rows of eight pictures; of two models, the second model's row stands below the first's.
    private func grid(_ rows: [[Image]], _ texts: [String]) -> Image {
        let columns = min(8, texts.count)
        var (images, captions): ([Image], [String]) = ([], [])
        for start in stride(from: 0, to: texts.count, by: columns) {
            let places = start..<min(texts.count, start + columns)
            for (number, row) in rows.enumerated() {
                images += places.map { row[$0] }
                images += Array(repeating: row[0].blank, count: columns - places.count)
                let names = number == rows.count - 1 ? places.map { texts[$0] } : places.map { _ in "" }
                captions += names + Array(repeating: "", count: columns - places.count)
            }
        }
        let edge = rows[0][0].width
        return ImageGrid(columns: columns, padding: 6, scale: max(1, 128 / edge), captionLines: 4).compose(
            images, captions: captions)
    }
}

extension Image {
    /// An empty picture of the same size.
    fileprivate var blank: Image { Image(width: width, height: height, filledWith: Colour(255, 255, 255)) }
}
