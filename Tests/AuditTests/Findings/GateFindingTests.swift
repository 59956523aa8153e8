import Audit
import Comparison
import Core
import Foundation
import FoundationXML
import Ledger
import Pages
import Testing

/// A gate's finding in all its forms: structure, and texts that could break out of it.
@Suite struct GateFindingTests {
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

    private static let sarif = SARIFPresenter(version: "1.2.3", fingerprint: "smpoGate/v1", rules: GateOutcome.rules)
    private static let annotations = AnnotationsPresenter(
        mentioning: GateCase.unwatchedPart, facts: GateCase.shortFacts)
    private static let markdown = CaseMarkdownPresenter(noun: "golden run")

    private func sarif(_ report: GateReport) throws -> JSONCursor {
        JSONCursor(try JSONValue.parse(Array(Self.sarif.present(report.finding).utf8), file: "sarif"), name: "sarif")
    }

    private func facts(_ finding: Finding, _ name: String) -> [String] {
        finding.facts.filter { $0.name == name }.map(\.value)
    }

    @Test func aCaseHasHeadsKindAndWhatWasNotReplayed() throws {
        let cases = report.finding.children
        #expect(facts(cases[0], "replacement head") == [Digest.of(.document, "new").hex])
        #expect(facts(cases[0], "golden head") == [Digest.of(.document, "old").hex])
        #expect(facts(cases[0], "kind") == ["phase policy: only the phase policy moved"])
        #expect(facts(cases[0], "to see it again") == ["smpo audit run-1 --through --isa avx2 --workers 3"])
        #expect(facts(cases[4], "recipe") == ["Manifests/a b.yaml:7: optimizer.lr: 0.25, recorded was 0.5"])
        #expect(cases[3].conclusion?.sentence == "steps 1..3 of 4; not replayed: 4")
        #expect(cases[3].unchecked.map(\.what) == ["replayed"])
        #expect(
            cases.map(\.conclusion?.status) == [.differs, .tampered, .trouble, .passed, .differs]
                && report.finding.conclusion?.status == .tampered)
        #expect(
            try #require(report.finding.advice).hasPrefix("If the changes are meant: smpo golden review run-1 run-3,"))
    }

    @Test func textIsALineACase() {
        let lines = CaseTextPresenter().present(report.finding).split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines[3] == "run-2                    reproduced  steps 1..3 of 4; not replayed: 4", "\(lines[3])")
        #expect(
            lines[4]
                == "run-3                    RECIPE      Manifests/a b.yaml:7: optimizer.lr: 0.25, recorded was 0.5")
        #expect(lines.filter { $0.hasPrefix("  replacement head  ") }.count == 2)
        #expect(
            lines.suffix(2) == [
                "gate closed: 1 tampered, 1 diverged, 1 recipe, 1 trouble, 1 reproduced; 1 of 5 replayed in part only",
                "",
            ])
        // A line is a line, and moves no cursor.
        #expect(lines[0].hasSuffix("\\u{1b}[31m#é") && !lines.joined().unicodeScalars.contains { $0.value < 32 })
        let open = CaseTextPresenter().present(GateReport([Self.passed], version: "1").finding)
        #expect(open.split(separator: "\n").last == "gate open: 1 reproduced; 1 of 1 replayed in part only", "\(open)")
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
        let (xml, elements) = (JUnitPresenter(classes: "golden").present(report.finding), Elements())
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
        let details = elements.texts[failure].split(separator: "\n")
        #expect(details.filter { $0 == "replacement head: \(Digest.of(.document, "new"))" }.count == 1)
        let parts = zip(elements.names, elements.attributes).filter { $0.0 == "property" }
        #expect(
            parts.contains {
                $0.1["name"] == "smpo.replayed.run-2" && $0.1["value"] == "steps 1..3 of 4; not replayed: 4"
            })
    }

    // MARK: SARIF

    @Test func sarifHasRulesPlacesAndFingerprints() throws {
        let json = try sarif(report)
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
        let again = try sarif(GateReport([later], version: "2"))
        #expect(try again["runs"][0]["results"][0]["partialFingerprints"]["smpoGate/v1"].string() == prints[0])
        #expect(try run["invocations"][0]["executionSuccessful"].bool() == false)
    }

    // MARK: GitHub

    private func annotated(_ report: GateReport) -> [Substring] {
        Self.annotations.present(report.finding).split(separator: "\n")
    }

    @Test func annotationsAreEscapedAndFew() throws {
        let lines = annotated(report)
        #expect(lines.count == 5 && lines[0].hasPrefix("::error title=smpo gate::gate closed: 1 tampered, "))
        #expect(
            lines[1].hasPrefix(
                "::error file=Golden/run-1/log.jsonl,line=3,title=run-1 (avx2%2C 3 workers)%3A diverged::"))
        #expect(
            lines[1].hasSuffix(
                "::a]]><b a=\"'&|*_`::,%25\\r\\n\\u{1b}[31m#é%0Akind: phase policy: only the phase policy moved"
                    + "%0Areplacement head: \(Digest.of(.document, "new"))"), "\(lines[1])")
        #expect(lines[4].hasPrefix("::error file=Manifests/a b.yaml,line=7,title=run-3%3A recipe::"))
        for count in [9, 10, 40] {
            let many = GateReport((0..<count).map { Self.failed(.trouble, run: "r\($0)") }, version: "1")
            let shown = annotated(many)
            #expect(shown.count == 10)
            #expect(
                shown[9].hasPrefix("::error title=smpo gate::and \(count - 8) more: r8 (avx2, 3 workers)")
                    == (count > 9))
        }
        let open = annotated(GateReport([Self.passed], version: "1"))
        #expect(open == ["::notice title=smpo gate::gate open: 1 reproduced; 1 of 1 replayed in part only"])
    }

    // MARK: Markdown

    @Test func markdownIsEscapedAndCut() {
        let lines = Self.markdown.present(report.finding).split(separator: "\n")
        let row = lines.first { $0.hasPrefix("| run-1") } ?? ""
        #expect(
            row.hasSuffix(##"| diverged | a\]\]&gt;&lt;b a="'&amp;\|\*\_\`::,%\\r\\n\\u\{1b\}\[31m\#é |"##), "\(row)")
        // Only the table's own bars are bars.
        #expect(row.replacing("\\|", with: "").count { $0 == "|" } == 4)
        #expect(lines.filter { $0 == "- replacement head: `\(Digest.of(.document, "new"))`" }.count == 1)
        let long = String(repeating: "x", count: 9000)
        // A long text is cut by itself; many of them are too long together.
        let many = Self.markdown.present(
            GateReport((0..<800).map { Self.failed(.trouble, run: "r\($0)", reason: long) }, version: "1").finding)
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
            let presenters: [any Presenter] = [
                CaseTextPresenter(), JUnitPresenter(classes: "golden"), Self.sarif, Self.annotations, Self.markdown,
            ]
            for text in try presenters.map({ try $0.present(report.finding) }) + [report.json.pretty] {
                for part in [word, "run-7", "run-8"] { #expect(text.contains(part), "\(text)") }
            }
        }
        let notes = try sarif(open)["runs"][0]["invocations"][0]["toolExecutionNotifications"].elements()
        #expect(
            try notes.map { try $0["message"]["text"].string() }.prefix(1)
                == ["run-2: steps 1..3 of 4; not replayed: 4; no recipe watches it: it was lost"] && notes.count == 3)
        #expect(try sarif(open)["runs"][0]["results"].elements().isEmpty)
        #expect(try sarif(closed)["runs"][0]["results"].elements().count == 1)
        #expect(annotated(open).count == 1)
    }
    /// Equal results are equal bytes.
    @Test func nothingVaries() throws {
        for presenter in [JUnitPresenter(classes: "golden"), Self.sarif, CaseTextPresenter()] as [any Presenter] {
            #expect(try presenter.present(report.finding) == presenter.present(report.finding))
        }
        #expect(report.json.pretty == report.json.pretty)
    }
}
