import ArgumentParser
import Datasets
import Diffusion
import Digests
import Foundation
import Preferences
import Tensors
import Training

/// `smpo eval`
struct EvalCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "eval",
        abstract: "Judge a model against its reference on held-out pairs and captions of the shapes world.",
        discussion: """
            For each seed: the share of held-out pairs whose winner the model prefers more than the reference does
            (implicit accuracy; a tie counts half) and the mean margin −(β/2)·W·D, measured with forward noise and with
            the recipe's inversion; then samples of held-out captions, looked at by a judge that knows the rules of the
            shapes world and took no part in training: right attributes, reward, mean brightness.

            EXAMPLES
              smpo eval --model .smpo/runs/run-1 --reference Golden/shapes-base
              smpo eval --model Golden/shapes-base --seeds 1,2,3 --json

            \(ExitStatus.help([.reproduced, .trouble, .usage]))
            """)

    @Option(help: "Model folder.")
    var model: String

    @Option(help: "Reference model folder (default: the model itself).")
    var reference: String?

    @Option(help: "Recipe whose β, inversion and data shape count.")
    var recipe = TrainCommand.embedded

    @Option(help: "Seeds of timesteps, noise and samples, separated by commas.")
    var seeds = "1,2,3"

    @Option(help: "Held-out pairs.")
    var pairs = 200

    @Option(help: "Held-out captions to sample.")
    var captions = 100

    @Option(help: "DDIM steps.")
    var steps = 25

    @Flag(help: "Print the result as JSON.")
    var json = false

    @OptionGroup var engineOptions: EngineOptions

    private struct Row {
        let seed: UInt64
        let forward: PreferenceEvaluation.Result
        let inverted: PreferenceEvaluation.Result
        let samples: [SampleEvaluation.Result]
    }

    func run() throws {
        let engine = try engineOptions.engine()
        defer { engine.stop() }
        let numbers = try seeds.split(separator: ",").map { word in
            guard let seed = UInt64(word) else { throw ValidationError("--seeds: \"\(word)\" is not a number") }
            return seed
        }
        let recipe = try Recipe.read(path: recipe)
        let policy = try ModelFolder(path: model)
        let frozen = try ModelFolder(path: reference ?? model)
        for model in [policy, frozen] { try model.requirePictures() }
        let evaluation = PreferenceEvaluation(model: policy, reference: frozen, recipe: recipe, engine: engine)
        let world = try ShapesWorld(seed: 1_000_003, side: recipe.data.size, split: .test)
        let dataset = ShapesDataset(world: world, count: pairs)
        let labels = try PairLabels(
            dataset, winner: .reward, dropsTies: false, gamma: Float(recipe.objective.gamma), scoreRange: (nil, nil))
        let bar = ProgressBar(total: numbers.count, unit: "seed")
        let rows = try numbers.enumerated().map { index, seed in
            let sampled = try [frozen, policy].map {
                try SampleEvaluation(model: $0, steps: steps, guidance: 1, eta: 0, engine: engine).run(
                    Array(world.captions.prefix(captions)), size: recipe.data.size, seed: seed)
            }
            let row = Row(
                seed: seed, forward: try evaluation.run(dataset, labels, seed: seed, noising: .forward),
                inverted: try evaluation.run(dataset, labels, seed: seed, noising: .inversion), samples: sampled)
            bar.update(index + 1)
            return row
        }
        bar.finish()
        json ? printJSON(rows) : printTable(rows)
    }

    private func printTable(_ rows: [Row]) {
        print("held-out pairs: \(pairs)   captions: \(captions)   DDIM steps: \(steps), CFG 1, unclipped")
        print("seed  accuracy (noise)  margin   accuracy (inversion)  margin")
        for row in rows {
            print(
                String(
                    format: "%4llu  %16.3f  %+.4f  %20.3f  %+.4f", row.seed, row.forward.accuracy, row.forward.margin,
                    row.inverted.accuracy, row.inverted.margin))
        }
        print("\nseed  model      shape  size   colour place  backgr all    reward brightness")
        for row in rows {
            for (name, result) in zip(["reference", "model"], row.samples) {
                let shares = result.attributes.map { String(format: "%.3f", $0.share) }.joined(separator: "  ")
                print(
                    String(format: "%4llu  ", row.seed) + name.padding(toLength: 10, withPad: " ", startingAt: 0)
                        + " \(shares)  "
                        + String(format: "%.3f  %.4f %+.3f", result.allRight, result.reward, result.brightness))
            }
        }
    }

    private func printJSON(_ rows: [Row]) {
        func number(_ x: Double) -> JSONValue { .string(String(x)) }
        func pairs(_ x: PreferenceEvaluation.Result) -> JSONValue {
            ["accuracy": number(x.accuracy), "margin": number(x.margin), "pairs": .integer(x.pairs)]
        }
        func samples(_ x: SampleEvaluation.Result) -> JSONValue {
            var object = JSONObject(x.attributes.map { ($0.name, number($0.share)) })
            object["all"] = number(x.allRight)
            object["reward"] = number(x.reward)
            object["brightness"] = number(x.brightness)
            return .object(object)
        }
        let list = rows.map { row -> JSONValue in
            [
                "seed": .integer(row.seed), "forward": pairs(row.forward), "inversion": pairs(row.inverted),
                "reference": samples(row.samples[0]), "model": samples(row.samples[1]),
            ]
        }
        print(JSONValue.object(["schema": 1, "seeds": .array(list)]).pretty)
    }
}
