import Core
import Datasets
import Foundation
import Testing
import TinyRuns

/// Self-made pairs and a comparison of arms by reward models, on tiny models of SD1.5's layout, by the built program.
@Suite struct SelfMadePairsTests {
    private static let fixtures = "\(SourceTree.root)/Tests/PreferencesTests/Fixtures"

    /// A sandbox with a model, `model`.
    private func with(_ body: (Sandbox) throws -> Void) throws {
        try Sandbox.with { sandbox in
            let made = try sandbox.program.run(
                "init", "model", "\(SourceTree.root)/Manifests/models/tiny-sd", "--out", "model")
            #expect(made.status == 0, "\(made.errors)")
            try sandbox.runs.write("a cat\n\ntwo dogs, a house\na RED \"cup\"\n", to: "captions.txt")
            try body(sandbox)
        }
    }

    private func generate(_ sandbox: Sandbox, _ more: String...) throws -> Program.Result {
        try sandbox.program.start(
            [
                "data", "generate", "--model", "model", "--captions", "captions.txt", "--labels", "scores", "--scorer",
                "hpsv2=\(Self.fixtures)/hpsv2,hpsv2.antialias=false", "--pairs", "5", "--candidates", "3", "--choose",
                "widest", "--scheduler", "dpmpp2m", "--karras", "--steps", "2", "--height", "32", "--width", "24",
                "--negative", "blurry",
            ] + more
        ).wait()
    }

    /// Pictures are those of `smpo sample`, scores those of `smpo score`; the best stands against the worst. What is kept is not
    /// drawn again, and other workers, instruction sets and a second making come to the same.
    @Test func pairsOfALatentModel() throws {
        try with { sandbox in
            let made = try generate(sandbox, "--out", "pairs")
            #expect(made.status == 0, "\(made.errors)")
            let digest = try sandbox.value("data digest", in: made)
            let again = try generate(sandbox, "--out", "again", "--isa", "baseline", "--workers", "3")
            #expect(try sandbox.value("data digest", in: again) == digest)
            #expect(
                again.errors.contains("15 of 15 pictures were kept from before, in .smpo/pictures"), "\(again.errors)")
            let third = try generate(
                sandbox, "--out", "third", "--pictures", "others", "--isa", "baseline", "--workers", "3")
            #expect(try sandbox.value("data digest", in: third) == digest && !third.errors.contains("kept"))
            let checked = try sandbox.program.run("data", "generate", "--check", "pairs", "--workers", "2")
            #expect(checked.status == 0 && checked.output.contains("the same pairs"), "\(checked.errors)")

            let pairs = try FolderPairs.loadAll(folder: sandbox.runs.path("pairs"))
            #expect(pairs.count == 5)
            let record = JSONCursor(
                try JSONValue.read(sandbox.runs.path("pairs/generation.json")), name: "generation")
            #expect(try record["drawing"]["sampler"]["sigmas"].string() == "karras")
            #expect(try record["settings"]["drawing"]["width"].int() == 24)
            let seed = try record["drawing"]["seed"].uint64()
            // All fifteen pictures, drawn and scored one after another.
            let captions = (0..<5).flatMap { [String](repeating: pairs.item(at: $0).caption, count: 3) }
            let drawn = try sandbox.program.start(
                [
                    "sample", "--model", "model", "--scheduler", "dpmpp2m", "--karras", "--steps", "2", "--height",
                    "32",
                    "--width", "24", "--negative", "blurry", "--seed", "\(seed)", "--out", "grid.png", "--pictures",
                    "drawn", "--",
                ] + captions
            ).wait()
            #expect(drawn.status == 0, "\(drawn.errors)")
            for number in 0..<5 {
                let item = pairs.item(at: number)
                let files = (0..<3).map { "drawn/\(String(format: "%05d", 3 * number + $0)).png" }
                let asked = try sandbox.program.start(
                    ["score", "--json", "--reward", "hpsv2", "--no-antialias", "--model", "\(Self.fixtures)/hpsv2"]
                        + files
                        + ["--caption", item.caption]
                ).wait()
                #expect(asked.status == 0, "\(asked.errors)")
                let scores = try JSONCursor(JSONValue.parse(asked.output, file: "stdout"), name: "score")["images"]
                    .elements().map { try $0["score"].double() }
                let (low, high) = (try #require(scores.min()), try #require(scores.max()))
                #expect(Set([item.score0, item.score1]) == [low, high] && low < high)
                let picture = try #require(try pairs.storedPicture(at: number, which: .image0))
                let file = sandbox.runs.path(files[try #require(scores.firstIndex(of: item.score0 ?? 0))])
                #expect(try ImageDecoder.decode(bytes: FileContents.read(file), file: file) == picture.image)
                #expect(item.humanWinner == ((item.score0 ?? 0) > (item.score1 ?? 0) ? .image0 : .image1))
            }
        }
    }

    /// What the record says came out is looked at like the pairs; captions may be a folder of lists; a set that is being replaced
    /// has no list of the old one.
    @Test func whatTheRecordSays() throws {
        try with { sandbox in
            try FileContents.makeFolder(sandbox.runs.path("lists"))
            try sandbox.runs.write("[\"a cup\", \"a tree\"]", to: "lists/benchmark_photo.json")
            func generate(_ more: String...) throws -> Program.Result {
                try sandbox.program.start(
                    [
                        "data", "generate", "--model", "model", "--labels", "scores", "--scorer",
                        "\(SourceTree.root)/Golden/shapes-pickscore", "--pairs", "2", "--steps", "1", "--size", "16",
                        "--out",
                        "pairs",
                    ] + more
                ).wait()
            }
            let made = try generate("--captions", "lists")
            #expect(made.status == 0, "\(made.errors)")
            let right = try sandbox.program.run("data", "generate", "--check", "pairs")
            #expect(right.status == 0, "\(right.errors)")
            let file = sandbox.runs.path("pairs/generation.json")
            let text = String(decoding: try FileContents.read(file), as: UTF8.self)
            try AtomicFile.write(text.replacing("\"ties\": 0", with: "\"ties\": 1"), to: file)
            let wrong = try sandbox.program.run("data", "generate", "--check", "pairs")
            #expect(wrong.status == 1 && wrong.output.contains("different    the outcome"), "\(wrong.output)")
            // The folder that holds new pictures can be written to no more: what is there is no set.
            try FileManager.default.removeItem(atPath: sandbox.runs.path("pairs/images"))
            try FileContents.makeFolder(sandbox.runs.path("pairs/images/000001-0.png/x"))
            let stopped = try generate("--captions", "lists", "--replace")
            #expect(stopped.status != 0, "\(stopped.output)")
            #expect(!FileContents.exists(file) && !FileContents.exists(sandbox.runs.path("pairs/pairs.jsonl")))
        }
    }

    /// A plan of one arm goes on from what is kept only where it is of the same files: other weights, pictures of pairs written
    /// over in place and another reward model are trained on anew; a folder that was moved holds to what it has.
    @Test func whatHasChangedIsMadeAnew() throws {
        try with { sandbox in
            let scorer = sandbox.runs.path("scorer")
            try FileManager.default.copyItem(atPath: "\(SourceTree.root)/Golden/shapes-pickscore", toPath: scorer)
            let made = try sandbox.program.start(
                [
                    "data", "generate", "--model", "model", "--captions", "captions.txt", "--labels", "scores",
                    "--scorer",
                    "scorer", "--pairs", "4", "--steps", "1", "--size", "16", "--out", "given",
                ]
            ).wait()
            #expect(made.status == 0, "\(made.errors)")
            // As a hub's cache has it.
            for name in ["blobs", "prompts"] { try FileContents.makeFolder(sandbox.runs.path(name)) }
            try sandbox.runs.write("a cup\n", to: "blobs/1")
            try FileManager.default.createSymbolicLink(
                atPath: sandbox.runs.path("prompts/test.txt"), withDestinationPath: "../blobs/1")
            try sandbox.runs.write(
                """
                name: one
                seeds: [1]
                rewards: {pickscore: {model: scorer}}
                bases: {tiny: {path: model}}
                pairs: {given: {base: tiny, data: {kind: folder, path: given}}}
                evaluation: {prompts: prompts/test.txt}
                drawing: {steps: 1, size: 16}
                tuning: {lr: [1.0e-5], beta: [1]}
                common:
                  data: {size: 16}
                  optimizer: {schedule: constant}
                  training: {steps: 1, pairs_per_step: 2}
                arms: {dpo: {objective: {name: dpo, beta: 100}}}
                """, to: "plan.yaml")
            func runs(_ folder: String = "out") throws -> Int {
                let done = try sandbox.program.run("ablate", "plan.yaml", "--jobs", "1", "--no-audit", "--out", folder)
                #expect(done.status == 0, "\(done.errors)")
                return try FileContents.names(in: sandbox.runs.path("\(folder)/.smpo/runs")).count
            }
            #expect(try runs() == 1)
            #expect(try runs() == 1)
            let images = sandbox.runs.path("given/images")
            let other = try FileContents.read("\(images)/000002-0.png")
            try AtomicFile.write(other, to: "\(images)/000001-0.png")
            #expect(try runs() == 2)
            // Another mean of pixels is another reward model.
            let rule = "\(scorer)/preprocessor_config.json"
            let text = String(decoding: try FileContents.read(rule), as: UTF8.self)
            let changed = text.replacing(/"image_mean": \[\s*[0-9.]+/) { "\($0.output.prefix { $0 != "[" })[0.25" }
            #expect(changed != text)
            let moved = sandbox.runs.path("moved")
            let copied = Process()
            copied.executableURL = URL(fileURLWithPath: "/bin/cp")
            copied.arguments = ["-rL", sandbox.runs.path("out"), moved]
            try copied.run()
            copied.waitUntilExit()
            #expect(try runs("moved") == 2)
            try AtomicFile.write(changed, to: rule)
            #expect(try runs() == 3)
            let refused = try sandbox.program.run("ablate", "plan.yaml", "--jobs", "1", "--no-audit", "--out", "moved")
            #expect(
                refused.status == 2 && refused.errors.contains("moved/rewards/pickscore: expected a copy"),
                "\(refused.errors)")
        }
    }

    /// What cannot be: another model, other captions, voters for other captions, two reward models.
    @Test func whatIsRefused() throws {
        try with { sandbox in
            #expect(try generate(sandbox, "--out", "pairs").status == 0)
            try sandbox.runs.write("a cat\n", to: "captions.txt")
            let captions = try sandbox.program.run("data", "generate", "--check", "pairs")
            #expect(captions.status == 2 && captions.errors.contains("captions.txt"), "\(captions.errors)")
            let two = try generate(sandbox, "--out", "other", "--scorer", "hpsv2=a,imagereward=b")
            #expect(two.status == 64 && two.errors.contains("one reward model"), "\(two.errors)")
            let none = try generate(sandbox, "--out", "other", "--scorer", "hpsv2=nowhere")
            #expect(none.status == 2 && none.errors.contains("nowhere"), "\(none.errors)")
            let wide = try sandbox.program.run(
                "data", "generate", "--model", "model", "--pairs", "2", "--steps", "1", "--height", "32", "--width",
                "24",
                "--out", "other")
            #expect(wide.status == 2 && wide.errors.contains("squares, for simulated voters"), "\(wide.errors)")
            let odd = try generate(sandbox, "--out", "other", "--width", "30")
            #expect(odd.status == 2 && odd.errors.contains("multiple of"), "\(odd.errors)")
            #expect(!FileContents.exists(sandbox.runs.path("other/pairs.jsonl")))
        }
    }

    /// The plan for Stable Diffusion 1.5 as it stands in the sources, with tiny files where it expects the published ones: all arms
    /// are trained, drawn, scored by four reward models and audited. Started again nothing is run.
    @Test func thePapersTablesForStableDiffusion() throws {
        try with { sandbox in
            func copy(_ source: String, _ target: String) throws {
                let path = sandbox.runs.path(target)
                try FileContents.makeFolder(AtomicFile.folder(of: path))
                try FileManager.default.copyItem(atPath: source, toPath: path)
            }
            let pickscore = "\(SourceTree.root)/Golden/shapes-pickscore"
            try copy(sandbox.runs.path("model"), "models/stable-diffusion-v1-5")
            try copy(pickscore, "rewards/PickScore_v1")
            try copy("\(pickscore)/tokenizer", "rewards/CLIP-ViT-H-14-laion2B-s32B-b79K/tokenizer")
            try copy(
                "\(pickscore)/preprocessor_config.json",
                "rewards/CLIP-ViT-H-14-laion2B-s32B-b79K/preprocessor_config.json")
            for name in ["HPS_v2.1_compressed.pt", "open_clip_config.json"] {
                try copy("\(Self.fixtures)/hpsv2/\(name)", "rewards/\(name)")
            }
            try copy("\(Self.fixtures)/imagereward", "rewards/ImageReward")
            try copy("\(Self.fixtures)/aesthetic/clip", "rewards/clip-vit-large-patch14")
            try copy("\(Self.fixtures)/aesthetic/linear.pth", "rewards/sac+logos+ava1-l14-linearMSE.pth")
            try copy("\(SourceTree.root)/Manifests/data/pairs.parquet", "data/pickapic_v2/train-00000-of-00001.parquet")
            try FileContents.makeFolder(sandbox.runs.path("prompts/hpd_v2"))
            try sandbox.runs.write(
                "[{\"prompt\": \"a cup\"}, {\"prompt\": \"two dogs\"}]", to: "prompts/hpd_v2/test.json")
            try copy(sandbox.runs.path("captions.txt"), "prompts/pickapic-validation.txt")
            let smaller = [
                "drawing.steps=2", "drawing.size=32", "common.data.size=32", "common.training.steps=2",
                "common.training.pairs_per_step=2", "common.optimizer.warmup=0", "common.record.checkpoint_every=1",
                "pairs.own.count=2", "pairs.own.candidates=2",
                "rewards.hpsv2.processor=\(Self.fixtures)/hpsv2",
            ]
            let arguments =
                ["ablate", "\(SourceTree.root)/Manifests/recipes/paper-tables-sd15.yaml"]
                + smaller.flatMap { ["--set", $0] }
            let first = try sandbox.program.start(arguments + ["--jobs", "2"]).wait()
            #expect(first.status == 0, "\(first.errors)")
            let ending =
                "Audited: a part of each of 8 runs, drawn by its chain head; 8 reproduced. Not audited: 3 other runs, of tuning, "
                + "sweeps and conditions; pairs that were made (smpo data generate --check), pictures and scores that are judged.\n"
            #expect(first.output.hasSuffix(ending), "\(first.output.suffix(400))")
            for text in ["PickScore  HPS v2  ImageReward  LAION Aesthetic v2", "+ smoothed labels = SmPO", "Protocol"] {
                #expect(first.output.contains(text), "\(text)")
            }
            let folder = sandbox.runs.path(".smpo/ablations/paper-tables-sd15")
            for name in ["report.md", "report.json", "pages/smpo.html", "pages/control.html", "rewards/hpsv2"] {
                #expect(FileContents.exists("\(folder)/\(name)"), "\(name)")
            }
            #expect(!FileContents.exists("\(folder)/report.svg"))
            let results = try FileContents.names(in: "\(folder)/results")
            let again = try sandbox.program.start(arguments + ["--jobs", "1"]).wait()
            #expect(again.output == first.output)
            #expect(try FileContents.names(in: "\(folder)/results") == results)
            // What the table says is what an evaluation of that run says.
            let report = JSONCursor(try JSONValue.read("\(folder)/report.json"), name: "report")
            let runs = try report["runs"].elements()
            let run = try #require(try runs.first { try $0["arm"].string() == "smpo" })
            let judged = try sandbox.program.start(
                [
                    "eval", "--prompts", "prompts/hpd_v2/test.json", "--model",
                    "\(folder)/.smpo/runs/\(run["run"].string())",
                    "--rewards", "aesthetic=rewards/clip-vit-large-patch14",
                    "--rewards", "aesthetic.head=rewards/sac+logos+ava1-l14-linearMSE.pth", "--steps", "2", "--size",
                    "32",
                    "--guidance", "7.5", "--json",
                ]
            ).wait()
            #expect(judged.status == 0, "\(judged.errors)")
            let scores = try JSONCursor(JSONValue.parse(judged.output, file: "stdout"), name: "eval")
            #expect(
                try scores["models"][0]["scores"][0]["scores"].value == run["drawings"]["judgements"][3]["scores"].value
            )
        }
    }
}
