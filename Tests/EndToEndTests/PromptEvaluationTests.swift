import Core
import Datasets
import Foundation
import Testing

/// `smpo eval --prompts` by the program alone, on tiny models of SD1.5's layout and tiny reward models.
@Suite struct PromptEvaluationTests {
    private static let rewards = EvaluationSandbox.rewards
    private static let asked = EvaluationSandbox.asked
    private static let names = EvaluationSandbox.names
    private static let prompts = EvaluationSandbox.prompts

    private func with(_ body: (Sandbox) throws -> Void) throws { try EvaluationSandbox.with(body) }

    private func eval(_ sandbox: Sandbox, _ more: String..., rewards: String = asked) throws -> Program.Result {
        try sandbox.program.start(
            [
                "eval", "--prompts", "prompts.tsv", "--model", "after", "--rewards", rewards, "--steps", "2", "--size",
                "16",
            ]
                + more
        ).wait()
    }

    private func json(_ result: Program.Result) throws -> JSONCursor {
        #expect(result.status == 0, "\(result.errors)")
        return JSONCursor(try JSONValue.parse(result.output, file: "stdout"), name: "eval")
    }

    private func scores(_ value: JSONCursor, _ model: Int, _ reward: Int) throws -> [Double] {
        try value["models"][model]["scores"][reward]["scores"].elements().map { try $0.double() }
    }

    /// Pictures are those of `smpo sample`, scores those of `smpo score`, and what is said of them is what a naive loop says.
    @Test func theFiguresAreThoseOfSampleAndScore() throws {
        try with { sandbox in
            let value = try json(try eval(sandbox, "--reference", "before", "--json"))
            #expect(try value["asked"]["reference"].string() == "before" && value["asked"]["model"].string() == "after")
            #expect(try value["made_now"]["pictures"].elements().map { try $0.int() } == [5, 5])
            for (place, model) in ["before", "after"].enumerated() {
                let drawn = try sandbox.program.start(
                    [
                        "sample", "--model", model, "--steps", "2", "--size", "16", "--out", "grid.png", "--pictures",
                        model,
                    ]
                        + Self.prompts
                ).wait()
                #expect(drawn.status == 0, "\(drawn.errors)")
                let pixels = try value["models"][place]["pictures"].elements().map { try $0.digest() }
                for index in Self.prompts.indices {
                    let file = sandbox.runs.path("\(model)/0000\(index).png")
                    let image = try ImageDecoder.decode(bytes: FileContents.read(file), file: file)
                    #expect(image.digest == pixels[index], "\(model) \(index)")
                }
                let options = [
                    ["hpsv2", "--model", "\(Self.rewards)/hpsv2"],
                    ["imagereward", "--model", "\(Self.rewards)/imagereward"],
                    [
                        "aesthetic", "--model", "\(Self.rewards)/aesthetic/clip", "--head",
                        "\(Self.rewards)/aesthetic/relu.pth",
                    ], ["pickscore", "--model", "\(SourceTree.root)/Golden/shapes-pickscore"],
                ]
                for (reward, option) in options.enumerated() {
                    let all = try scores(value, place, reward)
                    for index in [0, 3] {
                        let caption = reward == 2 ? [] : ["--caption", Self.prompts[index]]
                        let asked = try json(
                            try sandbox.program.start(
                                ["score", "--json", "--reward"] + option + ["\(model)/0000\(index).png"] + caption
                            ).wait())
                        #expect(try asked["images"][0]["score"].double() == all[index], "\(model) \(reward) \(index)")
                    }
                    #expect(Set(all).count > 2)
                }
            }
            for reward in Self.names.indices {
                let (before, after) = (try scores(value, 0, reward), try scores(value, 1, reward))
                let all = try value["models"][1]["scores"][reward]
                #expect(try all["reward"].string() == Self.names[reward])
                #expect(try all["all"]["median"].double() == after.sorted()[2])
                #expect(try abs(all["all"]["mean"].double() - after.reduce(0, +) / 5) < 1e-12)
                let style = try all["styles"][0]
                #expect(try style["style"].string() == "x" && style["summary"]["count"].int() == 2)
                #expect(try style["summary"]["median"].double() == (after[0] + after[2]) / 2)
                let wins = try value["comparisons"][reward]["all"]
                #expect(try wins["wins"].int() == zip(after, before).count { $0 > $1 })
                #expect(try wins["ties"].int() == zip(after, before).count { $0 == $1 })
                #expect(try wins["losses"].int() == zip(after, before).count { $0 < $1 })
            }
        }
    }

    /// Several processes, another instruction set and other workers come to the same figures, and what is kept is not made again;
    /// what is damaged is.
    @Test func severalProcessesAreOne() throws {
        try with { sandbox in
            let one = try json(
                try eval(sandbox, "--reference", "before", "--json", "--isa", "baseline", "--workers", "3"))
            let two = try json(
                try eval(sandbox, "--reference", "before", "--json", "--jobs", "2", "--pictures", "elsewhere"))
            #expect(try one["digest"].string() == two["digest"].string())
            // The second process has left nothing to do.
            #expect(try two["made_now"]["pictures"].elements().map { try $0.int() } == [0, 0])
            #expect(try two["made_now"]["scores"][1].elements().map { try $0.int() } == [0, 0, 0, 0])

            let folder = sandbox.runs.path("elsewhere")
            let files = try #require(FileManager.default.subpaths(atPath: folder)).sorted()
            let picture = try #require(files.first { $0.hasSuffix(".png") })
            let score = try #require(files.first { $0.hasPrefix("scores/") && $0.hasSuffix(".json") })
            let pixels = try ImageDecoder.decode(bytes: FileContents.read("\(folder)/\(picture)"), file: picture)
            try PNGWriter.write(
                Image(width: pixels.width, height: pixels.height, filledWith: .white), to: "\(folder)/\(picture)")
            try AtomicFile.write("{}", to: "\(folder)/\(score)")
            let again = try json(try eval(sandbox, "--reference", "before", "--json", "--pictures", "elsewhere"))
            #expect(try again["digest"].string() == one["digest"].string())
            #expect(try again["made_now"]["pictures"].elements().map { try $0.int() }.reduce(0, +) == 1)
            let made = try again["made_now"]["scores"].elements().flatMap { try $0.elements().map { try $0.int() } }
            #expect(made.reduce(0, +) == 1)
            #expect(
                try ImageDecoder.decode(bytes: FileContents.read("\(folder)/\(picture)"), file: picture) == pixels)
        }
    }

    /// Tasks of a folder come to the same report, of prompts and of the shapes world.
    @Test func tasksElsewhereComeToTheSameReport() throws {
        try with { sandbox in
            func onTasks(_ count: Int, _ command: () throws -> Program.Result) throws -> Program.Result {
                let written = try command()
                #expect(written.status == 2 && written.errors.contains("0 of \(count) tasks"), "\(written.errors)")
                for task in 0..<count {
                    let ran = try sandbox.program.run("job", "run", "job", "\(task)")
                    #expect(ran.status == 0, "\(ran.errors)")
                }
                let gathered = try sandbox.program.run("job", "gather", "job")
                #expect(gathered.status == 2 && gathered.errors.contains("smpo eval"), "\(gathered.errors)")
                return try command()
            }
            let one = try json(try eval(sandbox, "--reference", "before", "--json"))
            let tasks = try json(
                try onTasks(3) {
                    try eval(
                        sandbox, "--reference", "before", "--json", "--pictures", "kept", "--jobs", "3", "--on=file:job"
                    )
                })
            #expect(try one["digest"].string() == tasks["digest"].string())
            // Nothing was left to do.
            #expect(try tasks["made_now"]["pictures"].elements().map { try $0.int() } == [0, 0])
            for member in ["models", "comparisons", "asked"] { #expect(try one[member].value == tasks[member].value) }
            try FileManager.default.removeItem(atPath: sandbox.runs.path("job"))

            let shapes = [
                "eval", "--model", "\(SourceTree.root)/Golden/shapes-base", "--reference",
                "\(SourceTree.root)/Golden/shapes-base", "--recipe", try sandbox.runs.smpo(), "--scorer",
                "\(SourceTree.root)/Golden/shapes-pickscore", "--captions", "3", "--pairs", "2", "--steps", "2",
                "--seeds",
                "4,2",
            ]
            for more in [[], ["--json"]] {
                let local = try sandbox.program.start(shapes + more).wait()
                #expect(local.status == 0, "\(local.errors)")
                let other = try onTasks(2) { try sandbox.program.start(shapes + more + ["--on", "file:job"]).wait() }
                #expect(other.status == 0 && other.output == local.output, "\(other.output)\(other.errors)")
                try FileManager.default.removeItem(atPath: sandbox.runs.path("job"))
            }
            let scorer = try sandbox.program.run(
                "eval", "--model", "\(SourceTree.root)/Golden/shapes-pickscore", "--on", "slurm")
            #expect(scorer.status == 64 && scorer.errors.contains("in one piece"), "\(scorer.errors)")
        }
    }

    /// Whoever has the same files elsewhere comes to the same digest; whoever has others does not.
    @Test func theDigestKnowsNoPaths() throws {
        try with { sandbox in
            let one = try json(try eval(sandbox, "--reference", "before", "--json"))
            for model in ["before", "after"] {
                try FileManager.default.moveItem(
                    atPath: sandbox.runs.path(model), toPath: sandbox.runs.path("\(model)-elsewhere"))
            }
            try FileManager.default.moveItem(
                atPath: sandbox.runs.path("prompts.tsv"), toPath: sandbox.runs.path("others.tsv"))
            func again(_ prompts: String) throws -> JSONCursor {
                try json(
                    try sandbox.program.run(
                        "eval", "--prompts", prompts, "--model", "after-elsewhere", "--reference", "before-elsewhere",
                        "--rewards", Self.asked, "--steps", "2", "--size", "16", "--json"))
            }
            let two = try again("others.tsv")
            #expect(try one["digest"].string() == two["digest"].string())
            #expect(try one["asked"].object() != two["asked"].object())
            let rows = zip(Self.prompts, ["x", "y", "x", "y", "x"]).map { "\($0)\t\($1)\n" }
            try sandbox.runs.write("Prompt\tCategory\n" + rows.joined(), to: "moved.tsv")
            #expect(try again("moved.tsv")["digest"].string() != one["digest"].string())
        }
    }

    @Test func tableAndPageSayHowTheyCameAbout() throws {
        try with { sandbox in
            let first = try eval(sandbox, "--reference", "before", "--page", "eval.html", "--seed", "7")
            #expect(first.status == 0, "\(first.errors)")
            let text = first.output
            for words in [
                "after against before\n", "PickScore", "HPS v2", "ImageReward", "LAION Aesthetic v2",
                "Medians over 5 prompts",
                "higher  equal  lower", "by style", "pndm, spacing leading, 2 steps, guidance 7.5, 16 x 16, seed 7",
                "no negative (the empty prompt)", "captions read as open_clip", "each prompt its own",
                "what people see", "pictures as PNG", "table between tabs", "prompts.tsv, file ",
            ] { #expect(text.contains(words), "\(words)\n\(text)") }
            #expect(!text.contains("kept from before"))
            let page = String(decoding: try FileContents.read(sandbox.runs.path("eval.html")), as: UTF8.self)
            #expect(page.components(separatedBy: "data:image/png;base64,").count == 11)
            #expect(page.contains("a RED &quot;cup&quot;") && !page.contains("<script"))
            let kept = try eval(sandbox, "--reference", "before", "--seed", "7")
            #expect(kept.output.contains("10 of 10 pictures: kept from before"), "\(kept.output)")
        }
    }

    /// The same noise for all prompts: equal prompts are one picture. By place they are two.
    @Test func theNoiseRuleIsWhatItSays() throws {
        try with { sandbox in
            let hps = "hpsv2=\(Self.rewards)/hpsv2"
            func pictures(_ more: String...) throws -> [String] {
                let result = try sandbox.program.start(
                    [
                        "eval", "--prompts", "prompts.tsv", "--model", "after", "--rewards", hps, "--steps", "2",
                        "--size",
                        "16", "--json",
                    ] + more
                ).wait()
                return try json(result)["models"][0]["pictures"].elements().map { try $0.string() }
            }
            let own = try pictures("--seed", "0")
            let same = try pictures("--same-noise")
            #expect(own[0] != own[4] && same[0] == same[4] && own[0] == same[0] && own[1] != same[1])
            // The first of each style, at their places of the whole file.
            #expect(try pictures("--seed", "0", "--count", "1") == [own[0], own[1]])
        }
    }

    @Test func jpegIsAnotherPicture() throws {
        try with { sandbox in
            let hps = "hpsv2=\(Self.rewards)/hpsv2"
            let png = try json(try eval(sandbox, "--json", rewards: hps))
            let jpeg = try json(try eval(sandbox, "--json", rewards: "\(hps),hpsv2.pictures=jpeg"))
            #expect(try scores(png, 0, 0) != scores(jpeg, 0, 0))
            #expect(try jpeg["rewards"][0]["pictures"].string().hasPrefix("JPEG, quality 75, 4:2:0, libjpeg"))
            // The benchmark's lists are judged by JPEG files.
            try FileContents.makeFolder(sandbox.runs.path("lists"))
            try sandbox.runs.write(#"["a cup"]"#, to: "lists/benchmark_anime.json")
            let list = try json(
                try sandbox.program.run(
                    "eval", "--prompts", "lists", "--model", "after", "--rewards", hps, "--steps", "2", "--size", "16",
                    "--json"))
            #expect(try list["rewards"][0]["pictures"].string().hasPrefix("JPEG"))
            #expect(try scores(list, 0, 0)[0] == scores(jpeg, 0, 0)[0])
        }
    }

    @Test func whatDoesNotFitIsNamed() throws {
        try with { sandbox in
            func refused(_ status: Int32, _ words: [String], _ arguments: [String]) throws {
                let result = try sandbox.program.start(["eval", "--model", "after", "--steps", "1"] + arguments).wait()
                #expect(result.status == status, "\(arguments): \(result.errors)")
                for word in words { #expect(result.errors.contains(word), "\(arguments): \(result.errors)") }
                #expect(!FileContents.exists(sandbox.runs.path(".smpo")))
            }
            let prompts = ["--prompts", "prompts.tsv"]
            let hps = "hpsv2=\(Self.rewards)/hpsv2"
            try refused(64, ["--rewards"], prompts)
            try refused(64, ["--negative", "--prompts"], ["--negative", "x"])
            try refused(64, ["--rewards", "--prompts"], ["--rewards", hps])
            try refused(64, ["--seeds"], prompts + ["--rewards", hps, "--seeds", "1"])
            try refused(64, ["hpsv2", "clipscore"], prompts + ["--rewards", "clipscore=x"])
            try refused(
                64, ["hpsv2.tail", "head"].map { $0 == "hpsv2.tail" ? "tail" : $0 },
                prompts + ["--rewards", "\(hps),hpsv2.tail=x"])
            try refused(64, ["hpsv2.reader", "open_clip"], prompts + ["--rewards", "\(hps),hpsv2.reader=mine"])
            try refused(64, ["named twice"], prompts + ["--rewards", "\(hps),\(hps)"])
            try refused(64, [".html"], prompts + ["--rewards", hps, "--page", "x.png"])
            try sandbox.runs.write("a cup\n", to: "prompts.md")
            try refused(2, ["no kind of file"], ["--prompts", "prompts.md", "--rewards", hps])
            try sandbox.runs.write("Text\tCategory\na\tb\n", to: "other.tsv")
            try refused(2, ["other.tsv", "Prompt"], ["--prompts", "other.tsv", "--rewards", hps])
        }
    }
}
