import Core
import Foundation
import Testing

/// `smpo gate` with golden evaluations.
@Suite struct GateEvaluationTests {
    /// A sandbox with one golden evaluation, `table`, and no golden run.
    private func with(_ body: (Sandbox) throws -> Void) throws {
        try EvaluationSandbox.with { sandbox in
            let made = try sandbox.program.run(
                "eval", "--prompts", "prompts.tsv", "--model", "after", "--rewards",
                "pickscore=\(SourceTree.root)/Golden/shapes-pickscore,hpsv2=\(EvaluationSandbox.rewards)/hpsv2",
                "--steps",
                "2", "--height", "16", "--width", "24", "--scheduler", "dpmpp2m", "--karras", "--json")
            #expect(made.status == 0, "\(made.errors)")
            try FileContents.makeFolder(sandbox.runs.path("Golden/table"))
            try sandbox.runs.write(made.output, to: "Golden/table/evaluation.json")
            try sandbox.runs.write("table\n", to: "Golden/runs.txt")
            try body(sandbox)
        }
    }

    @Test func itIsCheckedInEachWay() throws {
        try with { sandbox in
            let before = try sandbox.golden()
            let open = try sandbox.gate("--isa", "baseline", "--workers", "1,3")
            #expect(open.status == 0, "\(open.output)\(open.errors)")
            #expect(open.output.contains("table (baseline, 1 worker)   reproduced  5 pictures, 10 scores\n"))
            #expect(open.output.contains("table (baseline, 3 workers)  reproduced  5 pictures, 10 scores\n"))
            #expect(open.output.hasSuffix("gate open: 2 reproduced\n"), "\(open.output)")
            #expect(try sandbox.golden() == before)
            // Nothing of it is left out for lack of time.
            let quick = try sandbox.gate("tab*", "--quick", "1", "--format", "json")
            #expect(quick.status == 0, "\(quick.output)\(quick.errors)")
            let one = try quick.report()["cases"][0]
            #expect(try one["run"].string() == "table" && one["evaluation"]["scores"].int() == 10)
            #expect(try one["evaluation"]["found_digest"].string() == one["evaluation"]["digest"].string())
            #expect(try sandbox.gate("none*").status == 2)
        }
    }

    /// A model with other weights, other prompts, a forged report, a report that is gone or of another form close it.
    @Test func whatIsNotReproducedClosesIt() throws {
        try with { sandbox in
            func closed(_ status: Int32, _ outcome: String, _ word: String) throws {
                let result = try sandbox.gate()
                #expect(result.status == status, "\(word): \(result.output)\(result.errors)")
                #expect(result.output.contains("gate closed: 1 \(outcome)"), "\(word): \(result.output)")
                #expect(result.output.contains(word), "\(word): \(result.output)")
            }
            let path = "Golden/table/evaluation.json"
            let text = String(decoding: try FileContents.read(sandbox.runs.path(path)), as: UTF8.self)
            // Forged with the digest made anew: only drawing and scoring again can tell.
            var object = try JSONCursor(JSONValue.read(sandbox.runs.path(path)), name: "report").object()
            let asked = object["asked"]
            for key in ["asked", "digest", "made_now"] { object[key] = nil }
            let pixels = try #require(
                JSONCursor(.object(object), name: "report")["models"][0]["pictures"][4].value?.canonical)
            let zeros = "\"" + String(repeating: "0", count: 64) + "\""
            let forged = JSONValue.object(object).canonical.replacingOccurrences(of: pixels, with: zeros)
            object = try JSONCursor(JSONValue.parse(Array(forged.utf8), file: "forged"), name: "report").object()
            object["digest"] = .digest(.of(.document, .object(object)))
            object["asked"] = asked
            try sandbox.runs.write(JSONValue.object(object).pretty, to: path)
            try closed(1, "diverged", "the picture of prompt 5 (a cup) by model 1 (after): expected 0000")
            let junit = try sandbox.gate("--format", "junit").output
            #expect(junit.contains("failures=\"1\"") && junit.contains("the picture of prompt 5"))
            try sandbox.runs.write(text, to: path)
            try sandbox.replace("\"median\"", "\"Median\"", in: path)
            try closed(3, "tampered", "its digest is not that of what it says")
            try sandbox.runs.write(text, to: path)
            try sandbox.changeWeights(of: "after")
            try closed(4, "incomparable", "text_encoder of model 1 (after)")
            try FileManager.default.removeItem(atPath: sandbox.runs.path("after"))
            try closed(2, "trouble", "after/unet")
            try sandbox.runs.write("{", to: path)
            try closed(2, "trouble", "evaluation.json")
            try sandbox.runs.write("", to: "Golden/runs.txt")
            try closed(4, "missing", "not listed in Golden/runs.txt; add the line")
            try sandbox.runs.write("table\n", to: "Golden/runs.txt")
            try FileManager.default.removeItem(atPath: sandbox.runs.path(path))
            try closed(4, "missing", "nor an evaluation")
        }
    }
}
