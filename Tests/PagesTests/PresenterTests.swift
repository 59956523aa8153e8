import Core
import Foundation
import Testing

@testable import Pages

/// The forms of a finding: HTML, Markdown, text.
@Suite struct PresenterTests {
    private func page(_ finding: Finding) throws -> PageTree.Element {
        PageTree.parse(try HTMLPresenter().present(finding))
    }

    @Test func htmlHasTheStructureOfADocument() throws {
        let text = try HTMLPresenter().present(FindingMaterial.finding("run-1"))
        #expect(text.hasPrefix("<!DOCTYPE html>\n"))
        let page = PageTree.parse(text)
        #expect(page.all("html").first?.attributes["lang"] == "en")
        #expect(page.all("h1").map(\.allText) == ["run-1"])
        let levels = page.all.compactMap { ["h1": 1, "h2": 2, "h3": 3][$0.name] }
        #expect(levels.first == 1 && zip(levels, levels.dropFirst()).allSatisfy { $1 <= $0 + 1 }, "\(levels)")
        let ids = page.all.compactMap { $0.attributes["id"] }
        #expect(Set(ids).count == ids.count, "\(ids)")
        // Every link and every label leads to one of them.
        let links = page.all.compactMap { $0.attributes["href"] }
        #expect(links.allSatisfy { $0.hasPrefix("#") } && links.count == 8)
        let labels = page.all.flatMap {
            ($0.attributes["aria-labelledby"] ?? "").split(separator: " ").map(String.init)
        }
        for name in labels + links.map({ String($0.dropFirst()) }) { #expect(ids.contains(name), "\(name)") }
        #expect(page.all("script").isEmpty && !text.contains("url("))
        #expect(page.all("img").allSatisfy { $0.attributes["alt"] != nil } && page.all("img").count == 2)
        let drawings = page.all("svg").filter { $0.attributes["role"] == "img" }
        #expect(drawings.count == 7 && drawings.allSatisfy { $0.children.first?.name == "title" })
        let style = try #require(page.all("style").first).text
        #expect(style.contains("prefers-color-scheme:dark") && style.contains("@media print"))
    }

    /// Every part of a finding is in its section of the page.
    @Test func htmlShowsEveryContent() throws {
        let page = try page(FindingMaterial.finding("run-1"))
        #expect(
            page.all("section").compactMap { $0.attributes["id"] }.prefix(3) == [
                "not-checked", "first-difference", "loss",
            ])
        let loss = try #require(page.first(id: "loss"))
        #expect(loss.all("path", class: "curve").count == 4)  // two curves and their samples in the legend
        #expect(loss.all("text", class: "strong").map(\.text) == ["first difference: step 4"])
        #expect(loss.all("h3").map(\.allText) == ["A loss"] && loss.all("path", class: "silent").count == 2)
        #expect(loss.all("tr").count == 13 && loss.all("summary").map(\.text) == ["The numbers: loss"])
        let line = try #require(page.first(id: "first-difference"))
        #expect(line.all("text", class: "strong").map(\.text) == ["step 4 · run-1"])
        #expect(line.all("path", class: "ring").count == 2 && line.all("path", class: "cross").count == 2)
        let layers = try #require(page.first(id: "layers"))
        #expect(layers.all("path", class: "heat").count > 3 && layers.all("table", class: "heat").count == 1)
        #expect(layers.all("figure", class: "distances").count == 1)
        let latents = try #require(page.first(id: "latents"))
        #expect(latents.all("path", class: "ring").count == 2 && latents.all("path", class: "cross").count == 2)
        #expect(latents.all("path", class: "dash").count == 2 && latents.all("path", class: "fill").count == 2)
        #expect(latents.all("img").first?.attributes["src"] == "data:image/png;base64,AQID")
        #expect(page.first(id: "provenance")?.all("dt").map(\.text) == ["run-1", "d"])
        #expect(page.first(id: "nothing")?.all("p", class: "missing").first?.text == " run-1")
        #expect(page.all("p", class: "verdict").first?.attributes["class"] == "verdict bad")
    }

    /// The same elements in the same order, whatever the texts: no text becomes markup.
    @Test func hostileTextsStayTexts() throws {
        let (plain, hostile) = (FindingMaterial.finding("x"), FindingMaterial.finding(FindingMaterial.hostile))
        let (page, other) = (try page(hostile), try page(plain))
        #expect(page.all.map(\.name) == other.all.map(\.name))
        #expect(page.all("h1").map(\.allText) == [VisibleText.of(FindingMaterial.hostile)])
        let html = try HTMLPresenter().present(hostile)
        #expect(!html.unicodeScalars.contains { $0.value < 32 && $0 != "\n" } && !html.contains("\u{202E}"))

        let (markdown, twin) = (MarkdownPresenter().present(hostile), MarkdownPresenter().present(plain))
        #expect(!markdown.contains("<") && !markdown.contains("\u{1B}"))
        // As many lines, headings and cells as with harmless texts.
        func shape(_ text: String) -> [String] {
            text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
                let bars = line.replacing(/\\./, with: "").count { $0 == "|" }
                return "\(line.prefix { $0 == "#" }) \(bars)"
            }
        }
        #expect(shape(markdown) == shape(twin))
        let marks = markdown.replacing(/\\./, with: "").replacing(/`[0-9a-f]*`/, with: "")
        #expect(!marks.contains("`") && !marks.contains("["))

        let text = TextPresenter().present(hostile)
        #expect(!text.unicodeScalars.contains { ($0.value < 32 && $0 != "\n") || (0x7F...0x9F).contains($0.value) })
        #expect(text.split(separator: "\n").allSatisfy { !$0.hasPrefix("#") })
    }

    /// 2,000 steps of 700 parts: thinned out, below the limit, and said so.
    @Test func largeFindingsStaySmallPages() throws {
        let html = try HTMLPresenter().present(FindingMaterial.finding("large", steps: 2000, parts: 700))
        #expect(html.utf8.count < HTMLPresenter.limit && html.utf8.count > 50_000)
        let page = PageTree.parse(html)
        let captions = page.all("figcaption").map(\.text)
        #expect(captions.contains { $0.hasPrefix("So many steps are thinned out") })
        #expect(captions.contains { $0.hasPrefix("A column stands for several steps") })
        #expect(page.first(id: "layers")?.all("text").contains { $0.text == "the 653 others, most" } == true)
        let notes = page.first(id: "loss")?.all("p", class: "note").map(\.text)
        #expect(notes == ["1,880 more rows are in the JSON form."])
        #expect(page.first(id: "loss")?.all("tbody").first?.children.count == 120)
    }

    /// What cannot be made small enough is refused, not cut somewhere.
    @Test func pagesBeyondTheLimitAreRefused() throws {
        var finding = FindingMaterial.finding("x")
        finding.unchecked = (0..<3000).map { .init("thing \($0)", String(repeating: "why ", count: 200)) }
        #expect(throws: HTMLPresenter.TooLarge.self) { try HTMLPresenter().present(finding) }
    }

    /// Without room the text of the pictures goes too, and is counted.
    @Test func galleriesSayWhatTheyLeaveOut() {
        let picture = Picture(png: [1], width: 1, height: 1, label: "l", alternative: "a")
        let gallery = Gallery((0..<3).map { Gallery.Item(caption: "\($0)", pictures: [picture, picture]) })
        var detail = Detail()
        detail.pictures = 4
        let page = PageTree.parse("<div>\(gallery.html(detail))</div>")
        #expect(page.all("img").count == 4 && page.all("div", class: "exhibit").count == 2)
        #expect(page.all("p", class: "note").map(\.text) == ["1 more are left out, to keep the page small."])
    }

    @Test func textHasCurvesAndTheVerdict() {
        let lines = TextPresenter(usesColour: true).present(FindingMaterial.finding("run-1")).split(separator: "\n")
        #expect(lines[0] == "run-1: \u{1B}[1;31m✗ diverged\u{1B}[0m  (test)")
        let plain = TextPresenter().present(FindingMaterial.finding("run-1")).split(separator: "\n").map(String.init)
        #expect(plain[0] == "run-1: ✗ diverged  (test)" && plain.allSatisfy { !$0.contains("\u{1B}") })
        let curve = plain.first { $0.hasPrefix("    loss, run-1  ") } ?? ""
        #expect(curve.hasSuffix("  0.0833 … 1.00") && curve.contains("█") && curve.contains("▁"), "\(curve)")
        #expect(plain.contains("    Not here: run-1") && plain.contains("  – a thing run-1: because of run-1"))
        #expect(plain.contains("    d      \(String(repeating: "0f", count: 32))"))
    }

    @Test func foreignTextIsVisible() {
        #expect(VisibleText.of("a\nb\u{1B}c\u{9B}d") == "a\\nb\\u{1b}c\\u{9b}d")
        #expect(VisibleText.of(String(repeating: "x", count: 9), most: 4) == "xxxx…")
        #expect(VisibleText.markdown("a|b`c\\<@me") == "a\\|b\\`c\\\\&lt;&#64;me")
    }
}
