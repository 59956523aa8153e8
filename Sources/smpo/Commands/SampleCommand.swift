import ArgumentParser
import Compute
import Core
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
            A model is a folder, or a single file with --configuration, over an autoencoder's latents (Stable Diffusion
            1.5, SDXL) or over pictures. One picture over latents is written as it is, several, and those of models over
            pictures, as a grid; --pictures writes each besides. Every PNG says in a text chunk (parameters, JSON) what
            it was drawn from: prompt, seed, sampler, digests of the weights and of the pixels.

            A caption's starting noise depends on the seed and on its place in the list only: every model starts from the
            same noise. With two models the first row of each pair of rows is --against (before), the second --model.
            Both are drawn by the sampler that --against leads to, where their schedules are one.

            EXAMPLES
              smpo sample --model sd15 "a cup" --scheduler euler --steps 30 --guidance 7.5 --seed 3 --out cup.png
              smpo sample --model sdxl --variant fp16 "a cup" --negative blurry --height 832 --width 1216 --out wide.png
              smpo sample --model .smpo/runs/run-1 --against sd15 "a cup" "a lighthouse" --pictures drawn --out both.png
              smpo sample --model sd15 "a cup" --control canny --control-picture cup.jpg --canny --out steered.png
              smpo sample --model Golden/shapes-base --out base.png
              smpo sample --model .smpo/runs/run-1 --against Golden/shapes-base --out before-after.png

            \(ExitStatus.help([.success, .trouble, .usage]))
            """)

    @Argument(help: "Captions (default: held-out captions of the shapes world).")
    var captions: [String] = []

    @Option(help: "Model folder, or a single file.")
    var model: String

    @Option(help: "A second model, drawn above the first.")
    var against: String?

    @OptionGroup(title: "MODEL") var modelOptions: ModelOptions

    @OptionGroup(title: "SAMPLER") var samplerOptions: SamplerOptions

    @OptionGroup(title: "PROMPTS AND SIZE") var promptOptions: PromptOptions

    @OptionGroup(title: "CONTROL") var controlOptions: ControlOptions

    @Option(help: "Held-out captions to draw when none is given.")
    var count = 8

    @Option(help: "Seed of the noise.")
    var seed: UInt64 = 1

    @Option(help: "Pictures that are drawn at once (default: 1 over latents, 50 over pictures). No bit depends on it.")
    var batch: Int?

    @Option(help: "PNG file to write.")
    var out: String

    @Option(help: "Folder to write each picture into: 00000.png; of two models against-00000.png, model-00000.png.")
    var pictures: String?

    @Flag(help: "Print what the pictures were drawn from, and their digests, as JSON.")
    var json = false

    @OptionGroup var engineOptions: EngineOptions

    @OptionGroup var deviceOptions: DeviceOptions

    func validate() throws {
        if count < 1 { throw ValidationError("--count must be at least 1") }
        if let batch, !(1...1024).contains(batch) { throw ValidationError("--batch must be between 1 and 1024") }
    }

    func run() throws {
        let inputs = [model, against, controlOptions.network, controlOptions.picture, modelOptions.vae]
        for (option, path) in [("--out", out)] + (pictures.map { [("--pictures", $0)] } ?? []) {
            try OutputFile(option, path).require(sparing: inputs, Workspace())
        }
        let folders = try modelOptions.folders([against, model].compactMap(\.self))
        let engine = try deviceOptions.engine(engineOptions)
        defer { engine.stop() }
        let texts = captions.isEmpty ? ShapesSplit.test.captions.prefix(count).map(\.text) : captions
        let drawer = PictureRow.Drawer(
            texts: texts, seed: seed, batch: batch, sampler: samplerOptions, prompts: promptOptions,
            control: try controlOptions.open(), engine: engine)
        var rows: [PictureRow] = []
        for folder in folders { rows.append(try drawer.row(folder, after: rows.first)) }
        if rows.count > 1, rows[0].sampler != rows[1].sampler {
            Message.note("the models have different schedules; each is drawn by its own sampler")
        }
        try write(rows)
        if json {
            let value: JSONValue = [
                "schema": 1, "out": .string(out),
                "pictures": .array(rows.flatMap { $0.pictures.map { .object($0.record) } }),
            ]
            return print(value.pretty)
        }
        let told = "\(texts.count) caption\(texts.count == 1 ? "" : "s")"
        Message.line("\(told) × \(rows.count) model\(rows.count == 1 ? "" : "s") written to \(out)")
    }

    private func write(_ rows: [PictureRow]) throws {
        if let pictures {
            try FileContents.makeFolder(pictures)
            for (row, prefix) in zip(rows, rows.count == 1 ? [""] : ["against-", "model-"]) {
                for (place, picture) in row.pictures.enumerated() {
                    let name = prefix + PaddedNumber.text(place, digits: 5) + ".png"
                    try PNGWriter.write(picture.image, text: picture.text, to: "\(pictures)/\(name)")
                }
            }
        }
        if rows.count == 1, rows[0].isLatent, let only = rows[0].pictures.first, rows[0].pictures.count == 1 {
            return try PNGWriter.write(only.image, text: only.text, to: out)
        }
        let grid = PictureRow.grid(rows)
        try PNGWriter.write(grid.image, text: grid.text, to: out)
    }
}
