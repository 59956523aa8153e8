import Core

/// A finding as one HTML page: no network, no scripts, below a fixed size.
package struct HTMLPresenter: Presenter {
    /// The size that no page reaches, in bytes.
    package static let limit = 1 << 20

    /// The form.
    package init() {}

    /// A page cannot be made small enough.
    package struct TooLarge: Error, CustomStringConvertible {
        /// The size that it comes to at least.
        package let bytes: Int
        /// The message.
        package var description: String {
            "the page comes to \(bytes) bytes with everything thinned out: expected fewer than \(HTMLPresenter.limit); "
                + "--json gives the numbers without a page"
        }
    }

    /// The page with as much detail as fits. - Throws: `TooLarge`.
    package func present(_ finding: Finding) throws -> String {
        var detail = Detail()
        while true {
            let text = page(finding, detail)
            if text.utf8.count < Self.limit { return text }
            guard let less = detail.reduced else { throw TooLarge(bytes: text.utf8.count) }
            detail = less
        }
    }

    private func page(_ finding: Finding, _ detail: Detail) -> String {
        let word = finding.conclusion.map { ": \($0.word)" } ?? ""
        return """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8"/>
            <meta name="viewport" content="width=device-width, initial-scale=1"/>
            <meta name="color-scheme" content="light dark"/>
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'"/>
            <title>\(VisibleText.html(finding.title + word, most: 300))</title>
            <style>\(HTMLStyle.css)</style>
            </head>
            <body>
            <a class="skip" href="#main">To the content</a>
            <header>
            <p class="subject">smpo · \(VisibleText.html(finding.subject, most: 200))</p>
            <h1>\(VisibleText.html(finding.title, most: 300))</h1>
            \(finding.conclusion.map(verdict) ?? "")
            <nav aria-label="Sections"><ul>\(links(finding))</ul></nav>
            </header>
            <main id="main">
            \(unchecked(finding))
            \(body(finding, "root", detail))\(finding.children.map { section($0, detail) }.joined(separator: "\n"))
            </main>
            <footer><p>Made by <code>smpo</code>. The same evidence gives the same page, byte for byte. All numbers are in
            its JSON form.</p></footer>
            </body>
            </html>

            """
    }

    private func verdict(_ conclusion: Finding.Conclusion) -> String {
        "<p class=\"verdict \(conclusion.status.tone.rawValue)\"><span class=\"sign\" aria-hidden=\"true\">"
            + "\(conclusion.status.sign)</span> <strong>\(VisibleText.html(conclusion.word, most: 100))</strong></p>\n"
            + "<p class=\"lead\">\(VisibleText.html(conclusion.sentence))</p>"
    }

    private func links(_ finding: Finding) -> String {
        let all = [("not-checked", "Not checked")] + finding.children.map { ($0.key, $0.title) }
        return all.map { "<li><a href=\"#\($0.0)\">\(VisibleText.html($0.1, most: 120))</a></li>" }.joined()
    }

    private func unchecked(_ finding: Finding) -> String {
        let list = finding.unchecked.map {
            "<li><b>\(VisibleText.html($0.what, most: 300))</b>: \(VisibleText.html($0.why, most: 600))</li>"
        }
        return "<section id=\"not-checked\" aria-labelledby=\"not-checked-h\" class=\"unchecked\">"
            + "<h2 id=\"not-checked-h\">Not checked</h2>"
            + (list.isEmpty ? "<p>Nothing is known to be left out.</p>" : "<ul>\(list.joined())</ul>") + "</section>"
    }

    private func section(_ finding: Finding, _ detail: Detail) -> String {
        let (key, title) = (finding.key, VisibleText.html(finding.title, most: 200))
        let inner =
            finding.absence.map { "<p class=\"missing\"><b>Not here:</b> \(VisibleText.html($0))</p>" }
            ?? (finding.conclusion.map(verdict) ?? "") + body(finding, key, detail)
        return
            "<section id=\"\(key)\" class=\"\(finding.absence == nil ? key : "missing")\" aria-labelledby=\"\(key)-h\">"
            + "<h2 id=\"\(key)-h\">\(title)</h2>\(inner)</section>"
    }

    /// What a finding says and shows.
    private func body(_ finding: Finding, _ id: String, _ detail: Detail) -> String {
        let sentences = finding.says.map { "<p>\(VisibleText.html($0, most: 1200))</p>" }.joined()
        let says = finding.says.joined(separator: " ")
        let shown = finding.contents.enumerated().map { place, content in
            html(content, "\(id)-\(place + 1)", finding.title, says, detail)
        }
        return (sentences.isEmpty ? "" : "<div class=\"says\">\(sentences)</div>") + shown.joined()
    }

    private func html(_ content: Content, _ id: String, _ title: String, _ says: String, _ detail: Detail) -> String {
        switch content {
        case .facts(let facts): return self.facts(facts)
        case .table(let table): return self.table(table, title, detail)
        case .shaded(let table): return table.html(detail)
        case .chart(let chart):
            let heading = chart.heading.isEmpty ? "" : "<h3>\(VisibleText.html(chart.heading))</h3>"
            return heading + chart.html(id, says, detail)
        case .heat(let map): return HeatMapDrawing(map, detail).html(id, says)
        case .marks(let chart): return chart.html(id, says, detail)
        case .histograms(let all):
            let drawn = all.enumerated().map { $1.html("\(id)-\($0 + 1)") }
            return "<div class=\"figures\">\(drawn.joined(separator: "\n"))</div>"
        case .distances(let all):
            let rest = all.count - detail.rows / 2
            return "<h3>Distances in units of the last place</h3><p class=\"note\">Elements by powers of two of their "
                + "distance; heights are logarithmic.\(rest > 0 ? " \(rest) more are not drawn." : "")</p>"
                + "<div class=\"figures\">\(all.prefix(detail.rows / 2).map(\.html).joined(separator: "\n"))</div>"
        case .line(let line): return line.html(id, says)
        case .gallery(let gallery): return gallery.html(detail)
        }
    }

    /// A click or tap into a value selects all of it.
    private func facts(_ facts: [Fact]) -> String {
        var (html, group) = ("", String?.none)
        for fact in facts {
            if fact.group != group {
                let heading = fact.group.isEmpty ? "" : "<h3>\(VisibleText.html(fact.group))</h3>"
                html += (group == nil ? "" : "</dl>") + heading + "<dl class=\"card\">"
                group = fact.group
            }
            html +=
                "<div><dt>\(VisibleText.html(fact.name, most: 200))</dt>"
                + "<dd><code>\(VisibleText.html(fact.value, most: 400))</code></dd></div>"
        }
        return html + (group == nil ? "" : "</dl>")
    }

    private func table(_ table: Table, _ title: String, _ detail: Detail) -> String {
        func tag(_ column: Int) -> String { table.numbers.contains(column) ? " class=\"n\"" : "" }
        let heading =
            table.title.isEmpty ? "The numbers: \(title.prefix(1).lowercased() + title.dropFirst())" : table.title
        let label = VisibleText.html(heading, most: 140)
        let head = table.head.enumerated().map {
            "<th scope=\"col\"\(tag($0.offset))>\(VisibleText.html($0.element, most: 120))</th>"
        }
        let shown = table.shown(detail)
        let rows = shown.map { row in
            let cells = row.enumerated().map {
                "<td\(tag($0.offset))>\(VisibleText.html($0.element, most: table.room == .many ? 2000 : 200))</td>"
            }
            return "<tr>\(cells.joined())</tr>"
        }
        let rest = table.total - shown.count
        let note = rest > 0 ? "<p class=\"note\">\(Figures.grouped(rest)) more rows are in the JSON form.</p>" : ""
        return "<details\(table.isOpen ? " open=\"\"" : "")><summary>\(label)</summary>"
            + "<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"\(label)\">"
            + "<table><thead><tr>\(head.joined())</tr></thead><tbody>\(rows.joined(separator: "\n"))</tbody></table></div>"
            + "\(note)</details>"
    }
}
