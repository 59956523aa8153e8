import Core
import Foundation
import Ledger
import Testing
import TinyRuns

/// What stands in the way of making latents, or of training on them: an error that names the place, and nothing half-written.
@Suite struct LatentTroubleTests {
    private func with(pairs count: Int = 3, _ body: (Sandbox, _ recipe: String) throws -> Void) throws {
        try Sandbox.with { try body($0, $0.encodedRecipe(pairs: count)) }
    }

    private func expectTrouble(
        _ result: Program.Result, naming words: [String], location: SourceLocation = #_sourceLocation
    ) {
        #expect(result.status == 2, "\(result.output)\(result.errors)", sourceLocation: location)
        for word in words { #expect(result.errors.contains(word), "\(result.errors)", sourceLocation: location) }
        #expect(result.errors.contains("smpo: trouble: "), "\(result.errors)", sourceLocation: location)
        #expect(result.output.isEmpty, sourceLocation: location)
    }

    /// Names in the folder of the set; empty where there is none.
    private func names(_ sandbox: Sandbox, _ folder: String = "latents") -> [String] {
        (try? FileContents.names(in: sandbox.runs.path(folder))) ?? []
    }

    // MARK: The model

    /// Each part of the model's folder taken away by itself: neither encoding nor training begins.
    @Test func aFolderThatLacksAPart() throws {
        try with { sandbox, recipe in
            for (part, word) in [
                ("vae/config.json", "vae/config.json"), ("vae/diffusion_pytorch_model.safetensors", "vae"),
                ("unet/config.json", "unet/config.json"), ("unet/diffusion_pytorch_model.safetensors", "unet"),
                ("unet", "unet"), ("text_encoder/config.json", "text_encoder/config.json"),
                ("text_encoder/model.safetensors", "text_encoder"), ("text_encoder", "text_encoder"),
                ("tokenizer", "tokenizer"), ("tokenizer/merges.txt", "merges.txt"),
                ("scheduler", "scheduler/scheduler_config.json"),
            ] {
                let path = sandbox.runs.path("model/\(part)")
                try FileManager.default.moveItem(atPath: path, toPath: sandbox.runs.path("away"))
                for arguments in [["data", "encode", recipe], ["train", recipe, "--record"]] {
                    let result = try sandbox.program.start(arguments).wait()
                    expectTrouble(result, naming: [word])
                    // The place is named once.
                    #expect(result.errors.components(separatedBy: "model/\(word)").count <= 2, "\(result.errors)")
                }
                try FileManager.default.moveItem(atPath: sandbox.runs.path("away"), toPath: path)
            }
            // Without its autoencoder it is a model over pictures, which have other channels.
            try FileManager.default.moveItem(
                atPath: sandbox.runs.path("model/vae"), toPath: sandbox.runs.path("away"))
            expectTrouble(try sandbox.program.run("data", "encode", recipe), naming: ["vae"])
            expectTrouble(try sandbox.program.run("train", recipe, "--record"), naming: ["vae"])
            #expect(names(sandbox).isEmpty && !FileContents.exists(sandbox.workspace.ledger))
        }
    }

    /// Weights whose activations overflow: the picture is named, and no file of the set is there.
    @Test func anAutoencoderThatOverflows() throws {
        try with { sandbox, recipe in
            let path = sandbox.runs.path("model/vae/diffusion_pytorch_model.safetensors")
            var bytes = try FileContents.read(path)
            // The numbers begin behind the header; the encoder's are in the second half, and become 2^120.
            let start = 8 + Int(bytes[0]) + Int(bytes[1]) << 8 + Int(bytes[2]) << 16
            for place in stride(from: start + (bytes.count - start) / 2 / 4 * 4, to: bytes.count, by: 4) {
                bytes.replaceSubrange(place..<place + 4, with: [0, 0, 0x80, 0x7B])
            }
            try AtomicFile.write(bytes, to: path)
            for arguments in [
                ["data", "encode", recipe], ["data", "encode", recipe, "--jobs", "2"], ["train", recipe, "--record"],
            ] {
                let result = try sandbox.program.start(arguments).wait()
                expectTrouble(result, naming: ["0-0.png", "is not finite"])
                #expect(!names(sandbox).contains { $0.hasPrefix("pairs") || $0.hasPrefix(".") }, "\(names(sandbox))")
            }
            #expect(!FileContents.exists(sandbox.workspace.manifest("run-1")))
        }
    }

    /// A file of halves, as a checkpoint becomes whose numbers were too large for them.
    @Test func halvesThatHaveOverflowed() throws {
        try with { sandbox, recipe in
            let made = try sandbox.program.run(
                "init", "model", "configurations", "--seed", "7", "--dtype", "f16", "--out", "halves")
            #expect(made.status == 0, "\(made.errors)")
            let halves = ["data", "encode", recipe, "--set", "model.path=halves"]
            for part in ["vae/diffusion_pytorch_model", "text_encoder/model"] {
                let path = sandbox.runs.path("halves/\(part).safetensors")
                let whole = try FileContents.read(path)
                // The last half becomes an infinity.
                try AtomicFile.write(whole.dropLast(2) + [0x00, 0x7C], to: path)
                for command in [halves, ["train", recipe, "--record", "--set", "model.path=halves"]] {
                    let result = try sandbox.program.start(command).wait()
                    expectTrouble(
                        result, naming: ["halves/\(part).safetensors: tensor \"", "not a finite number", "inf"])
                }
                try AtomicFile.write(whole, to: path)
            }
            #expect(names(sandbox).isEmpty && !FileContents.exists(sandbox.workspace.ledger))
            #expect(try sandbox.program.start(halves).wait().status == 0)
        }
    }

    // MARK: The data

    @Test func aPictureThatCannotBeDecoded() throws {
        try with { sandbox, recipe in
            try AtomicFile.write("no picture", to: sandbox.runs.path("pairs/1-0.png"))
            for arguments in [["data", "encode", recipe], ["train", recipe, "--record"]] {
                expectTrouble(try sandbox.program.start(arguments).wait(), naming: ["pairs/1-0.png", "pairs.jsonl:2"])
                #expect(names(sandbox).isEmpty)
            }
            let without = try sandbox.program.run("data", "encode", recipe, "--set", "data.drop_unreadable=true")
            #expect(
                without.status == 0 && without.output.contains("pairs      2,"), "\(without.output)\(without.errors)")
        }
    }

    /// A column that holds something else than pictures, labels or captions, and one that is not there.
    @Test func aColumnOfAnotherType() throws {
        try with { sandbox, recipe in
            let table = "\(SourceTree.root)/Tests/DatasetsTests/Fixtures/tables/scored.parquet"
            let text = String(decoding: try FileContents.read(recipe), as: UTF8.self)
                .replacing("kind: folder, path: \(sandbox.runs.path("pairs"))", with: "kind: parquet, path: \(table)")
            let tabled = try sandbox.runs.write(text, to: "tabled.yaml")
            for (key, column, found) in [
                ("image_0", "label_0", "double"), ("caption", "jpg_0", "jpg_0"), ("label_0", "caption", "caption"),
                ("label_1", "nowhere", "nowhere"),
            ] {
                let set = "data.\(key)_column=\(column)"
                for command in [["data", "encode", tabled], ["train", tabled, "--record"]] {
                    let result = try sandbox.program.start(command + ["--set", set]).wait()
                    expectTrouble(result, naming: ["scored.parquet", column, found])
                }
            }
            #expect(names(sandbox).isEmpty)
            let whole = try sandbox.program.run("data", "encode", tabled)
            #expect(whole.status == 0, "\(whole.errors)")
        }
    }

    // MARK: The set

    @Test func theSetOfAnotherModelOrRecipe() throws {
        try with { sandbox, recipe in
            let made = try sandbox.program.run("data", "encode", recipe)
            #expect(made.status == 0, "\(made.errors)")
            let before = names(sandbox)
            try sandbox.encodingModel("other", seed: 8)
            for (set, words) in [
                ("model.path=other", ["model/"]), ("data.size=16", ["the preparation", "\"size\":16"]),
                ("data.crop=center", ["the preparation", "\"crop\":\"center\""]),
                ("data.latent_seed=1", ["the seed"]), ("data.text_states=false", ["model/text_encoder"]),
            ] {
                for command in [["data", "encode", recipe], ["train", recipe, "--record"]] {
                    let result = try sandbox.program.start(command + ["--set", set]).wait()
                    expectTrouble(result, naming: ["latents holds another latent set", "--replace"] + words)
                }
                #expect(names(sandbox) == before)
            }
            #expect(try sandbox.program.run("data", "encode", recipe, "--check").status == 0)
        }
    }

    @Test func aListThatCannotBeRead() throws {
        try with { sandbox, recipe in
            let made = try sandbox.program.run("data", "encode", recipe)
            let list = sandbox.runs.path("latents/latents.json")
            let text = String(decoding: try FileContents.read(list), as: UTF8.self)
            for (broken, words) in [
                ("no list", ["latents.json:1:"]), ("{}", ["latents.json", "schema"]),
                (text.replacing("\"schema\": 1", with: "\"schema\": 2"), ["latents.json", "schema"]),
                (text.replacing("\"seed\": 0", with: "\"seed\": 1"), ["latents.json", "digest"]),
            ] {
                try AtomicFile.write(broken, to: list)
                for command in [["data", "encode", recipe], ["train", recipe, "--record"]] {
                    expectTrouble(try sandbox.program.start(command).wait(), naming: words)
                }
            }
            let mended = try sandbox.program.run("data", "encode", recipe, "--replace")
            #expect(mended.status == 0, "\(mended.errors)")
            #expect(try sandbox.value("digest", in: mended) == (try sandbox.value("digest", in: made)))
        }
    }

    /// Control-C leaves whole files alone; the same command goes on.
    @Test func anEncodingThatIsInterrupted() throws {
        try with(pairs: 70) { sandbox, recipe in
            let running = try sandbox.program.start(["data", "encode", recipe, "--workers", "1"])
            let folder = sandbox.runs.path("latents")
            while running.process.isRunning, !FileContents.exists("\(folder)/pairs-000000.safetensors") { usleep(500) }
            running.process.interrupt()
            let stopped = running.wait()
            #expect(stopped.status == 130, "\(stopped.errors)")
            let left = names(sandbox)
            #expect(left.contains("pairs-000000.safetensors") && !left.contains("latents.json"), "\(left)")
            #expect(left.allSatisfy { $0.hasSuffix(".safetensors") }, "\(left)")
            let date =
                try FileManager.default.attributesOfItem(atPath: "\(folder)/pairs-000000.safetensors")[
                    .modificationDate] as? Date
            let whole = try sandbox.program.run("data", "encode", recipe)
            #expect(whole.status == 0, "\(whole.errors)")
            let later =
                try FileManager.default.attributesOfItem(atPath: "\(folder)/pairs-000000.safetensors")[
                    .modificationDate] as? Date
            #expect(date == later && date != nil, "made twice")
            let again = try sandbox.program.run("data", "encode", recipe, "--out", "elsewhere")
            #expect(try sandbox.value("digest", in: again) == (try sandbox.value("digest", in: whole)))
        }
    }

    /// Two processes and one set: either makes it, the other waits, and both end well.
    @Test func twoProcessesMakeOneSet() throws {
        try with(pairs: 40) { sandbox, recipe in
            let both = try (0..<2).map { _ in try sandbox.program.start(["data", "encode", recipe, "--workers", "1"]) }
            let results = both.map { $0.wait() }
            for result in results { #expect(result.status == 0, "\(result.errors)") }
            #expect(try Set(results.map { try sandbox.value("digest", in: $0) }).count == 1)
            let waited = results.filter { $0.errors.contains("another process is making these latents") }
            #expect(waited.count == 1, "\(results.map(\.errors))")
            #expect(!names(sandbox).contains { $0.hasPrefix(".") })
            // Another set in the same folder waits as well, and is then refused.
            try FileManager.default.removeItem(atPath: sandbox.runs.path("latents"))
            let first = try sandbox.program.start(["data", "encode", recipe, "--workers", "1"])
            while first.process.isRunning, names(sandbox).isEmpty { usleep(500) }
            let other = try sandbox.program.run("data", "encode", recipe, "--set", "data.latent_seed=9")
            expectTrouble(other, naming: ["holds another latent set"])
            #expect(first.wait().status == 0)
        }
    }

    @Test(.enabled(if: MemoryDisk.isPermitted, "needs the right to mount a file system in memory"))
    func aDiskThatIsFullOrReadOnly() throws {
        try with(pairs: 40) { sandbox, recipe in
            let disk = try MemoryDisk(path: sandbox.runs.path("latents"), bytes: 128 << 10)
            defer { disk.remove() }
            let full = try sandbox.program.run("data", "encode", recipe)
            expectTrouble(full, naming: ["latents/", "No space left on device"])
            #expect(names(sandbox).allSatisfy { $0.hasSuffix(".safetensors") }, "\(names(sandbox))")
            try disk.remount("size=64m")
            try disk.remount("ro")
            for command in [["data", "encode", recipe], ["train", recipe, "--record"]] {
                let refused = try sandbox.program.start(command).wait()
                expectTrouble(refused, naming: ["latents: cannot make a latent set there", "Read-only file system"])
            }
            try disk.remount("rw")
            let whole = try sandbox.program.run("data", "encode", recipe)
            #expect(whole.status == 0, "\(whole.errors)")
            // What is whole is read from wherever it is.
            try disk.remount("ro")
            let present = try sandbox.program.run("data", "encode", recipe)
            #expect(present.status == 0 && present.output == whole.output, "\(present.errors)")
            _ = try sandbox.record(recipe)
            let audit = try sandbox.program.run("audit", "run-1")
            #expect(audit.status == 0, "\(audit.output)\(audit.errors)")
            let replaced = try sandbox.program.run(
                "data", "encode", recipe, "--set", "data.latent_seed=2", "--replace")
            expectTrouble(replaced, naming: ["latents", "Read-only file system"])
        }
    }
}
