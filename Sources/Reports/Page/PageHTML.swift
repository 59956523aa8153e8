import Core
import Foundation

/// A report as one HTML page: no network, no scripts, below a fixed size.
package struct PageHTML {
    private let page: ReportPage
    /// The size that no page reaches, in bytes.
    package static let limit = 1 << 20

    /// A presentation.
    package init(_ page: ReportPage) { self.page = page }

    /// A page cannot be made small enough.
    package struct TooLarge: Error, CustomStringConvertible {
        /// The size that it comes to at least.
        package let bytes: Int
        /// The message.
        package var description: String {
            "the page comes to \(bytes) bytes with everything thinned out: expected fewer than \(PageHTML.limit); "
                + "--json gives the numbers without a page"
        }
    }

    /// The page with as much detail as fits. - Throws: `TooLarge`.
    package func text() throws -> String {
        var detail = PageDetail()
        while true {
            let text = text(detail)
            if text.utf8.count < Self.limit { return text }
            guard let less = detail.reduced else { throw TooLarge(bytes: text.utf8.count) }
            detail = less
        }
    }

    /// The page with exactly that detail.
    func text(_ detail: PageDetail) -> String {
        let title = VisibleText.html("\(page.title): \(page.verdict.word)", most: 300)
        return """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
            <title>\(title)</title>
            <style>\(PageStyle.css)</style>
            </head>
            <body>
            <a class="skip" href="#main">To the content</a>
            <header>
            <p class="subject">smpo · \(VisibleText.html(page.subject, most: 200))</p>
            <h1>\(VisibleText.html(page.title, most: 300))</h1>
            <p class="verdict \(page.verdict.tone.rawValue)"><span class="sign" aria-hidden="true">\(page.verdict.sign)</span> \
            <strong>\(VisibleText.html(page.verdict.word, most: 100))</strong></p>
            <p class="lead">\(VisibleText.html(page.verdict.sentence))</p>
            <nav aria-label="Sections"><ul>\(links)</ul></nav>
            </header>
            <main id="main">
            \(unchecked)
            \(page.parts.map { html($0, detail) }.joined(separator: "\n"))
            </main>
            <footer><p>Made by <code>smpo report</code>. The same evidence gives the same page, byte for byte. All numbers
            are in the JSON file that is written beside it.</p></footer>
            </body>
            </html>

            """
    }

    private var links: String {
        let all =
            [("not-checked", "Not checked")]
            + page.parts.map { part in
                switch part {
                case .section(let section): (section.key, section.title)
                case .missing(let key, let title, _): (key, title)
                }
            }
        return all.map { "<li><a href=\"#\($0.0)\">\(VisibleText.html($0.1, most: 120))</a></li>" }.joined()
    }

    private var unchecked: String {
        let list = page.unchecked.map {
            "<li><b>\(VisibleText.html($0.what, most: 300))</b>: \(VisibleText.html($0.why, most: 600))</li>"
        }
        return "<section id=\"not-checked\" aria-labelledby=\"not-checked-h\" class=\"unchecked\">"
            + "<h2 id=\"not-checked-h\">Not checked</h2>"
            + (list.isEmpty ? "<p>Nothing is known to be left out.</p>" : "<ul>\(list.joined())</ul>") + "</section>"
    }

    private func html(_ part: ReportPage.Part, _ detail: PageDetail) -> String {
        switch part {
        case .missing(let key, let title, let why):
            return frame(key, title, "<p class=\"missing\"><b>Not here:</b> \(VisibleText.html(why))</p>", "missing")
        case .section(let section):
            let sentences = section.sentences.map { "<p>\(VisibleText.html($0, most: 1200))</p>" }.joined()
            // A card is a list already.
            let table =
                section is ProvenanceCard ? "" : section.table(detail).map { self.table($0, section) } ?? ""
            return frame(
                section.key, section.title, "<div class=\"says\">\(sentences)</div>\(section.drawing(detail))\(table)",
                section.key)
        }
    }

    private func frame(_ key: String, _ title: String, _ body: String, _ kind: String) -> String {
        "<section id=\"\(key)\" class=\"\(kind)\" aria-labelledby=\"\(key)-h\"><h2 id=\"\(key)-h\">\(VisibleText.html(title, most: 200))</h2>\(body)</section>"
    }

    private func table(_ table: PageTable, _ section: any PageSection) -> String {
        let title = section.title
        func tag(_ column: Int) -> String { table.numbers.contains(column) ? " class=\"n\"" : "" }
        let head = table.head.enumerated().map {
            "<th scope=\"col\"\(tag($0.offset))>\(VisibleText.html($0.element, most: 120))</th>"
        }
        let rows = table.rows.map { row in
            "<tr>"
                + row.enumerated().map { "<td\(tag($0.offset))>\(VisibleText.html($0.element, most: 200))</td>" }
                .joined()
                + "</tr>"
        }
        let rest =
            table.leftOut > 0
            ? "<p class=\"note\">\(Figures.grouped(table.leftOut)) more rows are in the JSON file.</p>" : ""
        return
            "<details\(section.isTableOpen ? " open" : "")><summary>The numbers: \(VisibleText.html(title, most: 120).lowercasedFirst)</summary>"
            + "<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"\(VisibleText.html(title, most: 120)), numbers\">"
            + "<table><thead><tr>\(head.joined())</tr></thead><tbody>\(rows.joined(separator: "\n"))</tbody></table></div>\(rest)</details>"
    }
}

extension String {
    fileprivate var lowercasedFirst: String { prefix(1).lowercased() + dropFirst() }
}
