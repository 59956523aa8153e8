import Core
import Foundation
import Testing
import TinyRuns

/// The plan of memory against what the process takes, and what happens when there is not enough.
@Suite struct PeakMemoryTests {
    /// A model whose weights are most, one whose kept activations are, and the same run again block by block; adapters
    /// in both.
    static let cases: [(channels: String, size: Int, training: String)] = [
        ("[64, 192, 256]", 8, "steps: 2, pairs_per_step: 1}\nlora: {rank: 4"),
        ("[16, 32, 32]", 64, "steps: 2, pairs_per_step: 6}\nlora: {rank: 4"),
        ("[16, 32, 32]", 64, "steps: 2, pairs_per_step: 6, recompute: true}\nlora: {rank: 4"),
        ("[16, 32, 32]", 64, "steps: 2, pairs_per_step: 6}\nlora: {rank: 16, targets: [to_q, ff.net.0.proj, conv1]"),
        ("[64, 192, 256]", 8, "steps: 2, pairs_per_step: 1, recompute: true"),
        ("[64, 192, 256]", 8, "steps: 1, pairs_per_step: 1"),
        ("[16, 32, 32]", 64, "steps: 2, pairs_per_step: 6"),
        ("[16, 32, 32]", 64, "steps: 2, pairs_per_step: 6, recompute: true"),
    ]

    /// Writes a recipe of a new model over random latents.
    private func recipe(
        _ sandbox: Sandbox, channels: String, size: Int, training: String, makesData: Bool = true
    ) throws -> String {
        try write(unet: channels, planes: 4, sandbox)
        if makesData {
            let data = try sandbox.program.run(
                "data", "latents", "--pairs", "6", "--shape", "4x\(size)x\(size)", "--out", "data")
            #expect(data.status == 0, "\(data.errors)")
        }
        return try sandbox.runs.write(
            """
            name: peak
            data: {kind: latents, path: data, size: \(size)}
            \(sandbox.runs.model())
            objective: {name: smpo}
            inversion: {steps: 1}
            optimizer: {lr: 1e-4}
            training: {\(training)}
            record: {latents: false}
            """, to: "peak.yaml")
    }

    private func write(unet channels: String, planes: Int, _ sandbox: Sandbox) throws {
        try sandbox.runs.write(
            """
            {
              "_class_name": "UNet2DConditionModel", "in_channels": \(planes), "out_channels": \(planes),
              "block_out_channels": \(channels), "layers_per_block": 1, "attention_head_dim": 1,
              "down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"],
              "up_block_types": ["CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"],
              "cross_attention_dim": 8, "norm_num_groups": 8
            }
            """, to: "unet.json")
    }

    private func planned(_ sandbox: Sandbox, _ recipe: String) throws -> JSONCursor {
        let plan = try sandbox.program.run("train", recipe, "--dry-run", "--json", "--workers", "2")
        #expect(plan.status == 0, "\(plan.errors)")
        return JSONCursor(try JSONValue.parse(plan.output, file: "stdout"), name: "plan")
    }

    /// The most that a process holds is between three quarters of what was planned and a tenth above it: the plan adds
    /// up moments of a step that do not quite coincide, and knows nothing of holes between allocations.
    @Test(arguments: cases)
    func theProcessTakesWhatWasPlanned(channels: String, size: Int, training: String) throws {
        try Sandbox.with { sandbox in
            let recipe = try recipe(sandbox, channels: channels, size: size, training: training)
            let total = try planned(sandbox, recipe)["total"].int()
            let (result, peak) = try sandbox.program.start(["train", recipe, "--workers", "2"]).waitWatchingMemory()
            #expect(result.status == 0, "\(result.errors)")
            let ratio = Double(peak) / Double(total)
            print("peak \(peak >> 20) MiB, planned \(total >> 20) MiB, ratio \(ratio): \(channels), \(training)")
            #expect((0.75...1.1).contains(ratio), "\(peak) of \(total)")
        }
    }

    /// Of large pictures and a small network the making of latents takes most; where they are there, the steps do.
    @Test func makingLatentsTakesWhatWasPlanned() throws {
        try Sandbox.with { sandbox in
            let levels = 4
            func list(_ name: String) -> String {
                "[" + [String](repeating: "\"\(name)\"", count: levels).joined(separator: ", ") + "]"
            }
            let vae = try sandbox.runs.write(
                """
                {
                  "_class_name": "AutoencoderKL", "block_out_channels": [64, 8, 8, 8], "layers_per_block": 1,
                  "norm_num_groups": 4, "down_block_types": \(list("DownEncoderBlock2D")),
                  "up_block_types": \(list("UpDecoderBlock2D")), "sample_size": 512
                }
                """, to: "vae.json")
            let model = sandbox.runs.model().replacing(
                sandbox.runs.path("unet.json"), with: sandbox.runs.path("latent-unet.json"))
            let pairs = try PairFolder(sandbox.runs, count: 2)
            let recipe = try sandbox.runs.write(
                """
                name: peak
                data: {kind: folder, path: \(pairs.path), size: 512, latent_set: latents}
                \(model)
                  vae: \(vae)
                objective: {name: smpo}
                inversion: {steps: 1}
                optimizer: {lr: 1e-4}
                training: {steps: 1, pairs_per_step: 1, recompute: true}
                record: {latents: false}
                """, to: "encoded.yaml")
            let plan = try planned(sandbox, recipe)
            let total = try plan["total"].int()
            let latents = try plan["rows"].elements().reduce(0) { try $0 + $1["latents"].int() }
            #expect(try plan["makes_latents"].bool() && total == latents)
            let (result, peak) = try sandbox.program.start(["train", recipe, "--workers", "2"]).waitWatchingMemory()
            #expect(result.status == 0, "\(result.errors)")
            print("peak \(peak >> 20) MiB, planned \(total >> 20) MiB: latents of 512 pixels")
            #expect((0.75...1.1).contains(Double(peak) / Double(total)), "\(peak) of \(total)")

            // The set is there now, and its making is planned no more.
            let later = try planned(sandbox, recipe)
            #expect(try !later["makes_latents"].bool() && later["total"].int() < total / 2)
        }
    }

    /// A reward model is let go before the model is opened: the most is what scoring takes, or what training takes, not both. Of
    /// Float32 the weights are the file's pages, of halves they are widened.
    @Test(arguments: [("[16, 32, 32]", "f32", true), ("[64, 192, 256]", "f16", false)])
    func scoringTakesWhatWasPlanned(channels: String, type: String, scoringTakesMost: Bool) throws {
        try Sandbox.with { sandbox in
            let tower =
                "\"hidden_size\": 512, \"intermediate_size\": 2048, \"num_attention_heads\": 4, \"num_hidden_layers\": 4"
            try sandbox.runs.write(
                """
                {
                  "architectures": ["CLIPModel"], "model_type": "clip", "projection_dim": 8,
                  "text_config": {
                    \(tower), "max_position_embeddings": 16, "vocab_size": 619, "eos_token_id": 618
                  },
                  "vision_config": {\(tower), "image_size": 16, "patch_size": 2}
                }
                """, to: "clip.json")
            let made = try sandbox.program.run("train", try sandbox.runs.pickscore(steps: 1), "--out", "scorer")
            #expect(made.status == 0, "\(made.errors)")
            var reward = "scorer"
            if type == "f16" {
                reward = "halves"
                let converted = try sandbox.program.run("convert", "scorer", reward, "--dtype", "f16")
                #expect(converted.status == 0, "\(converted.errors)")
            }
            try write(unet: channels, planes: 3, sandbox)
            let recipe = try sandbox.runs.smpo(steps: 2, more: "reward: {kind: pickscore, model: \(reward)}")
            let plan = try planned(sandbox, recipe)
            let total = try plan["total"].int()
            let scores = try plan["rows"].elements().reduce(0) { try $0 + $1["scores"].int() }
            #expect(try plan["makes_scores"].bool() && (total == scores) == scoringTakesMost, "\(scores) of \(total)")
            let (result, peak) = try sandbox.program.start(["train", recipe, "--workers", "2"]).waitWatchingMemory()
            #expect(result.status == 0, "\(result.errors)")
            print(
                "peak \(peak >> 20) MiB, planned \(total >> 20) MiB, \(scores >> 20) MiB of it to score: \(channels), \(type)"
            )
            #expect((0.75...1.1).contains(Double(peak) / Double(total)), "\(peak) of \(total)")
        }
    }

    @Test func aDryRunTrainsNothing() throws {
        try Sandbox.with { sandbox in
            let recipe = try sandbox.runs.smpo()
            let result = try sandbox.program.run("train", recipe, "--dry-run")
            #expect(result.status == 0, "\(result.errors)")
            for word in ["policy weights (fresh)", "AdamW moments", "later steps", "most at once", "available"] {
                #expect(result.output.contains(word), "\(result.output)")
            }
            #expect(!FileContents.exists(sandbox.runs.path(".smpo")))
            let missing = try sandbox.program.run("train", try sandbox.runs.smpo(model: "no-model"), "--dry-run")
            #expect(missing.status == 2 && missing.errors.contains("no-model/unet"), "\(missing.errors)")
        }
    }

    /// Pairs enough at once to fill any machine: refused before anything is loaded, with what would fit.
    @Test(arguments: [["--dry-run"], ["--record"], []])
    func whatCannotFitIsRefused(options: [String]) throws {
        try Sandbox.with { sandbox in
            let recipe = try recipe(
                sandbox, channels: "[64, 192, 256]", size: 256, training: "steps: 1, pairs_per_step: 400",
                makesData: false)
            let result = try sandbox.program.start(["train", recipe] + options).wait()
            #expect(result.status == 2)
            #expect(result.errors.contains("smpo: trouble: not enough memory: the run takes "), "\(result.errors)")
            #expect(result.errors.contains("it would fit with --set training."), "\(result.errors)")
            #expect(!FileContents.exists(sandbox.runs.path(".smpo")))
            #expect((options == ["--dry-run"] ? result.output : result.errors).contains("most at once"))
        }
    }
}
