import Core
import Foundation
import Ledger
import Testing
import TinyRuns

/// Self-made pairs and a comparison of arms, by the built program.
@Suite struct AblateTests {
    private static let plan = """
        name: tiny
        seeds: [1, 2]
        scorer: scorer
        bases: {one: {path: model}}
        pairs: {plain: {base: one, count: 6}}
        evaluation: {steps: 2, validation_captions: 4, test_captions: 5, curve_every: 1, curve_captions: 2}
        tuning: {lr: [1.0e-3, 1.0e-2], beta: [1]}
        common:
          data: {size: 16}
          optimizer: {schedule: constant}
          training: {steps: 2, pairs_per_step: 2}
          record: {checkpoint_every: 1, latents: false}
        arms:
          dpo: {objective: {name: dpo, beta: 100}}
          smpo: {objective: {name: smpo, beta: 100}, inversion: {steps: 2}}
        comparisons: [[smpo, dpo]]
        """

    private func with(_ body: (Sandbox) throws -> Void) throws {
        try Sandbox.with { sandbox in
            _ = try sandbox.baseModel()
            let scorer = try sandbox.program.run(
                "train", try sandbox.runs.pickscore(steps: 1), "--out", "scorer", "--workers", "1")
            #expect(scorer.status == 0, "\(scorer.errors)")
            try body(sandbox)
        }
    }

    /// Tables, audits, pictures; started again, nothing is run and the same is printed. A job that is lost is made anew, to
    /// the same end.
    @Test func armsAreComparedAndAudited() throws {
        try with { sandbox in
            try sandbox.runs.write(Self.plan, to: "plan.yaml")
            let first = try sandbox.program.run("ablate", "plan.yaml", "--jobs", "2")
            #expect(first.status == 0, "\(first.errors)")
            #expect(
                first.output.hasSuffix("Audited: a part of each of 4 runs, drawn by its chain head; 4 reproduced.\n"))
            #expect(first.output.contains("smpo against dpo") && first.output.contains("Tuning: reward on 4"))
            let folder = sandbox.runs.path(".smpo/ablations/tiny")
            for name in ["report.md", "report.json", "report.svg", "grids/dpo.png", "grids/smpo.png"] {
                #expect(FileContents.exists("\(folder)/\(name)"), "\(name)")
            }
            let results = try FileContents.names(in: "\(folder)/results")
            let again = try sandbox.program.run("ablate", "plan.yaml")
            #expect(again.output == first.output)
            let lost = try #require(results.first { $0.hasPrefix("plain-smpo") })
            try FileContents.remove(["\(folder)/results/\(lost)"])
            let mended = try sandbox.program.run("ablate", "plan.yaml", "--json")
            #expect(mended.status == 0, "\(mended.errors)")
            let report = JSONCursor(try JSONValue.parse(Array(mended.output.utf8), file: "report"), name: "report")
            #expect(try report["runs"].elements().count == 4)
            #expect(try FileContents.names(in: "\(folder)/results") == results)
            let other = try sandbox.program.run("ablate", "plan.yaml", "--json", "--jobs", "1")
            #expect(try heads(other) == heads(mended))
        }
    }

    /// By tasks of folders, each of which works in a folder of its own: the same tables, chain heads and ledger, and nothing of
    /// the tasks is left.
    @Test func tasksElsewhereComeToTheSameTables() throws {
        try with { sandbox in
            try sandbox.runs.write(Self.plan.replacing("seeds: [1, 2]", with: "seeds: [2]"), to: "plan.yaml")
            let local = try sandbox.program.run("ablate", "plan.yaml", "--jobs", "2", "--out", "here", "--json")
            #expect(local.status == 0, "\(local.errors)")
            func ablate(_ more: String...) throws -> Program.Result {
                try sandbox.program.start(["ablate", "plan.yaml", "--out", "there", "--on", "file:jobs"] + more).wait()
            }
            var (stages, result) = (0, try ablate())
            while result.status == 2, stages < 10 {
                stages += 1
                #expect(result.output.isEmpty && result.errors.contains("the same command again"), "\(result.errors)")
                let folders = try FileContents.names(in: sandbox.runs.path("jobs"))
                let job = try #require(folders.first)
                #expect(folders.count == 1)
                let description = try JSONValue.read(sandbox.runs.path("jobs/\(job)/job.json"))
                let count = try JSONCursor(description, name: "job")["tasks"].elements().count
                // What a killed process leaves is in nobody's way.
                try FileContents.makeFolder(sandbox.runs.path("jobs/\(job)/tasks/0000/work-gone-1/models"))
                for task in 0..<count {
                    let ran = try sandbox.program.run("job", "run", "jobs/\(job)", "\(task)")
                    #expect(ran.status == 0, "\(ran.errors)")
                }
                let gathered = try sandbox.program.run("job", "gather", "jobs/\(job)")
                #expect(gathered.status == 2 && gathered.errors.contains("smpo ablate"), "\(gathered.errors)")
                result = try ablate()
            }
            #expect(result.status == 0 && stages == 7, "\(stages): \(result.errors)")
            #expect(try FileContents.names(in: sandbox.runs.path("jobs")).isEmpty)
            let json = try ablate("--json")
            #expect(try heads(json) == heads(local))
            func table(_ folder: String) throws -> String {
                String(decoding: try FileContents.read(sandbox.runs.path("\(folder)/report.md")), as: UTF8.self)
            }
            #expect(try table("there") == table("here"))
            let (here, there) = (
                Workspace(root: sandbox.runs.path("here")), Workspace(root: sandbox.runs.path("there"))
            )
            let (own, other) = (try here.openLedger(), try there.openLedger())
            let names = try own.runs().map(\.name).sorted()
            #expect(try other.runs().map(\.name).sorted() == names && names.count == 6)
            for name in names {
                #expect(try other.verify(name) == own.verify(name), "\(name)")
                #expect(try other.audits(of: name).map(\.report) == own.audits(of: name).map(\.report))
                #expect(
                    try FolderListing(there.model(name)).files == FolderListing(here.model(name)).files, "\(name)")
            }
            for name in ["grids", "pairs"] {
                let files = try FolderListing("\(here.root)/\(name)").files
                #expect(try FolderListing("\(there.root)/\(name)").files == files && !files.isEmpty)
                for file in files {
                    #expect(
                        try FileContents.read("\(there.root)/\(name)/\(file)")
                            == FileContents.read("\(here.root)/\(name)/\(file)"), "\(name)/\(file)")
                }
            }
        }
    }

    private func heads(_ result: Program.Result) throws -> [String] {
        let report = JSONCursor(try JSONValue.parse(Array(result.output.utf8), file: "report"), name: "report")
        return try report["runs"].elements().map { try $0["chain_head"].string() }
    }

    @Test func generatedPairsAreMadeAgain() throws {
        try with { sandbox in
            let made = try sandbox.program.run(
                "data", "generate", "--model", "model", "--scorer", "scorer", "--pairs", "5", "--steps", "2", "--out",
                "pairs")
            #expect(made.status == 0 && made.output.contains("as the rule-based judge has it"), "\(made.errors)")
            let digest = try sandbox.value("data digest", in: made)
            let same = try sandbox.program.run("data", "generate", "--check", "pairs", "--workers", "3")
            #expect(same.status == 0 && same.output.contains("made again   \(digest)"), "\(same.errors)")
            let occupied = try sandbox.program.run("data", "generate", "--model", "model", "--out", "pairs")
            #expect(occupied.status == 64 && occupied.errors.contains("--replace"))
            // A label that somebody turned.
            let list = sandbox.runs.path("pairs/pairs.jsonl")
            let text = String(decoding: try FileContents.read(list), as: UTF8.self)
            let turned = text.replacingOccurrences(
                of: "\"label_0\":0,\"label_1\":1", with: "\"label_0\":1,\"label_1\":0")
            try AtomicFile.write(
                turned == text
                    ? text.replacingOccurrences(of: "\"label_0\":1,\"label_1\":0", with: "\"label_0\":0,\"label_1\":1")
                    : turned, to: list)
            let changed = try sandbox.program.run("data", "generate", "--check", "pairs")
            #expect(changed.status == 1 && changed.output.contains("is the first"), "\(changed.output)")
        }
    }

    /// Alone, against another, and with a scorer.
    @Test func aModelIsJudged() throws {
        try with { sandbox in
            let options = ["--captions", "4", "--steps", "2", "--seeds", "1"]
            let alone = try sandbox.program.start(["eval", "--model", "model", "--scorer", "scorer"] + options).wait()
            #expect(alone.status == 0 && !alone.output.contains("reference") && alone.output.contains("score"))
            let recipe = try sandbox.runs.smpo()
            let both = try sandbox.program.start(
                ["eval", "--model", "model", "--reference", "model", "--recipe", recipe, "--pairs", "3"] + options
            ).wait()
            // A model against itself: every caption a tie.
            #expect(both.status == 0 && both.output.contains("0-4-0") && both.output.contains("held-out pairs: 3"))
            let wrong = try sandbox.program.run("eval", "--model", "model", "--split", "training")
            #expect(wrong.status == 64 && wrong.errors.contains("--split"))
        }
    }
}
