import Core
import Foundation
import Testing

/// `smpo eval --check`: a report made again, and reports, files and models that are not what they were.
@Suite struct EvaluationCheckTests {
    /// A sandbox with the report of an evaluation of `after` against `before`, `report.json`.
    private func with(_ body: (Sandbox) throws -> Void) throws {
        try EvaluationSandbox.with { sandbox in
            let made = try sandbox.program.run(
                "eval", "--prompts", "prompts.tsv", "--model", "after", "--reference", "before", "--rewards",
                EvaluationSandbox.asked, "--steps", "2", "--size", "16", "--guidance", "7.1", "--negative", "",
                "--count", "2", "--json")
            #expect(made.status == 0, "\(made.errors)")
            try sandbox.runs.write(made.output, to: "report.json")
            // What was kept is of no use to a check, whatever it says.
            try FileManager.default.removeItem(atPath: sandbox.runs.path(".smpo"))
            try body(sandbox)
            #expect(!FileContents.exists(sandbox.runs.path(".smpo")))
        }
    }

    private func check(_ sandbox: Sandbox, _ more: String..., report: String = "report.json") throws -> Program.Result {
        try sandbox.program.start(["eval", "--check", report] + more).wait()
    }

    private func json(_ result: Program.Result) throws -> JSONCursor {
        JSONCursor(try JSONValue.parse(result.output, file: "stdout"), name: "check")
    }

    /// The same files, another instruction set, other workers, several processes; files elsewhere.
    @Test func whatItSaysComesOutAgain() throws {
        try with { sandbox in
            let plain = try check(sandbox)
            #expect(plain.status == 0, "\(plain.output)\(plain.errors)")
            #expect(plain.output.hasPrefix("report.json: reproduced\n  made again        8 pictures, 32 scores\n"))
            #expect(!plain.output.contains("not checked"))
            let other = try check(sandbox, "--isa", "baseline", "--workers", "3", "--jobs", "2", "--json")
            #expect(other.status == 0, "\(other.output)\(other.errors)")
            let value = try json(other)
            #expect(try value["verdict"].string() == "reproduced" && value["kept"].int() == 0)
            #expect(try value["digest"].string() == value["found_digest"].string())
            for (old, new) in [("after", "b/after"), ("before", "b/before"), ("prompts.tsv", "b/moved.tsv")] {
                try FileContents.makeFolder(sandbox.runs.path("b"))
                try FileManager.default.moveItem(atPath: sandbox.runs.path(old), toPath: sandbox.runs.path(new))
            }
            let gone = try check(sandbox)
            #expect(gone.status == 2 && gone.errors.contains("prompts.tsv"), "\(gone.errors)")
            let moved = try check(
                sandbox, "--model", "b/after", "--reference", "b/before", "--prompts", "b/moved.tsv", "--rewards",
                "pickscore=\(SourceTree.root)/Golden/shapes-pickscore", "--out", "again.json")
            #expect(moved.status == 0, "\(moved.output)\(moved.errors)")
            let reports = try ["report.json", "again.json"].map {
                JSONCursor(try JSONValue.read(sandbox.runs.path($0)), name: $0)
            }
            #expect(try reports[0]["digest"].string() == reports[1]["digest"].string())
            #expect(try reports[1]["asked"]["model"].string() == "b/after")
        }
    }

    /// Pictures that are kept are taken only where that is asked for, and then it is said; scores are made all the same.
    @Test func keptPicturesAreSaid() throws {
        try with { sandbox in
            #expect(try check(sandbox, "--pictures", "kept").status == 0)
            let again = try check(sandbox, "--pictures", "kept", "--jobs", "2")
            #expect(again.status == 0, "\(again.errors)")
            #expect(again.output.contains("0 of 8 pictures, 32 scores"), "\(again.output)")
            #expect(again.output.contains("not checked       8 of 8 pictures were kept from before"))
            #expect(try json(check(sandbox, "--pictures", "kept", "--json"))["kept"].int() == 8)
            #expect(!FileContents.exists(sandbox.runs.path("kept/scores")))
        }
    }

    /// Writes the report changed, with its digest made anew where `signs`.
    private func forge(_ sandbox: Sandbox, signs: Bool = true, _ change: (inout [String: Any]) throws -> Void) throws {
        let data = try Data(FileContents.read(sandbox.runs.path("report.json")))
        var object = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
        try change(&object)
        let path = try sandbox.runs.write(
            String(decoding: JSONSerialization.data(withJSONObject: object), as: UTF8.self), to: "forged.json")
        guard signs else { return }
        var content = try JSONCursor(JSONValue.read(path), name: "forged").object()
        let outside = ["asked", "made_now", "digest"].map { ($0, content[$0]) }
        for (key, _) in outside { content[key] = nil }
        let digest = Digest.of(.document, .object(content))
        for (key, value) in outside { content[key] = value }
        content["digest"] = .digest(digest)
        try AtomicFile.write(JSONValue.object(content).pretty, to: path)
    }

    /// Changes the value at a way of keys and indices.
    private static func set(_ value: Any, at way: [Any], in node: Any) -> Any {
        guard let step = way.first else { return value }
        let rest = Array(way.dropFirst())
        if let index = step as? Int, var list = node as? [Any] {
            list[index] = set(value, at: rest, in: list[index])
            return list
        }
        guard let key = step as? String, var object = node as? [String: Any] else { return node }
        object[key] = set(value, at: rest, in: object[key] ?? NSNull())
        return object
    }

    private struct Forgery {
        let way: [Any]
        let value: Any
        /// The exit code once the digest is made anew, and words that name the place.
        let status: Int32, words: [String]
    }

    /// Without a digest made anew each is tampered; with one, the place is named.
    @Test func aForgedReportIsNamed() throws {
        let zeros = String(repeating: "0", count: 64)
        let forgeries: [Forgery] = [
            Forgery(
                way: ["models", 1, "pictures", 2], value: zeros, status: 1,
                words: ["the picture of prompt 3 () by model 2 (after): expected \(zeros)", "1 of 8 pictures, 0 of 32"]),
            Forgery(
                way: ["models", 0, "scores", 1, "scores", 3], value: 0.25, status: 1,
                words: [
                    "ImageReward's score of the picture of prompt 4 (two dogs, a house) by model 1 (before): expected 0.25",
                    "0 of 8 pictures, 1 of 32 scores",
                ]),
            Forgery(
                way: ["models", 1, "scores", 3, "all", "median"], value: 0.5, status: 1,
                words: ["PickScore of model 2 (after), all.median: expected 0.5", "0 of 8 pictures, 0 of 32 scores"]),
            Forgery(
                way: ["models", 1, "scores", 3, "styles", 0, "summary", "mean_interval", 1], value: 9, status: 1,
                words: ["styles[0].summary.mean_interval[1]: expected 9"]),
            Forgery(
                way: ["comparisons", 0, "all", "wins"], value: 99, status: 1,
                words: ["the models compared by HPS v2, all.wins: expected 99"]),
            Forgery(
                way: ["note"], value: "best of all", status: 1, words: ["note: expected best of all, found nothing"]),
            Forgery(
                way: ["prompts", "files", 0], value: zeros, status: 4,
                words: ["the prompts' file prompts.tsv: expected \(zeros)", "nothing was drawn"]),
            Forgery(
                way: ["prompts", "digest"], value: zeros, status: 4, words: ["the prompts, digest: expected \(zeros)"]),
            Forgery(
                way: ["models", 0, "parts", "unet"], value: zeros, status: 4,
                words: ["unet of model 1 (before): expected \(zeros)"]),
            Forgery(
                way: ["models", 1, "drawing", "steps"], value: 50, status: 4,
                words: ["how model 2 (after) draws, steps: expected 50, found 2"]),
            Forgery(
                way: ["models", 1, "drawing", "contract"], value: "ref-0", status: 4,
                words: ["contract: expected ref-0, found ref-1"]),
            Forgery(
                way: ["rewards", 2, "parts", "head"], value: zeros, status: 4, words: ["LAION Aesthetic", "parts.head"]),
            Forgery(
                way: ["rewards", 0, "resize"], value: "none", status: 4, words: ["HPS v2", "resize: expected none"]),
            Forgery(way: ["noise"], value: "same", status: 4, words: ["noise: expected same, found place"]),
            // What was asked for is in no digest: it must lead to what the report says.
            Forgery(way: ["asked", "steps"], value: 3, status: 4, words: ["steps: expected 2, found 3"]),
            Forgery(way: ["asked", "share"], value: "0/1", status: 2, words: ["report.asked", "\"share\""]),
            Forgery(way: ["asked", "page"], value: "x.html", status: 2, words: ["report.asked", "\"page\""]),
            Forgery(way: ["asked", "steps"], value: 0, status: 2, words: ["report.asked", "--steps"]),
            Forgery(way: ["asked", "rewards"], value: "hpsv2", status: 2, words: ["rewards"]),
            Forgery(way: ["schema"], value: 1, status: 2, words: ["schema: expected 2", "an earlier program"]),
        ]
        try with { sandbox in
            for forgery in forgeries {
                try forge(sandbox) { $0 = Self.set(forgery.value, at: forgery.way, in: $0) as? [String: Any] ?? [:] }
                let result = try check(sandbox, report: "forged.json")
                let said = result.output + result.errors
                #expect(result.status == forgery.status, "\(forgery.way): \(said)")
                for word in forgery.words { #expect(said.contains(word), "\(forgery.way): \(said)") }
                guard forgery.way.first as? String != "asked", forgery.way.first as? String != "schema" else {
                    continue
                }
                try forge(sandbox, signs: false) {
                    $0 = Self.set(forgery.value, at: forgery.way, in: $0) as? [String: Any] ?? [:]
                }
                let unsigned = try check(sandbox, "--json", report: "forged.json")
                #expect(unsigned.status == 3, "\(forgery.way): \(unsigned.output)")
                #expect(try json(unsigned)["verdict"].string() == "tampered")
            }
            try forge(sandbox, signs: false) { $0["digest"] = zeros }
            #expect(try check(sandbox, report: "forged.json").status == 3)
        }
    }

    /// Other prompts, models and reward models than the report's are named, and nothing is drawn.
    @Test func otherInputsAreIncomparable() throws {
        try with { sandbox in
            func refused(_ status: Int32, _ word: String, _ more: String...) throws {
                let result = try sandbox.program.start(["eval", "--check", "report.json"] + more).wait()
                #expect(
                    result.status == status && (result.output + result.errors).contains(word),
                    "\(more): \(result.output)\(result.errors)")
            }
            try refused(4, "text_encoder of model 2 (before)", "--model", "before")
            let heads = try FileContents.names(in: "\(EvaluationSandbox.rewards)/aesthetic").filter {
                $0.hasSuffix(".pth")
            }
            let head = try #require(heads.first { $0 != "relu.pth" })
            try refused(
                4, "LAION Aesthetic v2 (\(EvaluationSandbox.rewards)/aesthetic/clip), parts.head", "--rewards",
                "aesthetic.head=\(EvaluationSandbox.rewards)/aesthetic/\(head)")
            let text = String(decoding: try FileContents.read(sandbox.runs.path("prompts.tsv")), as: UTF8.self)
            try sandbox.runs.write(text.replacingOccurrences(of: "house", with: "horse"), to: "other.tsv")
            try refused(4, "the prompts' file other.tsv", "--prompts", "other.tsv")
            try refused(2, "nothing", "--model", "nothing")
            try refused(64, "--steps is in the report", "--steps", "3")
            try refused(64, "--rewards clipscore", "--rewards", "clipscore=x")
            try refused(64, "--page", "--page", "x.html")
            try refused(64, "shapes world", "--seeds", "1")
            #expect(try sandbox.program.run("eval", "--model", "after", "--out", "x.json").status == 64)
            #expect(try check(sandbox, "--out", "report.json").status == 64)
        }
    }

    @Test func damagedReportsAreRefused() throws {
        try with { sandbox in
            let text = String(decoding: try FileContents.read(sandbox.runs.path("report.json")), as: UTF8.self)
            for (damaged, word) in [
                ("", "expected a value"), (String(text.dropLast(9)), "forged.json:"), ("[]", "report"),
                ("{}", "schema"),
                ("{\"schema\": 2, \"seeds\": []}", "without prompts"),
            ] {
                try sandbox.runs.write(damaged, to: "forged.json")
                let result = try check(sandbox, report: "forged.json")
                #expect(result.status == 2 && result.errors.contains(word), "\(damaged.prefix(20)): \(result.errors)")
            }
            #expect(try check(sandbox, report: "none.json").status == 2)
        }
    }
}
