import Audit
import Core
import Jobs
import Ledger
import Pages
import Preferences
import Testing
import Training

@testable import Studies

/// Ablations that reward models judge.
@Suite struct AblationPromptTests {
    static let plan = """
        name: small
        seeds: [1, 2]
        scorer: hpsv2
        rewards:
          imagereward: {model: ir}
          hpsv2: {model: hps.pt, processor: tok, antialias: false, pictures: jpeg}
        bases: {sd: {path: sd15}}
        pairs:
          given: {base: sd, data: {kind: parquet, path: pick, labels: decided}}
          own: {base: sd, captions: c.txt, count: 8, candidates: 4, choose: widest}
        evaluation: {prompts: test.json, count: 3, validation_prompts: v.tsv}
        drawing: {scheduler: dpmpp2m, karras: true, steps: 7, guidance: 5.5, size: 64, height: 32, negative_prompt: "-x"}
        tuning: {lr: [3.0e-5, 1.0e-4], beta: [1]}
        common:
          data: {size: 16}
          optimizer: {schedule: constant}
          training: {steps: 4, pairs_per_step: 2}
        arms:
          dpo: {title: DPO, objective: {name: dpo, beta: 100}}
          smpo: {objective: {name: smpo, beta: 100}, inversion: {steps: 3}}
        comparisons: [[smpo, dpo]]
        conditions: {own: {arms: [smpo]}}
        """

    private func plan(_ text: String = plan) throws -> AblationPlan {
        try AblationPlan.parse(text, file: "plan.yaml")
    }

    private func jobs(_ text: String = plan, latent: Bool = true) throws -> AblationJobs {
        let plan = try plan(text)
        var inputs = AblationInputs(bases: ["sd": Digest.sha256([1])], scorer: Digest.sha256([2]))
        inputs.latent = latent ? ["sd"] : []
        inputs.rewards = plan.judging!.rewards.map { reward in
            var files = reward.files
            files.model = "rewards/\(reward.kind.name)"
            return EvaluationReward(kind: reward.kind, files: files, encoding: reward.encoding)
        }
        for (name, path) in [
            (AblationInputs.test, "prompts/test.json"), (AblationInputs.validation, "prompts/validation.tsv"),
            (AblationInputs.captions("own"), "prompts/captions-own.txt"),
        ] { inputs.prompts[name] = .init(path: path, digest: Digest.sha256(Array(path.utf8))) }
        inputs.data["given"] = .init(path: "data/given", digest: Digest.sha256([3]))
        return AblationJobs(plan, inputs)
    }

    private let run = AblationRun(arm: "smpo", pairs: "given", seed: 1, rate: 3e-5, betaFactor: 1)

    @Test func whatAPlanSays() throws {
        let plan = try plan()
        let judging = try #require(plan.judging)
        #expect(judging.rewards.map(\.kind.name) == ["imagereward", "hpsv2"] && judging.scorer.kind == HPSv2.kind)
        #expect(judging.rewards[1].files == RewardFiles("hps.pt", processor: "tok", antialias: false))
        #expect(judging.rewards[1].encoding == .jpeg && judging.rewards[0].encoding == .png)
        #expect(judging.test == .init(path: "test.json", count: 3))
        #expect(judging.validation == .init(path: "v.tsv", count: nil))
        #expect(plan.pairs[0].path == "pick" && plan.pairs[0].isScored && plan.pairs[1].captions == "c.txt")
        let drawing = plan.drawing
        #expect(drawing.sampler == .dpmSolverMultistep && drawing.isKarras == true && drawing.steps == 7)
        #expect(drawing.height == 32 && drawing.width == 64 && drawing.guidance == 5.5 && drawing.negative == "-x")
    }

    /// The plan of this repository, for files that are not in it.
    @Test func thePlanForStableDiffusion() throws {
        let folder = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let plan = try AblationPlan.read(
            "/\(folder)/Manifests/recipes/paper-tables-sd15.yaml", overrides: ["evaluation.count=5", "drawing.steps=9"])
        let shapes = try AblationPlan.read("/\(folder)/Manifests/recipes/paper-tables-short.yaml")
        // The same arms as the shapes world's, and the paper's four columns.
        #expect(plan.arms.map(\.name) == shapes.arms.map(\.name))
        #expect(plan.judging?.rewards.map(\.kind) == RewardKind.all && plan.judging?.test.count == 5)
        #expect(plan.drawing.steps == 9 && plan.judging?.scorer.kind == PickScore.kind)
        let error = try #require(throws: SettingsError.self) {
            try AblationPlan.read(
                "/\(folder)/Manifests/recipes/paper-tables-sd15.yaml", overrides: ["evaluation.cuont=5"])
        }
        #expect("\(error)".contains("evaluation.cuont=5"), "\(error)")
    }

    /// Given pairs keep what the plan says of them, and are scored by its reward model; those that are made have their scores.
    @Test func recipesOfGivenAndOfMadePairs() throws {
        let given = try jobs().recipe(run)
        #expect(given.data.size == 16 && "\(given.data.source)".contains("data/given"))
        #expect(given.reward?.kind == HPSv2.kind && given.reward?.files.model == "rewards/hpsv2")
        #expect(given.reward?.files.processor == "tok" && given.reward?.files.antialias == false)
        var other = run
        other.pairs = "own"
        let made = try jobs().recipe(other)
        #expect(made.reward == nil && made.data.source == .folder(path: "pairs/own-s1", dropUnreadable: false))
        let told = Self.plan.replacing("labels: decided}}", with: "labels: decided}, scores: data}")
        #expect(told != Self.plan)
        #expect(try jobs(told).recipe(run).reward == nil)
    }

    @Test func whatItsJobsAre() throws {
        let jobs = try jobs()
        let plan = jobs.plan
        #expect(jobs.generation(plan.pairs[0], seed: 1) == nil)
        let made = try #require(jobs.generation(plan.pairs[1], seed: 1)).commands[0].arguments
        let scorer =
            "hpsv2=rewards/hpsv2,hpsv2.processor=tok,hpsv2.antialias=false,hpsv2.pictures=jpeg"
        #expect(made.contains(scorer) && made.contains("--labels") && made.contains("prompts/captions-own.txt"))
        let encoded = try #require(try jobs.encoding(plan.pairs[0], seed: 1))
        #expect(encoded.commands.map { $0.arguments.contains("--rewards") } == [false, true])
        #expect(try #require(try jobs.encoding(plan.pairs[1], seed: 1)).commands.count == 1)
        #expect(try self.jobs(latent: false).encoding(plan.pairs[0], seed: 1) == nil)
        let commands = try jobs.training(run).commands
        #expect(!commands[0].arguments.contains("--reward-every"))
        let judged = commands[1].arguments
        #expect(judged.starts(with: ["eval", "--prompts", "prompts/test.json", "--model"]))
        #expect(judged.contains("imagereward=rewards/imagereward") && judged.contains(scorer))
        let drawing = [
            "--scheduler", "dpmpp2m", "--karras", "--steps", "7", "--guidance", "5.5", "--height", "32", "--width",
            "64",
            "--negative=-x", "--count", "3", "--seed", "1", "--json", "--workers", "1",
        ]
        #expect(judged.suffix(drawing.count).elementsEqual(drawing), "\(judged)")
        var tuning = run
        tuning.purpose = .tuning
        let validated = try jobs.training(tuning).commands[1].arguments
        #expect(validated.contains("prompts/validation.tsv") && !validated.contains("--count"))
        let page = jobs.pictures(try jobs.training(run), base: "sd", arm: "smpo", seed: 1).commands[0].arguments
        #expect(page.contains("pages/smpo.html") && page.contains("models/sd") && page.last == "1")
    }

    /// Other prompts, reward models or data are other jobs.
    @Test func theKeyStandsForAllThatMatters() throws {
        let job = try jobs().training(run)
        for change in [("count: 3", "count: 4"), ("steps: 7", "steps: 8"), ("antialias: false", "antialias: true")] {
            #expect(try jobs(Self.plan.replacing(change.0, with: change.1)).training(run).key != job.key, "\(change)")
        }
        func key(_ change: (inout AblationInputs) -> Void) throws -> Digest {
            let jobs = try jobs()
            var inputs = jobs.inputs
            change(&inputs)
            return try AblationJobs(jobs.plan, inputs).training(run).key
        }
        #expect(try key { _ in } == job.key)
        #expect(try key { $0.scorer = Digest.sha256([9]) } != job.key)
        #expect(try key { $0.prompts[AblationInputs.test]?.digest = Digest.sha256([9]) } != job.key)
        #expect(try key { $0.data["given"]?.digest = Digest.sha256([9]) } != job.key)
        #expect(try key { $0.prompts[AblationInputs.validation]?.digest = Digest.sha256([9]) } == job.key)
    }

    /// A run from another base, reward model that labels, or data cannot go on with the recorded one: it has another name. Another
    /// column of the table is not of the training, and keeps it.
    @Test func theNameStandsForWhatIsTrained() throws {
        let name = try jobs().training(run).run
        func changed(_ change: (inout AblationInputs) -> Void) throws -> String? {
            let jobs = try jobs()
            var inputs = jobs.inputs
            inputs.labeller = Digest.sha256([2])
            change(&inputs)
            return try AblationJobs(jobs.plan, inputs).training(run).run
        }
        #expect(try changed { _ in } == name && name != nil)
        #expect(try changed { $0.labeller = Digest.sha256([9]) } != name)
        #expect(try changed { $0.bases["sd"] = Digest.sha256([9]) } != name)
        #expect(try changed { $0.data["given"]?.digest = Digest.sha256([9]) } != name)
        #expect(try changed { $0.scorer = Digest.sha256([9]) } == name)
        #expect(try changed { $0.prompts[AblationInputs.test]?.digest = Digest.sha256([9]) } == name)
    }

    /// What a plan says against a file's own word reaches the commands: no Karras levels, pictures that are no JPEG.
    @Test func whatIsSaidAgainstTheFiles() throws {
        let told = Self.plan.replacing("karras: true", with: "karras: false").replacing(
            "model: ir", with: "model: ir, pictures: png")
        let words = try jobs(told).training(run).commands[1].arguments
        #expect(words.contains("--no-karras") && !words.contains("--karras"))
        #expect(words.contains("imagereward=rewards/imagereward,imagereward.pictures=png"))
    }

    /// Arms start from what their base is drawn with.
    @Test(arguments: [
        ("  training: {steps: 4", "  model: {variant: fp16}\n  training: {steps: 4", "bases say where models are"),
        ("{title: DPO, ", "{title: DPO, model: {vae: other}, ", "dpo would start from other weights"),
        ("conditions:", "sweeps: {v: {arm: dpo, key: model.variant, values: [fp16]}}\nconditions:", "no keys of model"),
    ])
    func noOtherWeightsThanTheBases(right: String, wrong: String, message: String) throws {
        let text = Self.plan.replacing(right, with: wrong)
        #expect(text != Self.plan)
        let error = try #require(throws: SettingsError.self) { try plan(text) }
        #expect(error.description.contains(message), "\(error)")
    }

    /// What `smpo eval --prompts --json` prints, as far as it is read here.
    private func evaluation(_ first: [Double], _ second: [Double]) -> JSONValue {
        func scores(_ name: String, _ values: [Double]) -> JSONValue {
            ["reward": .string(name), "scores": .array(values.map { .decimal($0) })]
        }
        return [
            "digest": .string(String(repeating: "ab", count: 32)), "noise": "place",
            "prompts": ["count": 3, "of": 4, "form": "JSON", "digest": .string(String(repeating: "cd", count: 32))],
            "models": [
                ["scores": []],
                [
                    "scores": [scores("imagereward", first), scores("hpsv2", second)],
                    "drawing": [
                        "sampler": ["sampler": "dpmpp2m", "timestep_spacing": "linspace", "sigmas": "karras"],
                        "steps": 7,
                        "guidance": .decimal(Double(Float(7.3))), "width": 64, "height": 32, "negative_prompt": "-x",
                    ],
                ],
            ],
            "rewards": [
                [
                    "reward": "hpsv2", "unit": "cosine", "reader": "open_clip", "pictures": "JPEG", "resize": "cubic",
                    "captions_cut": 1, "digest": .string(String(repeating: "ef", count: 32)),
                ]
            ],
        ]
    }

    /// Medians in the usual display, an arm a row; the second reward model does not agree with the first.
    @Test func theTablesAreThePapers() throws {
        let jobs = try jobs()
        var asked: [Job] = []
        let ablation = Ablation(
            jobs.plan, jobs: jobs, recipes: [], in: Workspace(root: "/nowhere"), audits: true)
        let report = try ablation.report { batch, _ in
            asked += batch
            return batch.map { job in
                let outputs = job.commands.map { command -> JSONValue in
                    let isTrained = command.arguments.contains { $0.hasPrefix(".smpo/runs/") }
                    switch command.arguments[0] {
                    case "data":
                        return [
                            "outcome": [
                                "pairs": 8, "ties": 2, "labels_right": 0, "labels_judged": 0, "scores_right": 0,
                                "scores_judged": 0,
                            ]
                        ]
                    case "eval":
                        return isTrained
                            ? evaluation([0.5, 0.25, 0.75], [0.25, 0.125, 0.5])
                            : evaluation([0.25, 0.125, 0.5], [0.5, 0.25, 0.5])
                    case "train":
                        return ["run": .string(job.run ?? ""), "chain_head": "00", "cpu_seconds": 2, "steps": 4]
                    case "audit":
                        return ["verdict": "reproduced", "results": [["segment": ["first": 1, "last": 2]]]]
                    default: return "drawn"
                    }
                }
                return JSONCursor(["outputs": .array(outputs)], name: job.name)
            }
        }
        #expect(asked.count == ablation.jobCount && Set(asked.map(\.key)).count == asked.count)
        // Given pairs are encoded once, those that are made once a seed; nothing is judged between steps.
        let encoded = asked.map(\.name).filter { $0.hasPrefix("latents-") }
        #expect(encoded == ["latents-given-s0", "latents-own-s1", "latents-own-s2"])
        #expect(report.curveBases.isEmpty && RewardPlot(report).svg.isEmpty)
        #expect(report.labels.map(\.ties) == [2, 2] && report.labels.allSatisfy { $0.rightLabels == nil })

        let tables = report.finding.children.flatMap { child in
            child.contents.compactMap { content -> (title: String, table: Table)? in
                if case .table(let table) = content { (child.title, table) } else { nil }
            }
        }
        let medians = tables[0].table
        #expect(medians.head == ["arm", "ImageReward", "HPS v2", "UNet passes", "CPU s"])
        #expect(medians.rows[0].prefix(3) == ["base (sd)", "0.250 ± 0.000", "50.00 ± 0.00"])
        #expect(medians.rows[1].prefix(3) == ["DPO", "0.500 ± 0.000", "25.00 ± 0.00"])
        let wins = tables[1].table
        #expect(wins.rows.map(\.first) == ["DPO", "smpo"])
        // Three of three by the first; two lost and a tie by the second.
        #expect(wins.rows[0][1].hasPrefix("1.000 (") && wins.rows[0][2].hasPrefix("0.167 ("))
        let titles = tables.map(\.title)
        #expect(titles.contains("Arms against each other, by HPS v2, all seeds and captions"))
        #expect(titles.contains("Tuning: ImageReward's mean on 3 validation prompts, seed 0; * is chosen"))
        // Tuning of two arms at two rates, and the conditions' two runs, are nobody's to judge.
        let others = "Not audited: 6 other runs, of tuning, sweeps and conditions; pairs that were made"
        #expect(try #require(report.finding.conclusion).sentence.contains(others))
        let told = try #require(tables.last?.table)
        let drawing = "dpmpp2m, spacing linspace, karras sigmas, 7 steps, guidance 7.3, 64 x 32"
        #expect(told.rows.contains { $0[1].contains(drawing) })
        let reading = "captions read as open_clip; pictures as JPEG; cubic; 1 prompts cut"
        #expect(told.rows.contains { $0[0] == "HPS v2" && $0[1].contains(reading) })
        guard case .object(let json) = report.json else { return #expect(Bool(false)) }
        #expect(json["protocol"] != nil)
    }

    /// Bases that draw each in its own way are all said; such that draw alike are said once.
    @Test func everyBasesWayOfDrawingIsSaid() throws {
        func cursor(_ steps: String) throws -> JSONCursor {
            let text = evaluation([1, 2, 3], [1, 2, 3]).canonical.replacing("\"steps\":7", with: steps)
            return JSONCursor(try JSONValue.parse(text, file: "eval"), name: "eval")
        }
        let (seven, nine) = (try cursor("\"steps\":7"), try cursor("\"steps\":9"))
        let rows = try AblationReport.protocolRows(of: [("sd", seven), ("xl", nine)]).filter {
            $0.name.hasPrefix("drawing")
        }
        #expect(rows.map(\.name) == ["drawing from sd", "drawing from xl"] && rows[1].value.contains("9 steps"))
        let one = try AblationReport.protocolRows(of: [("sd", seven), ("xl", seven)])
        #expect(one.count { $0.name.hasPrefix("drawing") } == 1 && one.contains { $0.name == "drawing" })
    }

    @Test(arguments: [
        ("scorer: hpsv2", "scorer: aesthetic", "one of the plan's rewards, imagereward, hpsv2"),
        ("  imagereward: {", "  imagrward: {", "\"imagrward\" is unknown"),
        ("{model: ir}", "{model: ir, antialias: false}", "ImageReward has no use for it"),
        ("{model: ir}", "{model: ir, resize: x}", "unknown key \"rewards.imagereward.resize\""),
        ("evaluation: {prompts: test.json, ", "evaluation: {", "evaluation.prompts"),
        (", validation_prompts: v.tsv", "", "validation_prompts, for more than one point of tuning"),
        ("evaluation: {prompts", "evaluation: {test_captions: 3, prompts", "unknown key \"evaluation.test_captions\""),
        ("{kind: parquet, path: pick, ", "{kind: parquet, ", "pairs.given.data.path"),
        ("labels: decided}}", "labels: decided}, count: 3}", "data: these pairs are given"),
        ("labels: decided}}", "labels: decidedd}}", "did you mean \"decided\"?"),
        ("count: 8, ", "count: 8, scores: data, ", "pairs that are made"),
        ("steps: 7", "stepps: 7", "did you mean \"steps\"?"),
    ])
    func mistakesNameThePlace(right: String, wrong: String, message: String) throws {
        let text = Self.plan.replacing(right, with: wrong)
        #expect(text != Self.plan)
        let error = try #require(throws: SettingsError.self) { try plan(text) }
        #expect(error.description.contains("plan.yaml:") && error.description.contains(message), "\(error)")
    }

    @Test func whatTheShapesWorldHasNoUseFor() throws {
        let text = PlanSamples.plan + "\ndrawing: {steps: 3}"
        let error = try #require(throws: SettingsError.self) { try plan(text) }
        #expect("\(error)".contains("drawing"), "\(error)")
    }
}
