import Core
import Foundation
import Testing

@testable import Training

/// What people do wrong, and the exact line that tells them.
@Suite struct RecipeErrorTests {
    /// `smpo` with one line replaced, or lines added at the end.
    private func failure(line: Int? = nil, _ replacement: String) -> String {
        var lines = RecipeSamples.smpo.split(separator: "\n").map(String.init)
        if let line { lines[line - 1] = replacement } else { lines.append(replacement) }
        return RecipeSamples.failure(lines.joined(separator: "\n"))
    }

    @Test func theSamplesAreRight() throws {
        #expect(RecipeSamples.failure(RecipeSamples.smpo) == "no error")
        #expect(RecipeSamples.failure(RecipeSamples.sft) == "no error")
    }

    @Test func unknownKeys() {
        #expect(
            failure(line: 9, "  lrate: 3e-5") == "x.yaml:9:3: unknown key \"optimizer.lrate\"; did you mean \"lr\"?")
        #expect(failure(line: 8, "optimiser:") == "x.yaml:8:1: unknown key \"optimiser\"; did you mean \"optimizer\"?")
        #expect(
            failure("  pairs_per_stp: 2")
                == "x.yaml:13:3: unknown key \"training.pairs_per_stp\"; did you mean \"pairs_per_step\"?")
        #expect(
            failure("record: {colour: red}")
                == "x.yaml:13:10: unknown key \"record.colour\"; known are checkpoint_every, latents, gradients")
        #expect(
            failure("inversion: {preset: paper, step: 3}").hasPrefix("x.yaml:13:28: unknown key \"inversion.step\""))
    }

    @Test func duplicateKeys() {
        #expect(failure("  steps: 3") == "x.yaml:13:3: duplicate key \"steps\"; first given in line 11")
        #expect(failure("data: {}") == "x.yaml:13:1: duplicate key \"data\"; first given in line 1")
        #expect(failure("  \"steps\": 3") == "x.yaml:13:3: duplicate key \"steps\"; first given in line 11")
        #expect(failure("record: {latents: true, latents: true}") == "x.yaml:13:10: duplicate key \"latents\"")
    }

    @Test func missingKeys() {
        #expect(
            failure(line: 9, "  eps: 1e-8")
                == "x.yaml:8:1: missing key \"optimizer.lr\": expected a number of at least 0")
        #expect(
            failure(line: 11, "  flip: true")
                == "x.yaml:10:1: missing key \"training.steps\": expected an integer of at least 1")
        #expect(RecipeSamples.failure("") == "x.yaml:1:1: missing key \"data\": expected a section of keys")
        #expect(RecipeSamples.failure("# nothing\nseed: 1").hasPrefix("x.yaml:2:1: missing key \"data\""))
        #expect(
            failure(line: 2, "  kind: folder")
                == "x.yaml:1:1: missing key \"data.path\": expected the path of a folder")
    }

    @Test func adapters() {
        let target = "expected the end of a layer's name, as to_q or attn2.to_out.0"
        for (text, error) in [
            ("{}", "x.yaml:13:1: missing key \"lora.rank\": expected an integer from 1 to 65536"),
            ("{rank: 0}", "x.yaml:13:14: key \"lora.rank\": expected an integer from 1 to 65536, found 0"),
            ("{rank: 2, alpha: 0}", "x.yaml:13:24: key \"lora.alpha\": expected a number above 0, found 0"),
            ("{rnk: 2}", "x.yaml:13:8: unknown key \"lora.rnk\"; did you mean \"rank\"?"),
            (
                "{rank: 2, targets: to_q}",
                "x.yaml:13:26: key \"lora.targets\": expected a list of names of layers, found the text \"to_q\""
            ),
            (
                "{rank: 2, targets: []}",
                "x.yaml:13:26: key \"lora.targets\": expected a list of names of layers, at least one, found a list"
            ),
            (
                "{rank: 2, targets: [to_q, \"0\"]}",
                "x.yaml:13:33: key \"lora.targets[1]\": \(target), found the text \"0\""
            ),
            ("{rank: 2, targets: [ff*]}", "x.yaml:13:27: key \"lora.targets[0]\": \(target), found the text \"ff*\""),
            (
                "{rank: 2, targets: [to_q, to_q]}",
                "x.yaml:13:33: key \"lora.targets[1]\": expected a name that does not stand before, "
                    + "found the text \"to_q\""
            ),
        ] { #expect(failure("lora: \(text)") == error) }
        #expect(
            RecipeSamples.failure(RecipeSamples.sft + "\nlora: {rank: 2}")
                == "x.yaml:18:3: key \"training.train_text_encoder\": expected nothing with lora, found true")
    }

    @Test func modelsAreAFolderOrAllParts() {
        let hint = "give either model.path or all of unet, text_encoder, scheduler, tokenizer"
        #expect(
            failure(line: 5, "  init_seed: 3")
                == "x.yaml:4:1: missing key \"model.path\": expected the path of a folder; \(hint)")
        #expect(
            failure(line: 5, "  {unet: u, text_encoder: t, tokenizer: shapes}")
                == "x.yaml:4:1: missing key \"model.scheduler\": expected a path; \(hint)")
        #expect(
            failure(line: 5, "  {path: base, unet: u}")
                == "x.yaml:5:16: key \"model.unet\": expected nothing with model.path, found the text \"u\"")
        #expect(
            failure(line: 5, "  {path: base, init_seed: 1}")
                == "x.yaml:5:16: key \"model.init_seed\": expected nothing with model.path, found 1")
    }

    @Test(arguments: [
        (9, "  lr: fast", "9:7", "optimizer.lr", "a number of at least 0", "the text \"fast\"", ""),
        (9, "  lr: \"1\"", "9:7", "optimizer.lr", "a number of at least 0", "the text \"1\"", ""),
        (9, "  lr:", "9:6", "optimizer.lr", "a number of at least 0", "nothing", ""),
        (9, "  lr: .nan", "9:7", "optimizer.lr", "a number of at least 0", "the text \".nan\"", ""),
        (3, "  size: 16.0", "3:9", "data.size", "an integer from 8 to 1024", "16.0", ""),
        (3, "  size: 0x10", "3:9", "data.size", "an integer from 8 to 1024", "the text \"0x10\"", ""),
        (3, "  size: [16]", "3:9", "data.size", "an integer from 8 to 1024", "a list", ""),
        (5, "  path: 12", "5:9", "model.path", "the path of a folder", "12", "put it into quotes to make it a text"),
        (13, "  flip: yes", "13:9", "training.flip", "true or false", "the text \"yes\"", "did you mean \"true\"?"),
        (13, "  flip: 1", "13:9", "training.flip", "true or false", "1", ""),
        (
            13, "name: true", "13:7", "name", "small letters, digits and hyphens", "true",
            "put it into quotes to make it a text"
        ),
        (13, "seed: -0.5", "13:7", "seed", "an integer from 0 to 2^64 - 1", "-0.5", ""),
        (13, "inversion: paper", "13:12", "inversion", "a section of keys", "the text \"paper\"", ""),
        (
            7, "  name: {a: 1}", "7:9", "objective.name", "smpo, sft, dpo, kto, mapo, inpo or pickscore",
            "a section of keys", ""
        ),
    ])
    func wrongTypes(
        line: Int, text: String, place: String, key: String, expected: String, found: String, hint: String
    ) {
        let message = failure(line: line == 13 ? nil : line, text)
        let tail = hint.isEmpty ? "" : "; \(hint)"
        #expect(message == "x.yaml:\(place): key \"\(key)\": expected \(expected), found \(found)\(tail)")
    }

    @Test(arguments: [
        (3, "  size: 4", "3:9: key \"data.size\": expected an integer from 8 to 1024, found 4"),
        (3, "  size: 1025", "3:9: key \"data.size\": expected an integer from 8 to 1024, found 1025"),
        (9, "  lr: -1", "9:7: key \"optimizer.lr\": expected a number of at least 0, found -1"),
        (9, "  lr: 1e999", "9:7: key \"optimizer.lr\": expected a number of at least 0, found 1e999"),
        (11, "  steps: 0", "11:10: key \"training.steps\": expected an integer of at least 1, found 0"),
        (
            12, "  pairs_per_step: 0",
            "12:19: key \"training.pairs_per_step\": expected an integer of at least 1, found 0"
        ),
        (13, "  micro_pairs: 0", "13:16: key \"training.micro_pairs\": expected an integer of at least 1, found 0"),
        (
            13, "  caption_dropout: 1.5",
            "13:20: key \"training.caption_dropout\": expected a number from 0 to 1, found 1.5"
        ),
        (13, "  ema: 1", "13:8: key \"training.ema\": expected a number between 0 and 1, or null, found 1"),
        (13, "  timesteps: low", "13:14: key \"training.timesteps\": expected uniform or high, found the text \"low\""),
        (13, "seed: -1", "13:7: key \"seed\": expected an integer from 0 to 2^64 - 1, found -1"),
        (
            13, "seed: 18446744073709551616",
            "13:7: key \"seed\": expected an integer from 0 to 2^64 - 1, found 18446744073709551616"
        ),
        (13, "name: Größe", "13:7: key \"name\": expected small letters, digits and hyphens, found the text \"Größe\""),
        (
            13, "inversion: {steps: 1001}",
            "13:20: key \"inversion.steps\": expected an integer from 1 to 1000, found 1001"
        ),
        (
            13, "inversion: {guidance: -1}",
            "13:23: key \"inversion.guidance\": expected a number of at least 0, found -1"
        ),
        (
            13, "record: {checkpoint_every: -1}",
            "13:28: key \"record.checkpoint_every\": expected an integer of at least 0, found -1"
        ),
        (
            13, "inversion: {preset: oficial}",
            "13:21: key \"inversion.preset\": expected paper, official or official-0.22, found the text \"oficial\"; "
                + "did you mean \"official\"?"
        ),
        (
            7, "  name: smpl",
            "7:9: key \"objective.name\": expected smpo, sft, dpo, kto, mapo, inpo or pickscore, found the text \"smpl\"; "
                + "did you mean \"smpo\"?"
        ),
        (7, "  {name: smpo, beta: 0}", "7:22: key \"objective.beta\": expected a number above 0, found 0"),
        (7, "  {name: smpo, gamma: -10}", "7:23: key \"objective.gamma\": expected a number above 0, found -10"),
        (
            7, "  {name: smpo, score_min: 2, score_max: 2.0}",
            "7:41: key \"objective.score_max\": expected a number above score_min, 2.0, found 2.0"
        ),
        (
            9, "  {lr: 1, betas: [0.9, 1]}",
            "9:24: key \"optimizer.betas[1]\": expected a number of at least 0 and below 1, found 1"
        ),
        (9, "  {lr: 1, betas: [0.9]}", "9:18: key \"optimizer.betas\": expected a list of 2 numbers, found 1"),
        (9, "  {lr: 1, eps: 0}", "9:16: key \"optimizer.eps\": expected a number above 0, found 0"),
        (9, "  {lr: 1, clip: 0}", "9:17: key \"optimizer.clip\": expected a number above 0, or null, found 0"),
        (
            9, "  {lr: 1, weight_decay: -1}",
            "9:25: key \"optimizer.weight_decay\": expected a number of at least 0, found -1"
        ),
        (
            9, "  {lr: 1, name: adam}",
            "9:17: key \"optimizer.name\": expected adamw, adafactor or sgd, found the text \"adam\"; "
                + "did you mean \"adamw\"?"
        ),
    ])
    func outOfRange(line: Int, text: String, message: String) {
        #expect(failure(line: line == 13 ? nil : line, text) == "x.yaml:\(message)")
    }

    @Test func keysThatDoNotGoTogether() {
        #expect(
            failure("  train_text_encoder: true")
                == "x.yaml:13:3: key \"training.train_text_encoder\": expected nothing with objective.name: smpo, found true"
        )
        #expect(
            RecipeSamples.failure(RecipeSamples.sft + "\ninversion: {steps: 3}")
                == "x.yaml:22:1: key \"inversion\": expected nothing with objective.name: sft, found a section of keys")
        #expect(
            failure(line: 3, "  size: 16\n  path: a")
                == "x.yaml:4:3: key \"data.path\": expected nothing with data.kind: shapes, found the text \"a\"")
        #expect(
            RecipeSamples.failure(RecipeSamples.sft, ["data.pairs=3"])
                == "--set data.pairs=3: key \"data.pairs\": expected nothing with data.kind: folder, found 3")
        #expect(
            failure(line: 9, "  lr: 1\n  warmup: 61")
                == "x.yaml:10:11: key \"optimizer.warmup\": expected at most training.steps, 60, found 61")
    }

    @Test func textThatIsNoRecipe() {
        #expect(failure(line: 3, "\tsize: 16").hasPrefix("x.yaml:3:1: expected YAML, found an error: "))
        #expect(failure("more: [1, 2").hasPrefix("x.yaml:14:1: expected YAML, found an error: "))
        #expect(failure("---\nseed: 1").hasPrefix("x.yaml:13:1: expected YAML, found an error: "))
        #expect(failure("seed: !!int \"1\"").hasPrefix("x.yaml:13:7: key \"seed\": expected a value without a tag"))
        #expect(failure("[a]: 1").hasPrefix("x.yaml:13:1: expected a name as the key"))
        #expect(failure("seed: *x").hasPrefix("x.yaml:13:7: expected YAML, found an error: found undefined alias"))
        #expect(RecipeSamples.failure("- a") == "x.yaml:1:1: expected a section of keys, found a list")
    }

    @Test func aliasesThatMultiplyAreStopped() {
        var text = "l0: &l0 [a, a, a, a, a, a, a, a, a, a]\n"
        for level in 1...9 {
            let aliases = Array(repeating: "*l\(level - 1)", count: 10).joined(separator: ", ")
            text += "l\(level): &l\(level) [\(aliases)]\n"
        }
        #expect(RecipeSamples.failure(text).contains("expected at most 10000 values"))
    }

    /// Whatever is cut off or mistyped, the outcome is a recipe or an error that names a place in the text.
    @Test func mutilatedTexts() throws {
        let whole = Array(RecipeSamples.sft.unicodeScalars)
        var texts = whole.indices.map { Array(whole[..<$0]) }
        for (index, scalar) in "\t\r\n\0:#&*!|>'\"%@`{}[],?- \u{FEFF}\u{2028}é".unicodeScalars.enumerated() {
            for place in stride(from: index, to: whole.count, by: 29) {
                texts.append(Array(whole[..<place] + [scalar] + whole[place...]))
            }
        }
        var failures = 0
        for text in texts {
            var view = String.UnicodeScalarView()
            view.append(contentsOf: text)
            do {
                _ = try Recipe.parse(String(view), file: "x.yaml")
            } catch let error as SettingsError {
                failures += 1
                #expect((1...24).contains(try #require(error.line)) && (error.column ?? 0) >= 1, "\(error)")
            }
        }
        #expect(failures > texts.count / 2)
    }

    @Test func aValueMayStandForAnother() throws {
        let text = RecipeSamples.smpo.replacing("steps: 60", with: "steps: &n 60") + "\nseed: *n"
        #expect(try Recipe.parse(text, file: "x.yaml").seed == 60)
    }

    @Test func filesThatCannotBeRead() throws {
        #expect(throws: FileError.self) { try Recipe.read(path: "/nowhere/x.yaml") }
        let path = NSTemporaryDirectory() + "recipe-\(UUID().uuidString).yaml"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data("seed: 1\nname: a\u{E4}".utf8 + [0xFF]).write(to: URL(fileURLWithPath: path))
        let error = #expect(throws: SettingsError.self) { try Recipe.read(path: path) }
        #expect(error?.file == path)
        #expect(error?.line == 2)
        #expect(error?.column == 9)
        #expect(error?.problem == .syntax)
    }

    @Test func theNameNeedsAFittingFile() {
        #expect(throws: SettingsError.self) { try Recipe.parse(RecipeSamples.smpo, file: "a/My Run.yaml") }
        #expect(throws: Never.self) { try Recipe.parse(RecipeSamples.smpo + "\nname: my-run", file: "a/My Run.yaml") }
    }
}
