import Core
import Diffusion
import Foundation
import Preferences
import Testing

@testable import Training

@Suite struct RecipeReadingTests {
    private func parse(_ text: String, _ overrides: String...) throws -> Recipe {
        try Recipe.parse(text, file: "some/where.d/my-run.yaml", overrides: overrides)
    }

    @Test func defaults() throws {
        let recipe = try parse(RecipeSamples.smpo)
        #expect(recipe.name == "my-run")
        #expect(recipe.seed == 42)
        #expect(recipe.data == Recipe.Data(source: .shapes(pairs: 2048, seed: 1), size: 16))
        #expect(recipe.model == .folder(path: "base"))
        let objective = recipe.objective
        #expect(objective.name == "smpo" && objective.beta == 2000 && objective.gamma == 10)
        #expect(objective.winner == .reward && objective.ties == .drop && objective.isWeighted)
        #expect(objective.scoreMin == nil && objective.scoreMax == nil)
        #expect((objective.settings as? SmPO.Settings)?.errors == .mean)
        #expect(recipe.inversion == InversionSettings(.paper))
        #expect(
            recipe.optimizer
                == Recipe.Optimizer(
                    settings: AdamW.Settings(beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0.01), lr: 3e-5,
                    clip: 1, schedule: .constant, warmup: 0))
        #expect(
            recipe.training
                == Recipe.TrainingSettings(
                    steps: 60, pairsPerStep: 8, microPairs: nil, captionDropout: 0, flip: false, ema: nil,
                    trainTextEncoder: false, recompute: false, timesteps: .uniform))
        #expect(recipe.record == Recipe.Record(checkpointEvery: 0, latents: true))
    }

    @Test func everyValueIsRead() throws {
        let recipe = try parse(RecipeSamples.sft)
        #expect(recipe.name == "my-base")
        #expect(recipe.seed == .max)
        #expect(recipe.data == Recipe.Data(source: .folder(path: "pairs", dropUnreadable: true), size: 64))
        #expect(
            recipe.model
                == .fresh(
                    Recipe.Model.Fresh(
                        unet: "a/unet.json", textEncoder: "a/text.json", scheduler: "a/scheduler.json",
                        tokenizer: .shapes, initSeed: .max)))
        let objective = recipe.objective
        #expect(objective.name == "sft" && objective.beta == 2000 && objective.gamma == 10)
        #expect(objective.winner == .human && objective.ties == .keep && objective.isWeighted)
        #expect(objective.scoreMin == -1.5 && objective.scoreMax == 2)
        #expect((objective.settings as? SupervisedFineTuning.Settings)?.errors == .sum)
        #expect(recipe.inversion == nil)
        #expect(
            recipe.optimizer
                == Recipe.Optimizer(
                    settings: AdamW.Settings(beta1: 0.5, beta2: 0, eps: 1e-8, weightDecay: 0.01), lr: 0.002,
                    clip: nil, schedule: .cosine, warmup: 7))
        #expect(
            recipe.training
                == Recipe.TrainingSettings(
                    steps: 10, pairsPerStep: 4, microPairs: 2, captionDropout: 0.1, flip: true, ema: 0.995,
                    trainTextEncoder: true, recompute: true, timesteps: .high))
        #expect(recipe.record == Recipe.Record(checkpointEvery: 5, latents: false))
    }

    @Test func presetsAndWhatReplacesThem() throws {
        let official = try #require(try parse(RecipeSamples.smpo, "inversion.preset=official").inversion)
        #expect(official.grid == .official && official.steps == 5 && official.renoise == .every && official.averages)
        #expect(official.label == .origin && official.guidance == 1 && official.usesFloat16Levels)
        let older = try #require(try parse(RecipeSamples.smpo, "inversion.preset=official-0.22").inversion)
        #expect(older.grid == .official022 && older.steps == 10 && older.renoise == .every && older.averages)
        #expect(older.label == .destination && older.guidance == 1 && older.usesFloat16Levels)
        let paper = InversionSettings(.paper)
        #expect(paper.grid == .exact && paper.steps == 9 && paper.renoise == .last && !paper.averages)
        #expect(paper.label == .origin && paper.guidance == 1 && !paper.usesFloat16Levels)
        var changed = older
        (changed.steps, changed.renoise, changed.guidance) = (3, .none, 7.5)
        let text = RecipeSamples.smpo + "\ninversion: {preset: official-0.22, steps: 3, renoise: none, guidance: 7.5}"
        #expect(try parse(text).inversion == changed)
    }

    @Test func theModelsSeedIsTheRuns() throws {
        func seed(_ overrides: String...) throws -> UInt64? {
            guard case .fresh(let fresh) = try Recipe.parse(RecipeSamples.sft, file: "x", overrides: overrides).model
            else { return nil }
            return fresh.initSeed
        }
        #expect(try seed() == .max)
        #expect(try seed("seed=7") == 7)
        #expect(try seed("seed=7", "model.init_seed=8") == 8)
    }

    @Test func overrides() throws {
        let recipe = try parse(
            RecipeSamples.smpo, "data.path=my pairs/a=b", "data.kind=folder", "optimizer.betas=[0.8, 0.9]", "seed=1",
            "seed=2", "optimizer.clip=null", "inversion.steps=3", "record.latents=false", "name=\"7\"")
        #expect(recipe.data.source == .folder(path: "my pairs/a=b", dropUnreadable: false))
        #expect(recipe.optimizer.settings as? AdamW.Settings == AdamW.Settings(beta1: 0.8, beta2: 0.9))
        #expect(recipe.seed == 2)
        #expect(recipe.optimizer.clip == nil)
        #expect(recipe.inversion?.steps == 3)
        #expect(!recipe.record.latents)
        #expect(recipe.name == "7")
        #expect(try parse(RecipeSamples.smpo + "\ninversion: {steps: 3}", "inversion=null").inversion?.steps == 9)
    }

    @Test func overridesThatAreWrong() {
        func failure(_ override: String) -> String { RecipeSamples.failure(RecipeSamples.smpo, [override]) }
        #expect(
            failure("optimizer.lrate=1")
                == "--set optimizer.lrate=1: unknown key \"optimizer.lrate\"; did you mean \"lr\"?")
        #expect(
            failure("optimizer.lr=fast")
                == "--set optimizer.lr=fast: key \"optimizer.lr\": expected a number of at least 0, found the text \"fast\""
        )
        #expect(
            failure("training.steps=")
                == "--set training.steps=: key \"training.steps\": expected an integer of at least 1, found nothing")
        #expect(
            failure("optimizer.betas=[0.9, 2]")
                == "--set optimizer.betas=[0.9, 2]: key \"optimizer.betas[1]\": expected a number of at least 0 and below 1, found 2"
        )
        #expect(
            failure("optimizer.lr.x=1")
                == "--set optimizer.lr.x=1: key \"optimizer.lr\": expected a section of keys, found 3e-5")
        #expect(
            failure("optimizer=1") == "--set optimizer=1: key \"optimizer\": expected a section of keys, found 1")
        #expect(
            failure("training.steps")
                == "--set training.steps: expected key.path=value, found no \"=\"; for example optimizer.lr=1e-4")
        #expect(failure("a..b=1") == "--set a..b=1: expected names with dots between them before \"=\", found \"a..b\"")
        #expect(failure("seed=[1").hasPrefix("--set seed=[1: expected YAML, found an error: "))
        #expect(
            failure("data={kind: shapes}").hasPrefix(
                "--set data={kind: shapes}: key \"data\": expected one value or a list, found a section of keys"))
        #expect(
            failure("optimizer.warmup=61").hasPrefix(
                "--set optimizer.warmup=61: key \"optimizer.warmup\": expected at most"))
    }

    @Test func anOverriddenSectionStillStandsInTheFile() {
        let text = RecipeSamples.smpo.replacing("  lr: 3e-5", with: "  eps: 1e-8")
        #expect(
            RecipeSamples.failure(text, ["optimizer.clip=2"])
                == "x.yaml:8:1: missing key \"optimizer.lr\": expected a number of at least 0")
    }

    @Test(arguments: [
        ("lrate", "lr"), ("optimiser", "optimizer"), ("learning", nil), ("step", "steps"), ("stpes", "steps"),
        ("warmpu", "warmup"),
    ])
    func nearestKeys(written: String, meant: String?) {
        let keys = ["lr", "optimizer", "steps", "warmup"]
        #expect(NearestName.among(keys, to: written, acceptingPrefixes: true) == meant)
    }
}

/// The recipes of this repository.
@Suite struct RecipeFileTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../Manifests/recipes").path

    @Test(arguments: [
        ("shapes-base", "sft"), ("shapes-smpo", "smpo"), ("folder-base", "sft"), ("folder-smpo", "smpo"),
        ("shapes-lora", "smpo"),
    ])
    func isRight(name: String, objective: String) throws {
        let recipe = try Recipe.read(path: "\(Self.folder)/\(name).yaml")
        #expect(recipe.name == name)
        #expect(recipe.objective.name == objective)
        #expect((recipe.inversion != nil) == (objective == "smpo"))
        #expect(recipe.training.trainTextEncoder == (objective == "sft"))
        #expect(try Recipe(json: JSONCursor(recipe.json, name: "recipe")) == recipe)
        #expect(try Recipe.parse(recipe.yaml, file: "other.yaml") == recipe)
    }

    @Test func allAreTested() throws {
        let files = try FileManager.default.contentsOfDirectory(atPath: Self.folder).sorted()
        // The plans of `smpo ablate` are no recipes of one run.
        for file in files where file.hasSuffix(".yaml") && !file.hasPrefix("paper-tables") {
            let recipe = try Recipe.read(path: "\(Self.folder)/\(file)")
            #expect("\(recipe.name).yaml" == file)
        }
        #expect(files.count >= 4)
    }
}
