import Core
import Datasets
import Foundation
import Testing

/// Pictures drawn over latents, with nothing but the program: by tiny models of SD1.5's and SDXL's layout
/// (`OracleTests/Fixtures/sampling`), whose numbers are held against diffusers' there.
@Suite struct SampleTests {
    /// A sandbox with a copy of the model `name` in `model`, its ControlNet in `control`.
    private func with(_ name: String = "sd", _ body: (Sandbox) throws -> Void) throws {
        try Sandbox.with { sandbox in
            let from = "\(SourceTree.root)/Tests/OracleTests/Fixtures/sampling/\(name)"
            try FileContents.makeFolder(sandbox.runs.path("model"))
            for part in try FileContents.names(in: from) where !["cases", "inputs", "out"].contains(part) {
                try FileManager.default.copyItem(
                    atPath: "\(from)/\(part)",
                    toPath: sandbox.runs.path(part == "controlnet" ? "control" : "model/\(part)"))
            }
            try body(sandbox)
        }
    }

    /// What a PNG says of itself.
    private func record(_ sandbox: Sandbox, _ file: String) throws -> (record: JSONCursor, image: Image) {
        let bytes = try FileContents.read(sandbox.runs.path(file))
        let start = Array("iTXtparameters\0\0\0\0\0".utf8)
        let place = try #require(
            (0..<bytes.count - start.count).first { bytes[$0..<$0 + start.count].elementsEqual(start) })
        let length = bytes[place - 4..<place].reduce(0) { $0 << 8 | Int($1) }
        let text = Array(bytes[place + start.count..<place + 4 + length])
        return (
            JSONCursor(try JSONValue.parse(text, file: file), name: "parameters"),
            try ImageDecoder.decode(bytes: bytes, file: file)
        )
    }

    private func run(_ sandbox: Sandbox, _ arguments: String...) throws -> Program.Result {
        try sandbox.program.start(["sample", "--model", "model"] + arguments).wait()
    }

    @Test func aPictureSaysWhatItWasDrawnFrom() throws {
        try with { sandbox in
            let first = try run(
                sandbox, "a cup", "--scheduler", "euler", "--steps", "3", "--guidance", "7.5", "--seed", "3",
                "--height",
                "16", "--width", "24", "--out", "cup.png")
            #expect(
                first.status == 0 && first.output.contains("1 caption × 1 model written to cup.png"), "\(first.errors)")
            let (record, image) = try record(sandbox, "cup.png")
            #expect((image.width, image.height) == (24, 16))
            #expect(try record["prompt"].string() == "a cup" && record["seed"].int() == 3 && record["steps"].int() == 3)
            #expect(try record["guidance"].double() == 7.5 && record["sampler"]["sampler"].string() == "euler")
            #expect(try record["sampler"]["timestep_spacing"].string() == "linspace")
            #expect(try record["pixels"].digest() == image.digest)
            #expect(try record["model"]["unet"].digest() != record["model"]["vae"].digest())
            // The same bytes with another instruction set and another number of workers.
            let second = try run(
                sandbox, "a cup", "--scheduler", "euler", "--steps", "3", "--guidance", "7.5", "--seed", "3",
                "--height",
                "16", "--width", "24", "--out", "again.png", "--isa", "baseline", "--workers", "3")
            #expect(second.status == 0, "\(second.errors)")
            #expect(
                try FileContents.read(sandbox.runs.path("cup.png")) == FileContents.read(sandbox.runs.path("again.png"))
            )
            // The model's own size and sampler, diffusers' own guidance.
            let plain = try run(sandbox, "a cup", "--steps", "2", "--out", "plain.png", "--json")
            let drawn = try JSONCursor(JSONValue.parse(plain.output, file: "stdout"), name: "json")["pictures"][0]
            #expect(try drawn["sampler"]["sampler"].string() == "pndm" && drawn["height"].int() == 16)
            #expect(try drawn["guidance"].double() == 7.5)
        }
    }

    @Test func manyPicturesOfTwoModelsAreAGrid() throws {
        try with("sdxl") { sandbox in
            try FileManager.default.copyItem(
                atPath: sandbox.runs.path("model"), toPath: sandbox.runs.path("before"))
            // A trained model states its schedule as DDIM's; beside the one before it is drawn by that one's sampler.
            try sandbox.runs.write(
                """
                {"_class_name": "DDIMScheduler", "beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear",
                "timestep_spacing": "leading", "steps_offset": 1, "set_alpha_to_one": false, "clip_sample": false}
                """, to: "model/scheduler/scheduler_config.json")
            let result = try run(
                sandbox, "--against", "before", "a", "b", "c", "--negative", "x", "--steps", "2", "--size", "16",
                "--pictures", "drawn", "--out", "grid.png")
            #expect(result.status == 0 && result.output.contains("3 captions × 2 models"), "\(result.errors)")
            let grid = try record(sandbox, "grid.png").record["grid"]
            for place in 0..<3 {
                let (before, one) = try record(sandbox, "drawn/against-0000\(place).png")
                let (after, other) = try record(sandbox, "drawn/model-0000\(place).png")
                #expect(one == other, "the same weights, noise and sampler")
                #expect(try before["sampler"]["sampler"].string() == "pndm" && after["place"].int() == place)
                #expect(try after["sampler"]["sampler"].string() == "pndm")
                #expect(try grid[1][place]["pixels"].digest() == other.digest)
            }
            // One of them alone names its own.
            let alone = try run(sandbox, "a", "--steps", "2", "--size", "16", "--out", "alone.png")
            #expect(alone.status == 0, "\(alone.errors)")
            #expect(try record(sandbox, "alone.png").record["sampler"]["sampler"].string() == "ddim")
            #expect(try record(sandbox, "alone.png").record["zeros_for_no_negative_prompt"].bool())
        }
    }

    @Test func aPictureSteers() throws {
        try with { sandbox in
            let columns = (0..<24).map { $0 < 12 ? UInt8(20) : 220 }
            try PNGWriter.write(
                Image(width: 24, height: 16, rgb: (0..<16).flatMap { _ in columns.flatMap { [$0, $0, $0] } }),
                to: sandbox.runs.path("steer.png"))
            let common = ["--control", "control", "--control-picture", "steer.png", "--steps", "2"]
            func draw(_ arguments: [String], _ out: String) throws -> (record: JSONCursor, image: Image) {
                let result = try sandbox.program.start(
                    ["sample", "--model", "model", "a cup", "--out", out] + arguments
                ).wait()
                #expect(result.status == 0, "\(result.errors)")
                return try record(sandbox, out)
            }
            let plain = try draw(["--height", "16", "--width", "24", "--steps", "2"], "plain.png")
            let steered = try draw(common, "steered.png")
            let canny = try draw(common + ["--canny", "--thresholds", "50,90"], "canny.png")
            let none = try draw(common + ["--control-scale", "0"], "none.png")
            #expect(Set([plain.image, steered.image, canny.image]).count == 3)
            #expect(none.image == plain.image && steered.image.width == 24)
            #expect(try canny.record["control"]["canny"][1].int() == 90)
            #expect(try canny.record["control"]["picture"].digest() != steered.record["control"]["picture"].digest())
            let wrong = try run(
                sandbox, "a", "--control", "control", "--control-picture", "steer.png", "--size", "16", "--out", "x.png"
            )
            #expect(
                wrong.status == 2 && wrong.errors.contains("16 x 16") && wrong.errors.contains("24 x 16"),
                "\(wrong.errors)")
            // A size that no latents have, whatever is asked for, and a file that is no picture.
            try PNGWriter.write(
                Image(width: 23, height: 16, filledWith: .white), to: sandbox.runs.path("odd.png"))
            try sandbox.runs.write("a picture\n", to: "none.png")
            for (file, words) in [
                ("odd.png", ["multiples of 2", "23 x 16", "cut or scale"]),
                ("none.png", ["neither JPEG nor PNG nor WebP", "61 20 70"]), ("nowhere.png", ["cannot open"]),
            ] {
                let result = try run(
                    sandbox, "a", "--control", "control", "--control-picture", file, "--out", "x.png")
                #expect(result.status == 2 && result.errors.contains("\(file): "), "\(result.errors)")
                for word in words { #expect(result.errors.contains(word), "\(result.errors)") }
            }
            #expect(!FileContents.exists(sandbox.runs.path("x.png")))
        }
    }

    @Test func whatDoesNotFitIsNamed() throws {
        try with { sandbox in
            func refused(_ status: Int32, _ words: [String], _ arguments: String...) throws {
                let result = try sandbox.program.start(
                    ["sample", "--model", "model", "--out", "x.png", "--steps", "1"] + arguments
                ).wait()
                #expect(result.status == status, "\(arguments): \(result.errors)")
                for word in words { #expect(result.errors.contains(word), "\(arguments): \(result.errors)") }
                #expect(!FileContents.exists(sandbox.runs.path("x.png")))
            }
            try refused(64, ["--scheduler"], "a", "--scheduler", "unipc")
            try refused(64, ["--size"], "a", "--size", "16", "--width", "16")
            try refused(64, ["go together"], "a", "--control", "control")
            try refused(64, ["for SDXL"], "a", "--crop", "0x4")
            try refused(64, ["--configuration"], "a", "--configuration", "model")
            try refused(64, ["--negative"], "a", "--negative-2", "x")
            try refused(2, ["height", "multiple of 2"], "a", "--height", "17", "--width", "16")
            try refused(2, ["0 to 3"], "a", "--clip-skip", "4")
            try refused(2, ["second text encoder"], "a", "--prompt-2", "x")
            try refused(2, ["eta", "ddim"], "a", "--eta", "0.5")
            try refused(2, ["use_karras_sigmas", "dpmpp2m"], "a", "--karras")
            try refused(2, ["no weights of this variant"], "a", "--variant", "fp8")
            try sandbox.runs.write(
                #"{"_class_name": "UniPCMultistepScheduler"}"#, to: "model/scheduler/scheduler_config.json")
            try refused(2, ["UniPCMultistepScheduler", "EulerDiscreteScheduler (euler)", "--scheduler"], "a")
        }
    }

    /// A single file of the same weights draws the same picture.
    @Test func aSingleFileDrawsWhatTheFolderDraws() throws {
        try with { sandbox in
            let file = try sandbox.program.run("convert", "model", "model.safetensors", "--to", "ldm")
            #expect(file.status == 0, "\(file.errors)")
            let common = ["a cup", "--steps", "2", "--size", "16"]
            for (model, out, more) in [
                ("model", "folder.png", []), ("model.safetensors", "file.png", ["--configuration", "model"]),
            ] {
                let result = try sandbox.program.start(
                    ["sample", "--model", model, "--out", out] + common + more
                ).wait()
                #expect(result.status == 0, "\(result.errors)")
            }
            let (folder, single) = (try record(sandbox, "folder.png"), try record(sandbox, "file.png"))
            #expect(folder.image == single.image)
            #expect(try folder.record["model"]["unet"].digest() == single.record["model"]["unet"].digest())
        }
    }
}
