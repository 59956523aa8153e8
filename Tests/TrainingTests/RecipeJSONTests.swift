import Core
import Testing

@testable import Training

@Suite struct RecipeJSONTests {
    private static let samples = [
        RecipeSamples.smpo, RecipeSamples.sft, RecipeSamples.smpo + "\ninversion: {preset: official-0.22, steps: 3}",
        RecipeSamples.smpo.replacing("3e-5", with: "0.1") + "\nname: \"true\"",
        RecipeSamples.smpo.replacing("path: base", with: "path: \"a \\\"b\\\": # \\u00e4\\n\""),
        RecipeSamples.smpo.replacing("3e-5", with: "4.9406564584124654e-324"),
        RecipeSamples.smpo.replacing("path: base", with: "path: base\n  vae: other"),
        RecipeSamples.sft.replacing("model:\n", with: "model:\n  vae: a/vae.json\n"),
        RecipeSamples.smpo + "\nlora: {rank: 4}",
        RecipeSamples.smpo + "\nlora: {rank: 4, alpha: 0.3, targets: [conv_in, attn2.to_out.0], init_seed: 0}",
        RecipeSamples.smpo.replacing("3e-5", with: "1.7976931348623157e308"),
    ]

    @Test(arguments: samples)
    func comesBack(text: String) throws {
        let recipe = try Recipe.parse(text, file: "x.yaml")
        let stored = try JSONValue.parse(recipe.json.canonicalBytes, file: "manifest.json")
        #expect(try Recipe(json: JSONCursor(stored, name: "recipe")) == recipe)
        #expect(try Recipe(json: JSONCursor(stored, name: "recipe")).json.canonical == recipe.json.canonical)
        #expect(try Recipe.parse(recipe.yaml, file: "y.yaml") == recipe)
    }

    @Test func everyFieldIsThere() throws {
        let json = try Recipe.parse(RecipeSamples.smpo, file: "x.yaml").json
        let expected = """
            {"data":{"drop_unreadable":null,"kind":"shapes","pairs":2048,"path":null,"seed":1,"size":16},\
            "inversion":{"average":false,"float16_levels":false,"grid":"exact","guidance":"0x3ff0000000000000",\
            "label":"origin","preset":"paper","renoise":"last","steps":9},\
            "model":{"init_seed":null,"path":"base","scheduler":null,"text_encoder":null,"tokenizer":null,"unet":null},\
            "name":"x","objective":{"beta":"0x409f400000000000","errors":"mean","gamma":"0x4024000000000000",\
            "name":"smpo","score_max":null,"score_min":null,"ties":"drop","winner":"reward"},\
            "optimizer":{"betas":["0x3feccccccccccccd","0x3feff7ced916872b"],"clip":"0x3ff0000000000000",\
            "eps":"0x3e45798ee2308c3a","lr":"0x3eff75104d551d69","name":"adamw","schedule":"constant","warmup":0,\
            "weight_decay":"0x3f847ae147ae147b"},"record":{"checkpoint_every":0,"latents":true},"seed":42,\
            "training":{"caption_dropout":"0x0000000000000000","ema":null,"flip":false,"micro_pairs":null,\
            "pairs_per_step":8,"recompute":false,"steps":60,"timesteps":"uniform","train_text_encoder":false}}
            """
        #expect(json.canonical == expected)
    }

    /// A recipe without adapters is written as before there were any; null is none.
    @Test func adaptersAreWrittenWhereThereAreSome() throws {
        func json(_ more: String) throws -> JSONValue {
            try Recipe.parse(RecipeSamples.smpo + more, file: "x.yaml").json
        }
        #expect(try json("\nlora: null") == json(""))
        let lora = try JSONCursor(json("\nseed: 9\nlora: {rank: 4}"), name: "recipe")["lora"].value
        let expected = """
            {"alpha":"0x4010000000000000","init_seed":9,"rank":4,"targets":["to_k","to_q","to_v","to_out.0"]}
            """
        #expect(lora?.canonical == expected)
    }

    @Test func yamlForPeople() throws {
        let overrides = ["name=no", "optimizer.clip=1e22", "data.kind=folder", "data.path='./1: \"é\"'"]
        let yaml = try Recipe.parse(RecipeSamples.smpo, file: "x.yaml", overrides: overrides).yaml
        #expect(
            yaml.hasPrefix(
                """
                name: "no"
                seed: 42
                data:
                  kind: folder
                  path: "./1: \\"é\\""
                  size: 16
                  pairs: null
                """))
        #expect(yaml.contains("\n  lr: 3.0e-05\n  betas: [0.9, 0.999]\n  eps: 1.0e-08\n"))
        #expect(yaml.contains("\n  clip: 1.0e+22\n"))
    }

    /// The JSON of `smpo` with one value replaced (or removed, by `nil`), and the error.
    private func failure(_ section: String, _ key: String, _ value: JSONValue?) throws -> String {
        let json = try Recipe.parse(RecipeSamples.smpo, file: "x.yaml").json
        guard case .object(var root) = json else { return "no object" }
        if section.isEmpty {
            root[key] = value
        } else if case .object(var inner)? = root[section] {
            inner[key] = value
            root[section] = .object(inner)
        }
        do {
            _ = try Recipe(json: JSONCursor(.object(root), name: "inputs.recipe", file: "m.json"))
            return "no error"
        } catch {
            return "\(error)"
        }
    }

    @Test func refusesWhatItDidNotWrite() throws {
        #expect(
            try failure("optimizer", "rate", 1).hasPrefix("m.json: inputs.recipe: unknown key \"optimizer.rate\""))
        #expect(try failure("", "extra", 1).hasPrefix("m.json: inputs.recipe: unknown key \"extra\""))
        for (section, key) in [("optimizer", "eps"), ("objective", "score_min"), ("", "seed"), ("inversion", "steps")] {
            let path = section.isEmpty ? key : "\(section).\(key)"
            let message = try failure(section, key, nil)
            #expect(message.hasPrefix("m.json: inputs.recipe: missing key \"\(path)\""))
        }
        #expect(try failure("", "record", nil).contains("missing key \"record\""))
        #expect(try failure("", "inversion", nil).contains("missing key \"inversion\""))
        #expect(try failure("", "inversion", .null).contains("missing key \"inversion\""))
        #expect(try failure("optimizer", "lr", 1).contains("key \"optimizer.lr\": expected a number"))
        #expect(try failure("optimizer", "lr", "0x7ff0000000000000").contains("key \"optimizer.lr\""))
        #expect(try failure("optimizer", "lr", .bits(Double(-1))).contains("key \"optimizer.lr\""))
        #expect(try failure("optimizer", "lr", "3e-5").contains("key \"optimizer.lr\""))
        #expect(try failure("training", "steps", "60").contains("key \"training.steps\""))
        #expect(try failure("training", "steps", 0).contains("key \"training.steps\""))
        #expect(try failure("data", "pairs", .null).contains("key \"data.pairs\""))
        #expect(try failure("optimizer", "weight_decay", .bits(-0.0)).contains("as it is written when resolved"))
        #expect(throws: SettingsError.self) { try Recipe(json: JSONCursor(nil, name: "recipe")) }
        #expect(throws: SettingsError.self) { try Recipe(json: JSONCursor([], name: "recipe")) }
    }
}
