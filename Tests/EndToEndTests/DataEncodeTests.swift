import Core
import Foundation
import Ledger
import Testing
import TinyRuns

/// From a folder of pictures and a model with an autoencoder to an audited run, with nothing but the program.
@Suite struct DataEncodeTests {
    /// A sandbox with a model over latents in `model`, `count` pairs of pictures, and a recipe on their latents.
    private func with(pairs count: Int, _ body: (Sandbox, _ recipe: String) throws -> Void) throws {
        try Sandbox.with { try body($0, $0.encodedRecipe(pairs: count)) }
    }

    private func files(_ sandbox: Sandbox, _ folder: String) throws -> [String: [UInt8]] {
        let path = sandbox.runs.path(folder)
        return Dictionary(
            uniqueKeysWithValues: try FileContents.names(in: path).map { ($0, try FileContents.read("\(path)/\($0)")) })
    }

    /// Two processes, killed and started again, make the bytes that one makes; the run on them is recorded, and its audit
    /// reproduces it.
    @Test func picturesBecomeAnAuditedRun() throws {
        try with(pairs: 70) { sandbox, recipe in
            let whole = try sandbox.program.run("data", "encode", recipe, "--out", "whole")
            #expect(whole.status == 0, "\(whole.errors)")
            let expected = try files(sandbox, "whole")
            #expect(expected.keys.count { $0.hasPrefix("pairs-") } == 3 && expected["latents.json"] != nil)

            // A process that is killed when its first file is there leaves a set that can be gone on with.
            let killed = try sandbox.program.start(["data", "encode", recipe, "--out", "latents", "--share", "0/2"])
            let folder = sandbox.runs.path("latents")
            for _ in 0..<3000 where killed.process.isRunning && ((try? FileContents.names(in: folder)) ?? []).isEmpty {
                usleep(2000)
            }
            kill(killed.process.processIdentifier, SIGKILL)
            _ = killed.wait()
            let resumed = try sandbox.program.run("data", "encode", recipe, "--jobs", "2")
            #expect(resumed.status == 0, "\(resumed.errors)")
            let found = try files(sandbox, "latents").filter { !$0.key.hasPrefix(".") }
            #expect(found == expected)
            #expect(try sandbox.value("digest", in: resumed) == (try sandbox.value("digest", in: whole)))

            // Tasks elsewhere do; what an earlier job has made and somebody took away since is made anew.
            func encode(_ job: String) throws -> Program.Result {
                try sandbox.program.run(
                    "data", "encode", recipe, "--out", "elsewhere", "--jobs", "3", "--on", "file:\(job)")
            }
            let written = try encode("job")
            #expect(written.status == 2 && written.errors.contains("the same command again"), "\(written.errors)")
            for task in 0..<3 { #expect(try sandbox.program.run("job", "run", "job", "\(task)").status == 0) }
            let made = try encode("job")
            #expect(
                made.status == 0 && made.output == whole.output.replacing("whole", with: "elsewhere"), "\(made.errors)")
            #expect(try files(sandbox, "elsewhere").filter { !$0.key.hasPrefix(".") } == expected)
            try FileContents.remove(
                ["latents.json", "pairs-000001.safetensors"].map { sandbox.runs.path("elsewhere/\($0)") })
            let asked = try encode("job")
            #expect(asked.status == 2 && asked.errors.contains("name another folder"), "\(asked.errors)")
            #expect(try encode("other").status == 2)

            _ = try sandbox.record(recipe)
            let manifest = try Manifest.read(sandbox.workspace.manifest("run-1"))
            #expect(manifest.inputs.digests["latents"]?.hex == (try sandbox.value("digest", in: whole)))
            #expect(manifest.inputs.streams["crop"] == 10)
            let audit = try sandbox.program.run("audit", "run-1", "--workers", "2")
            #expect(audit.status == 0 && audit.output.contains("latents was read"), "\(audit.output)\(audit.errors)")
            let verified = try sandbox.program.run("verify", "run-1")
            #expect(
                verified.status == 0 && verified.output.contains("each row as its digest says"),
                "\(verified.output)\(verified.errors)")
            // An auditor without the set makes it of the pictures.
            try FileManager.default.moveItem(atPath: folder, toPath: folder + ".away")
            let unmade = try sandbox.program.run("verify", "run-1")
            #expect(unmade.status == 4 && unmade.output.contains("no latent set"), "\(unmade.output)\(unmade.errors)")
            let remade = try sandbox.program.run("audit", "run-1")
            #expect(remade.status == 0 && !remade.output.contains("was read"), "\(remade.output)\(remade.errors)")
            #expect(try files(sandbox, "latents") == expected)
        }
    }

    /// Parts of a run that are replayed by processes side by side find its latents made: once, by the audit that starts them.
    @Test func latentsThatAreMissingAreMadeBeforeTheParts() throws {
        try with(pairs: 5) { sandbox, recipe in
            // In a folder that is named after all that the set is made of.
            let text =
                String(decoding: try FileContents.read(recipe), as: UTF8.self)
                .replacing(", latent_set: latents", with: "") + "record: {checkpoint_every: 1}\n"
            _ = try sandbox.record(try sandbox.runs.write(text, to: "unnamed.yaml"))
            let sets = sandbox.workspace.latents
            let name = try #require(try FileContents.names(in: sets).first)
            let expected = try files(sandbox, ".smpo/latents/\(name)")
            try FileManager.default.removeItem(atPath: "\(sets)/\(name)")
            let audit = try sandbox.program.start(["audit", "run-1", "--sample", "3", "--jobs", "2", "--workers", "2"])
            // No part is begun before the set is whole.
            var early = false
            while audit.process.isRunning {
                if !audit.children.isEmpty, !FileContents.exists("\(sets)/\(name)/latents.json") { early = true }
                usleep(500)
            }
            let result = audit.wait()
            #expect(result.status == 0 && !early, "\(result.output)\(result.errors)")
            #expect(result.output.contains("all 3 steps are reproduced"), "\(result.output)")
            #expect(try FileContents.names(in: sets) == [name])
            #expect(try files(sandbox, ".smpo/latents/\(name)") == expected)
        }
    }

    /// What was changed is named with file and row, by the audit as by `--check`.
    @Test func aChangedLatentIsNamed() throws {
        try with(pairs: 5) { sandbox, recipe in
            _ = try sandbox.record(recipe)
            let check = try sandbox.program.run("data", "encode", recipe, "--check", "--sample", "all")
            #expect(check.status == 0 && check.output.contains("the same bits"), "\(check.output)\(check.errors)")
            let path = sandbox.runs.path("latents/pairs-000000.safetensors")
            let bytes = try FileContents.read(path)
            // The last bytes are digests and flags; the latents before them are most of the file.
            var changed = bytes
            for place in stride(from: bytes.count / 5, to: bytes.count * 4 / 5, by: 64) { changed[place] ^= 1 }
            try AtomicFile.write(changed, to: path)
            let audit = try sandbox.program.run("audit", "run-1")
            #expect(audit.status == 3, "\(audit.output)\(audit.errors)")
            #expect(
                audit.output.contains("latents/pairs-000000.safetensors: row ") && audit.output.contains("latents_"),
                "\(audit.output)")
            let verified = try sandbox.program.run("verify", "run-1")
            #expect(verified.status == 3 && verified.output.contains("row "), "\(verified.output)")
            let noticed = try sandbox.program.run("data", "encode", recipe, "--check")
            #expect(noticed.status == 3 && noticed.errors.contains("row "), "\(noticed.output)\(noticed.errors)")
            // The list of pairs is a part of the set, whoever reads it.
            try AtomicFile.write(bytes, to: path)
            let list = sandbox.runs.path("latents/pairs.jsonl")
            let lines = try FileContents.read(list)
            try AtomicFile.write(lines.reversed(), to: list)
            let listed = try sandbox.program.run("data", "encode", recipe, "--check")
            #expect(listed.status == 3 && listed.errors.contains("pairs.jsonl"), "\(listed.output)\(listed.errors)")
            try AtomicFile.write(lines, to: list)
            try AtomicFile.write(changed, to: path)
            // Made again, whatever the set says: the run is reproduced.
            let remade = try sandbox.program.run("audit", "run-1", "--remake-latents")
            #expect(remade.status == 0, "\(remade.output)\(remade.errors)")

            // Another picture in the data is named before latents of it are made.
            try AtomicFile.write(bytes, to: path)
            let picture = sandbox.runs.path("pairs/2-0.png")
            try FileContents.remove([picture])
            try FileManager.default.copyItem(atPath: sandbox.runs.path("pairs/1-0.png"), toPath: picture)
            let other = try sandbox.program.run("audit", "run-1")
            #expect(other.status == 3 && other.output.contains("2-0.png"), "\(other.output)\(other.errors)")
        }
    }

    @Test func setsAreNotMixed() throws {
        try with(pairs: 5) { sandbox, recipe in
            let made = try sandbox.program.run("data", "encode", recipe)
            #expect(made.status == 0, "\(made.errors)")
            let other = try sandbox.program.run("data", "encode", recipe, "--set", "data.latent_seed=3")
            #expect(other.status == 2 && other.errors.contains("the seed"), "\(other.errors)")
            let replaced = try sandbox.program.run(
                "data", "encode", recipe, "--set", "data.latent_seed=3", "--replace")
            #expect(replaced.status == 0, "\(replaced.errors)")
            #expect(try sandbox.value("digest", in: replaced) != (try sandbox.value("digest", in: made)))
            for arguments in [["--jobs", "0"], ["--sample", "0"], ["--check", "--replace"]] {
                let wrong = try sandbox.program.start(["data", "encode", recipe] + arguments).wait()
                #expect(wrong.status == 64, "\(arguments)")
            }
            let pixels = try sandbox.program.run("data", "encode", try sandbox.runs.smpo())
            #expect(pixels.status == 2 && pixels.errors.contains("nothing to encode"), "\(pixels.errors)")
        }
    }
}
