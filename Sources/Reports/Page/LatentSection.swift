import Core

/// The noisy pictures that the networks saw: timesteps, whether their digests came out again, and some of them to look at.
package struct LatentSection: PageSection {
    /// An item of a step: a pair, or a single picture.
    package struct Match: Sendable, Equatable {
        /// The step, and the item's place in it from 0.
        package let step: Int, item: Int
        /// The item's name in the data.
        package let id: String
        /// t; nil where nothing is noised.
        package let timestep: Int?
        /// Whether the digests of winner and loser are equal; nil where they were not compared. A single picture is the
        /// first.
        package let winner: Bool?, loser: Bool?

        /// An item.
        package init(step: Int, item: Int, id: String, timestep: Int?, winner: Bool?, loser: Bool?) {
            (self.step, self.item, self.id) = (step, item, id)
            (self.timestep, self.winner, self.loser) = (timestep, winner, loser)
        }

        /// Whether all that was compared of it is equal; nil where nothing was.
        package var isEqual: Bool? {
            let known = [winner, loser].compactMap(\.self)
            return known.isEmpty ? nil : known.allSatisfy(\.self)
        }
    }

    /// An item with pictures.
    package struct Exhibit: Sendable, Equatable {
        /// Which item.
        package let match: Match
        /// The caption of its pictures.
        package let caption: String
        /// Winner, loser, and what the inversion made of them.
        package let pictures: [PagePicture]

        /// An item to look at.
        package init(match: Match, caption: String, pictures: [PagePicture]) {
            (self.match, self.caption, self.pictures) = (match, caption, pictures)
        }
    }

    /// The items whose digests are known.
    package let matches: [Match]
    /// Some of them.
    package let exhibits: [Exhibit]
    /// What has to be known of the pictures.
    package let notes: [String]
    /// Whether the noisy pictures come from inverting the data, not from adding noise.
    package let isInverted: Bool

    /// The anchor.
    package let key = "latents"
    /// The heading.
    package var title: String { isInverted ? "Inverted latents" : "Noisy latents" }

    /// Items, some with pictures.
    package init(_ matches: [Match], exhibits: [Exhibit], notes: [String], isInverted: Bool = true) {
        (self.matches, self.exhibits, self.notes, self.isInverted) = (matches, exhibits, notes, isInverted)
    }

    /// What it says.
    package var sentences: [String] {
        let compared = matches.filter { $0.isEqual != nil }
        let steps = Set(matches.map(\.step)).count
        var lines = ["\(Figures.grouped(matches.count)) items of \(Figures.grouped(steps)) steps are looked at."]
        if let low = matches.compactMap(\.timestep).min(), let high = matches.compactMap(\.timestep).max() {
            lines.append("Their timesteps lie between \(low) and \(high).")
        }
        if compared.isEmpty {
            lines.append("None was held against a replay by itself.")
        } else {
            let equal = compared.count { $0.isEqual == true }
            lines.append(
                "Of \(Figures.grouped(compared.count)) that were held against the other side, "
                    + "\(Figures.grouped(equal)) have equal digests.")
            if let first = compared.first(where: { $0.isEqual == false }) {
                lines.append("The first that differs is item \(first.item) (\(first.id)) of step \(first.step).")
            }
        }
        return lines + notes
    }

    private static func word(_ isEqual: Bool?) -> String {
        isEqual.map { $0 ? "✓ equal" : "✗ differs" } ?? "– not compared"
    }

    /// The items; those that differ come first.
    package func table(_ detail: PageDetail) -> PageTable? {
        let ordered = matches.filter { $0.isEqual == false } + matches.filter { $0.isEqual != false }
        let isSingle = matches.allSatisfy { $0.loser == nil }
        let rows = ordered.map { match in
            [
                "\(match.step)", "\(match.item)", match.id, match.timestep.map { "\($0)" } ?? "–",
                Self.word(match.winner),
            ]
                + (isSingle ? [] : [Self.word(match.loser)])
        }
        let head = ["step", "item", "name", "t"] + (isSingle ? ["latent"] : ["winner", "loser"])
        return rows.isEmpty ? nil : PageTable(head, rows, numbers: [0, 1, 3], most: detail.tableRows)
    }

    /// The chart and the pictures.
    package func drawing(_ detail: PageDetail) -> String {
        var html = ""
        if matches.contains(where: { $0.timestep != nil }) {
            html +=
                MatchChart(
                    id: key, title: "\(title): timesteps", description: sentences.joined(separator: " "),
                    matches: matches,
                    detail: detail
                ).html
        }
        var (left, shown) = (detail.pictures, [String]())
        for exhibit in exhibits where exhibit.pictures.count <= left {
            left -= exhibit.pictures.count
            let match = exhibit.match
            let time = match.timestep.map { ", t = \($0)" } ?? ""
            shown.append(
                "<div class=\"exhibit\"><p><b>Step \(match.step), item \(match.item)\(time)</b><br>"
                    + "\(VisibleText.html(exhibit.caption, most: 300))</p><div class=\"pictures\">"
                    + exhibit.pictures.map(\.html).joined() + "</div></div>")
        }
        if !shown.isEmpty { html += "<div class=\"exhibits\">\(shown.joined(separator: "\n"))</div>" }
        if shown.count < exhibits.count {
            html += "<p class=\"note\">\(exhibits.count - shown.count) more are left out, to keep the page small.</p>"
        }
        return html
    }

    /// For programs.
    package var json: JSONValue {
        func flag(_ value: Bool?) -> JSONValue { value.map { .bool($0) } ?? .null }
        return [
            "inverted": .bool(isInverted), "columns": ["step", "item", "id", "t", "winner_equal", "loser_equal"],
            "rows": .array(
                matches.map {
                    [
                        .integer($0.step), .integer($0.item), .string($0.id),
                        $0.timestep.map { .integer($0) } ?? .null, flag($0.winner), flag($0.loser),
                    ]
                }),
            "exhibits": .array(
                exhibits.map {
                    [
                        "step": .integer($0.match.step), "item": .integer($0.match.item),
                        "caption": .string($0.caption),
                        "pictures": .array($0.pictures.map(\.json)),
                    ]
                }),
        ]
    }
}
