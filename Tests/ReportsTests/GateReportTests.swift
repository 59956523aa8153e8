import Audit
import Comparison
import Core
import Foundation
import FoundationXML
import Ledger
import Reports
import Testing

/// The forms of a gate's report: structure, and texts that could break out of it.
@Suite struct GateReportTests {
    /// Everything that any of the forms gives a meaning to.
    private static let nasty = "a]]><b a=\"'&|*_`::,%\r\n\u{1B}[31m#é"

    private static func failed(_ outcome: GateOutcome, run: String = "run-1", reason: String = nasty) -> GateCase {
        var one = GateCase(
            run: run, way: GateWay(isa: .avx2, workers: 3), in: Workspace(), outcome: outcome, reason: reason)
        one.steps = 4
        guard outcome == .diverged else { return one }
        one.checked = 1...4
        one.difference = .init(step: 3, phase: "policy", tensor: nasty, summary: nasty, operation: nil)
        one.kind = ("phase policy", "only the phase policy moved")
        one.heads = (Digest.of(.document, "old"), Digest.of(.document, "new"))
        return one
    }

    private static var passed: GateCase {
        var one = GateCase(run: "run-2", way: GateWay(), in: Workspace(), outcome: .reproduced)
        (one.steps, one.checked) = (4, 1...3)
        return one
    }

    private static var recipe: GateCase {
        var one = GateCase(run: "run-3", way: GateWay(), in: Workspace(), outcome: .recipe)
        (one.steps, one.checked) = (4, 1...4)
        let difference = DocumentDifference.all(
            ["optimizer": ["lr": .bits(0.5)]], ["optimizer": ["lr": .bits(0.25)]])[0]
        one.changes = [RecipeChange(difference, file: "Manifests/a b.yaml", line: 7)]
        return one
    }

    private let report = GateReport(
        [failed(.diverged), failed(.tampered), failed(.trouble), passed, recipe], version: "1.2.3", budget: 60)

    @Test func textHasHeadsKindAndWhatWasNotReplayed() {
        let text = GateText.describe(report)
        #expect(text.contains("replacement head  \(Digest.of(.document, "new"))"))
        #expect(text.contains("golden head       \(Digest.of(.document, "old"))"))
        #expect(text.contains("kind              phase policy: only the phase policy moved"))
        #expect(text.contains("run-2                    reproduced  steps 1..3 of 4; not replayed: 4"), "\(text)")
        #expect(text.contains("Manifests/a b.yaml:7: optimizer.lr: 0.25, recorded was 0.5"))
        #expect(text.contains("smpo audit run-1 --through --isa avx2 --workers 3"))
        #expect(text.contains("smpo golden review run-1 run-3"))
        #expect(
            text.hasSuffix(
                "gate closed: 1 tampered, 1 diverged, 1 recipe, 1 trouble, 1 reproduced; 1 of 5 replayed in part only"))
        // A line is a line, and moves no cursor.
        #expect(!text.contains("\r") && !text.contains("\u{1B}") && text.contains("\\u{1b}[31m#é"))
        let open = GateText.describe(GateReport([Self.passed], version: "1"))
        #expect(open.hasSuffix("gate open: 1 reproduced; 1 of 1 replayed in part only"), "\(open)")
    }

    // MARK: JUnit

    private final class Elements: NSObject, XMLParserDelegate {
        var names: [String] = [], attributes: [[String: String]] = [], texts: [String] = [], error: (any Error)?

        func parser(
            _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
            attributes: [String: String]
        ) {
            names.append(name)
            self.attributes.append(attributes)
            texts.append("")
        }

        func parser(_ parser: XMLParser, foundCharacters text: String) {
            if !texts.isEmpty { texts[texts.count - 1] += text }
        }

        func parser(_ parser: XMLParser, parseErrorOccurred error: any Error) { self.error = error }
    }

    @Test func junitIsWellFormedAndCounts() throws {
        let (xml, elements) = (GateJUnit.xml(report), Elements())
        let parser = XMLParser(data: Data(xml.utf8))
        parser.delegate = elements
        #expect(parser.parse() && elements.error == nil, "\(xml)")
        #expect(elements.names.count { $0 == "testcase" } == 5)
        #expect(elements.names.count { $0 == "failure" } == 2 && elements.names.count { $0 == "error" } == 2)
        let suite = try #require(elements.names.firstIndex(of: "testsuite").map { elements.attributes[$0] })
        #expect(suite["tests"] == "5" && suite["failures"] == "2" && suite["errors"] == "2")
        let failure = try #require(elements.names.firstIndex(of: "failure"))
        // Line feeds outlive the attribute; what XML cannot hold is spelt out.
        #expect(elements.attributes[failure]["message"] == Self.nasty.replacing("\u{1B}", with: "\\u{1b}"))
        #expect(elements.texts[failure].contains("replacement head: \(Digest.of(.document, "new"))"))
        let parts = zip(elements.names, elements.attributes).filter { $0.0 == "property" }
        #expect(parts.contains { $0.1["name"] == "smpo.replayed.run-2" && $0.1["value"]?.contains("1..3") == true })
    }

    // MARK: SARIF

    @Test func sarifHasRulesPlacesAndFingerprints() throws {
        let json = JSONCursor(GateSARIF.json(report), name: "sarif")
        #expect(try json["version"].string() == "2.1.0")
        let run = try json["runs"][0]
        let rules = try run["tool"]["driver"]["rules"].elements().map { try $0["id"].string() }
        #expect(Set(rules) == Set(GateOutcome.allCases.filter(\.isFailure).map(\.rawValue)))
        let results = try run["results"].elements()
        #expect(try results.map { try $0["ruleId"].string() } == ["diverged", "tampered", "trouble", "recipe"])
        for result in results {
            #expect(try rules[result["ruleIndex"].int()] == result["ruleId"].string())
            #expect(try result["level"].string() == "error")
        }
        let place = try results[0]["locations"][0]["physicalLocation"]
        #expect(try place["artifactLocation"]["uri"].string() == "Golden/run-1/log.jsonl")
        #expect(try place["artifactLocation"]["uriBaseId"].string() == "%SRCROOT%")
        #expect(try place["region"]["startLine"].int() == 3)
        let recipe = try results[3]["locations"][0]["physicalLocation"]
        #expect(try recipe["artifactLocation"]["uri"].string() == "Manifests/a%20b.yaml")
        #expect(try recipe["region"]["startLine"].int() == 7)
        let prints = try results.map { try $0["partialFingerprints"]["smpoGate/v1"].string() }
        #expect(Set(prints).count == 4)
        // The same failure has the same fingerprint, wherever it differs this time.
        var later = Self.failed(.diverged)
        later.difference = .init(step: 1, phase: "loss", tensor: "t", summary: "s", operation: nil)
        let again = JSONCursor(GateSARIF.json(GateReport([later], version: "2")), name: "sarif")
        #expect(try again["runs"][0]["results"][0]["partialFingerprints"]["smpoGate/v1"].string() == prints[0])
        #expect(try run["invocations"][0]["executionSuccessful"].bool() == false)
    }

    // MARK: GitHub

    @Test func annotationsAreEscapedAndFew() throws {
        let lines = GateAnnotations.text(report).split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count == 5 && lines[0].hasPrefix("::error title=smpo gate::gate closed: 1 tampered, "))
        #expect(
            lines[1].hasPrefix(
                "::error file=Golden/run-1/log.jsonl,line=3,title=run-1 (avx2%2C 3 workers)%3A diverged::"))
        #expect(lines[1].contains("a]]><b a=\"'&|*_`::,%25\\r\\n\\u{1b}[31m#é"), "\(lines[1])")
        #expect(lines[4].hasPrefix("::error file=Manifests/a b.yaml,line=7,title=run-3%3A recipe::"))
        for count in [9, 10, 40] {
            let many = GateReport((0..<count).map { Self.failed(.trouble, run: "r\($0)") }, version: "1")
            let shown = GateAnnotations.text(many).split(separator: "\n", omittingEmptySubsequences: false)
            #expect(shown.count == 10)
            #expect(shown[9].contains("and \(count - 8) more: r8 (avx2, 3 workers)") == (count > 9))
        }
        let open = GateAnnotations.text(GateReport([Self.passed], version: "1"))
        #expect(open.hasPrefix("::notice title=smpo gate::gate open: 1 reproduced") && !open.contains("\n"))
    }

    // MARK: Markdown

    @Test func markdownIsEscapedAndCut() {
        let text = GateMarkdown.text(report)
        let row = text.split(separator: "\n").first { $0.hasPrefix("| run-1") } ?? ""
        #expect(row.contains(##"a\]\]&gt;&lt;b a="'&amp;\|\*\_\`::,%\\r\\n\\u\{1b\}\[31m\#é"##), "\(row)")
        // Only the table's own bars are bars.
        #expect(row.replacing("\\|", with: "").count { $0 == "|" } == 4)
        #expect(text.contains("- replacement head: `\(Digest.of(.document, "new"))`") && !text.contains("left out"))
        let long = String(repeating: "x", count: 9000)
        // A long text is cut by itself; many of them are too long together.
        let many = GateMarkdown.text(
            GateReport((0..<800).map { Self.failed(.trouble, run: "r\($0)", reason: long) }, version: "1"))
        #expect(many.utf8.count < 1 << 20 && many.utf8.count > 1 << 19)
        #expect(many.hasSuffix("`--format json` has all.\n"))
    }

    /// What no recipe watches, what was not selected and what is not golden stands in every form.
    @Test func everyFormSaysWhatWasNotLookedAt() throws {
        var said = Self.passed
        said.note(.unwatched(reason: "it was lost"))
        let open = GateReport([said], version: "1", notSelected: ["run-7"], notGolden: ["run-8"])
        #expect(open.outcome == .reproduced)
        var silent = Self.passed
        silent.note(.nothing(why: "no policy"))
        let closed = GateReport([silent], version: "1", notSelected: ["run-7"], notGolden: ["run-8"])
        #expect(closed.outcome == .unwatched)
        for (report, word) in [(open, "it was lost"), (closed, "no policy")] {
            let forms = [
                "text": GateText.describe(report), "json": report.json.pretty, "junit": GateJUnit.xml(report),
                "sarif": GateSARIF.json(report).pretty, "github": GateAnnotations.text(report),
                "markdown": GateMarkdown.text(report),
            ]
            for (form, text) in forms {
                for part in [word, "run-7", "run-8"] { #expect(text.contains(part), "\(form): \(text)") }
            }
        }
        let sarif = JSONCursor(GateSARIF.json(open), name: "sarif")
        let notes = try sarif["runs"][0]["invocations"][0]["toolExecutionNotifications"].elements()
        #expect(try notes.count == 3 && notes[0]["message"]["text"].string().contains("not replayed: 4"))
        #expect(try sarif["runs"][0]["results"].elements().isEmpty)
        #expect(try JSONCursor(GateSARIF.json(closed), name: "s")["runs"][0]["results"].elements().count == 1)
        #expect(GateAnnotations.text(open).split(separator: "\n").count == 1)
    }

    /// Equal results are equal bytes.
    @Test func nothingVaries() {
        #expect(GateJUnit.xml(report) == GateJUnit.xml(report))
        #expect(report.json.pretty == report.json.pretty)
    }
}
