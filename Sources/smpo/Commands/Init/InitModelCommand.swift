import ArgumentParser
import Compute
import Core
import Diffusion
import Foundation
import Ledger
import Reports
import Training

extension InitCommand {
    /// `smpo init model`
    struct Model: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a model folder with random weights from configurations and a seed.",
            discussion: """
                CONFIGURATIONS is a folder with unet.json, text_encoder.json and
                scheduler.json; with text_encoder_2.json too the model is one of
                SDXL's kind, with vae.json it has an autoencoder. The weights are those of a new model of a recipe
                (model.init_seed): equal configurations and seeds give equal bits.
                They are written tensor by tensor, so the model may be larger than
                the memory; as f16 they are rounded to nearest. The digests printed
                are those that manifests name model/unet and model/text_encoder.

                EXAMPLES
                  smpo init model Manifests/models/shapes --seed 7 --out new
                  smpo init model Manifests/models/sd15 --dtype f16 --out sd15
                  smpo init model Manifests/models/sdxl --dtype f16 --out sdxl

                \(ExitStatus.help([.success, .trouble, .usage]))
                """)

        /// The element types that weights can be written as.
        enum WeightType: String, ExpressibleByArgument, CaseIterable {
            case f32, f16
            var dtype: DType { self == .f32 ? .f32 : .f16 }
        }

        @Argument(help: ArgumentHelp("Folder of configurations.", valueName: "configurations"))
        var model: String

        @Option(help: "Seed of the weights.")
        var seed: UInt64 = 42

        @Option(help: "Element type of the weights.")
        var dtype: WeightType = .f32

        @Option(help: "Folder of a tokenizer (tokenizer.json, or vocab.json and merges.txt), or the word shapes.")
        var tokenizer = "shapes"

        @Option(
            name: .customLong("tokenizer-2"),
            help: "The same for the second text encoder; with shapes for the first it need not be given.")
        var tokenizer2: String?

        @Option(help: "Folder to write into; made if it is missing.")
        var out: String

        @Flag(help: "Replace a model that is in that folder.")
        var replace = false

        @Flag(help: "Print the result as JSON.")
        var json = false

        @OptionGroup var engineOptions: EngineOptions

        func run() throws {
            try OutputFile("--out", out).requireOutsideEvidence(Workspace())
            guard replace || !FileContents.exists("\(out)/unet") else {
                throw ValidationError("\(out) holds a model; --replace writes over it")
            }
            let engine = try engineOptions.engine()
            defer { engine.stop() }
            let written = try Recipe.Model.fresh(try fresh()).pipeline(.diffusion, .shapes(ShapeDevice())).write(
                drawing: seed, to: out, dtype: dtype.dtype, on: engine)
            if json {
                let parts = written.map { part -> (String, JSONValue) in
                    (
                        part.name,
                        [
                            "parameters": .integer(part.parameters), "weights_digest": .digest(part.digest),
                            "file": .string(part.file), "bytes": .integer(part.bytes),
                        ]
                    )
                }
                print(JSONValue.object(JSONObject([("schema", 1), ("out", .string(out))] + parts)).pretty)
                return
            }
            for part in written {
                print(part.name)
                print("  parameters      \(part.parameters)")
                print("  weights digest  \(part.digest)")
                print("  file            \(part.file), \(part.bytes) bytes")
            }
        }

        /// What the model is made of.
        private func fresh() throws -> Recipe.Model.Fresh {
            func named(_ tokenizer: String) -> Recipe.Model.Tokenizer {
                tokenizer == "shapes" ? .shapes : .folder(path: tokenizer)
            }
            var fresh = Recipe.Model.Fresh(
                unet: "\(model)/unet.json", textEncoder: "\(model)/text_encoder.json",
                scheduler: "\(model)/scheduler.json", tokenizer: named(tokenizer), initSeed: seed)
            let autoencoder = "\(model)/vae.json"
            if FileContents.exists(autoencoder) { fresh.vae = autoencoder }
            let second = "\(model)/text_encoder_2.json"
            guard FileContents.exists(second) else {
                guard tokenizer2 == nil else {
                    throw ValidationError(
                        "--tokenizer-2 is for models with a second text encoder: \(second) is missing")
                }
                return fresh
            }
            guard let own = tokenizer2 ?? (tokenizer == "shapes" ? tokenizer : nil) else {
                throw ValidationError("\(second) needs a tokenizer of its own: --tokenizer-2")
            }
            (fresh.textEncoder2, fresh.tokenizer2) = (second, named(own))
            return fresh
        }
    }
}
