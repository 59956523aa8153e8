import Core
import Foundation
import Testing

@testable import Reports

/// The forms of a page: HTML, Markdown, text, JSON.
@Suite struct PageFormTests {
    private func page(_ text: String = "run-1") throws -> ReportPage {
        try PageMaterial.page(text, drift: PageMaterial.drift(steps: 12, layers: 5, first: 4))
    }

    private static func count(_ piece: String, in text: String) -> Int { text.components(separatedBy: piece).count - 1 }

    /// All elements that are opened, in order, of a page that has no markup in its texts.
    private static func elements(_ html: String) -> [String] {
        html.matches(of: /<([a-zA-Z][a-zA-Z0-9]*)[ >]/).map { String($0.output.1) }
    }

    @Test func htmlHasTheStructureOfADocument() throws {
        let html = try PageHTML(page()).text()
        #expect(html.hasPrefix("<!DOCTYPE html>\n<html lang=\"en\">"))
        #expect(Self.count("<h1>", in: html) == 1)
        let levels = html.matches(of: /<h([1-6])/).compactMap { Int($0.output.1) }
        #expect(levels.first == 1 && zip(levels, levels.dropFirst()).allSatisfy { $1 <= $0 + 1 }, "\(levels)")
        let ids = html.matches(of: /[ ]id="([^"]*)"/).map { String($0.output.1) }
        #expect(Set(ids).count == ids.count)
        // Every link and every label leads to one of them.
        for link in html.matches(of: /(?:href="#|labelledby=")([^"]*)"/) {
            for name in link.output.1.split(separator: " ") { #expect(ids.contains(String(name)), "\(name)") }
        }
        for tag in ["section", "figure", "svg", "table", "div", "details", "dl", "ul", "p", "main", "header"] {
            let opened = Self.elements(html).count { $0 == tag }
            #expect(opened == Self.count("</\(tag)>", in: html), "\(tag)")
        }
        #expect(
            !html.contains("<script") && !html.contains("http:") && !html.contains("https:") && !html.contains("url("))
        #expect(html.contains("prefers-color-scheme:dark") && html.contains("@media print"))
        for image in html.matches(of: /<img [^>]*>/) { #expect(image.output.contains(" alt=\"")) }
        let drawings = Self.count("role=\"img\"", in: html)
        #expect(
            drawings >= 8 && Self.count("<desc ", in: html) == drawings
                && Self.count("<title id=", in: html) == drawings)
    }

    /// The same elements in the same order, whatever the texts: no text becomes markup.
    @Test func hostileTextsStayTexts() throws {
        let (plain, hostile) = (try PageHTML(page("x")).text(), try PageHTML(page(PageMaterial.hostile)).text())
        #expect(Self.elements(plain) == Self.elements(hostile))
        #expect(!hostile.contains("<script") && !hostile.contains("\u{1B}") && !hostile.contains("\u{202E}"))
        #expect(!hostile.unicodeScalars.contains { $0.value < 32 && $0 != "\n" })
        #expect(hostile.contains("&lt;script&gt;alert(1)&lt;/script&gt;"))

        let (page, other) = (try page(PageMaterial.hostile), try page("x"))
        let (markdown, twin) = (PageMarkdown(page).text, PageMarkdown(other).text)
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

        let text = PageText(page).text
        #expect(!text.unicodeScalars.contains { ($0.value < 32 && $0 != "\n") || (0x7F...0x9F).contains($0.value) })
        #expect(text.split(separator: "\n").allSatisfy { !$0.hasPrefix("#") })
    }

    @Test func equalPagesHaveEqualBytes() throws {
        let (one, two) = (try page(), try page())
        #expect(try PageHTML(one).text() == PageHTML(two).text())
        #expect(PageMarkdown(one).text == PageMarkdown(two).text && PageText(one).text == PageText(two).text)
        #expect(one.json.canonical == two.json.canonical)
    }

    /// 2,000 steps of 700 layers: thinned out, below the limit, and said so.
    @Test func largeRunsStaySmallPages() throws {
        let drift = PageMaterial.drift(steps: 2000, layers: 700, first: 700)
        let page = try PageMaterial.page("large", drift: drift)
        let html = try PageHTML(page).text()
        #expect(html.utf8.count < PageHTML.limit && html.utf8.count > 50_000)
        #expect(html.contains("thinned out") && html.contains("A column stands for several steps"))
        #expect(html.contains("the 653 others, most"))
        #expect(html.contains("more rows are in the JSON file"))
    }

    /// What cannot be made small enough is refused, not cut somewhere.
    @Test func pagesBeyondTheLimitAreRefused() throws {
        var page = try page()
        page.unchecked = (0..<3000).map { .init("thing \($0)", String(repeating: "why ", count: 200)) }
        #expect(throws: PageHTML.TooLarge.self) { try PageHTML(page).text() }
    }

    @Test func textHasCurvesAndTheVerdict() throws {
        let text = PageText(try page(), usesColour: true).text
        #expect(text.hasPrefix("run-1: \u{1B}[1;31m✗ diverged\u{1B}[0m  (test)\n"))
        #expect(!PageText(try page()).text.contains("\u{1B}"))
        #expect(text.contains("loss, recorded") && text.contains("█") && text.contains("▁"))
        for words in ["step 4", "Kind of change: step 4", "Not here: run-1", "0f0f"] {
            #expect(text.contains(words), "\(words)")
        }
    }

    @Test func jsonHasTheNumbers() throws {
        let json = JSONCursor(try JSONValue.parse(try page().json.canonicalBytes, file: "x"), name: "x")
        #expect(try json["verdict"]["word"].string() == "diverged")
        let sections = try json["sections"]
        #expect(try sections["loss"]["data"]["rows"].elements().count == 12)
        #expect(try sections["first-difference"]["data"]["element"]["ulp"].int() == 8_388_608)
        #expect(try json["missing"][0]["key"].string() == "nothing")
    }

    @Test func foreignTextIsVisible() {
        #expect(VisibleText.of("a\nb\u{1B}c\u{9B}d") == "a\\nb\\u{1b}c\\u{9b}d")
        #expect(VisibleText.of(String(repeating: "x", count: 9), most: 4) == "xxxx…")
        #expect(VisibleText.markdown("a|b`c\\<@me") == "a\\|b\\`c\\\\&lt;&#64;me")
    }
}
