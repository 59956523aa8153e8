import Core
import Pages

/// The noisy pictures that the networks saw: timesteps, whether their digests came out again, and some of them to look at.
package struct LatentFigures: Sendable {
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

    /// An item with pictures: winner, loser, and what the inversion made of them.
    package struct Exhibit: Sendable, Equatable {
        /// Which item.
        package let match: Match
        /// The caption of its pictures, and the pictures.
        package let caption: String, pictures: [Picture]

        /// An item to look at.
        package init(match: Match, caption: String, pictures: [Picture]) {
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

    /// Its anchor, and its heading where it is not known which of both.
    package static let (key, title) = ("latents", "Inverted latents")

    /// Items, some with pictures.
    package init(_ matches: [Match], exhibits: [Exhibit], notes: [String], isInverted: Bool = true) {
        (self.matches, self.exhibits, self.notes, self.isInverted) = (matches, exhibits, notes, isInverted)
    }

    private var says: [String] {
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

    /// The chart, the pictures, and the items: those that differ come first.
    package var finding: Finding {
        let title = isInverted ? Self.title : "Noisy latents"
        var finding = Finding(Self.key, title, says: says, data: data)
        let marks = matches.compactMap { match in
            match.timestep.map { MarkChart.Mark(step: match.step, height: $0, isEqual: match.isEqual) }
        }
        if !marks.isEmpty {
            finding.contents.append(.marks(MarkChart("\(title): timesteps", unit: "timestep t", marks)))
        }
        if !exhibits.isEmpty {
            let items = exhibits.map { exhibit in
                let time = exhibit.match.timestep.map { ", t = \($0)" } ?? ""
                return Gallery.Item(
                    heading: "Step \(exhibit.match.step), item \(exhibit.match.item)\(time)", caption: exhibit.caption,
                    pictures: exhibit.pictures)
            }
            finding.contents.append(.gallery(Gallery(items)))
        }
        guard !matches.isEmpty else { return finding }
        let ordered = matches.filter { $0.isEqual == false } + matches.filter { $0.isEqual != false }
        let isSingle = matches.allSatisfy { $0.loser == nil }
        let rows = ordered.map { match in
            [
                "\(match.step)", "\(match.item)", match.id, match.timestep.map { "\($0)" } ?? "–",
                Self.word(match.winner),
            ] + (isSingle ? [] : [Self.word(match.loser)])
        }
        let head = ["step", "item", "name", "t"] + (isSingle ? ["latent"] : ["winner", "loser"])
        finding.contents.append(.table(Table(head, rows, numbers: [0, 1, 3])))
        return finding
    }

    private var data: JSONValue {
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
                        "caption": .string($0.caption), "pictures": .array($0.pictures.map { .object($0.summary) }),
                    ]
                }),
        ]
    }
}
