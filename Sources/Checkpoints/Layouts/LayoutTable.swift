/// A line of a layout: what a name begins with in it, and in the common form.
struct LayoutRow: Sendable {
    /// The beginning of the stored name, up to a dot, or all of it.
    let own: String
    /// What stands there in the common form.
    let common: String
    /// How the tensor lies in the stored one.
    let transform: LayoutTransform
    /// Whether it stands for whole names only.
    let isWhole: Bool

    /// A line for all names that begin so.
    init(_ own: String, _ common: String) {
        (self.own, self.common, transform, isWhole) = (own, common, .same, false)
    }

    /// A line for one name.
    init(_ own: String, _ common: String, _ transform: LayoutTransform) {
        (self.own, self.common, self.transform, isWhole) = (own, common, transform, true)
    }
}

/// Names of one component in a layout and in the common form, in both directions. Of several lines the one with the longest
/// beginning holds.
struct LayoutTable: Sendable {
    private var byOwn: [String: [LayoutRow]] = [:]
    private var byCommon: [String: LayoutRow] = [:]

    /// A table. Of two lines with one common name the first holds for writing.
    init(_ rows: [LayoutRow]) {
        for row in rows {
            byOwn[row.own, default: []].append(row)
            if byCommon[row.common] == nil { byCommon[row.common] = row }
        }
    }

    /// What a stored tensor is in the common form: nothing, one tensor, or the parts of a joined one.
    func common(_ own: String) -> [(name: String, transform: LayoutTransform)] {
        for (head, rest) in Self.beginnings(own) {
            guard let rows = byOwn[head]?.filter({ !$0.isWhole || rest.isEmpty }), !rows.isEmpty else { continue }
            return rows.map { ($0.common + rest, $0.transform) }
        }
        return []
    }

    /// Where a tensor of the common form is stored; nil where the layout has no place for it.
    func own(_ common: String) -> (name: String, transform: LayoutTransform)? {
        for (head, rest) in Self.beginnings(common) {
            guard let row = byCommon[head], !row.isWhole || rest.isEmpty else { continue }
            return (row.own + rest, row.transform)
        }
        return nil
    }

    /// The name, and what it begins with up to each dot, longest first, with what follows.
    private static func beginnings(_ name: String) -> [(String, Substring)] {
        var result = [(name, name[name.endIndex...])]
        for place in name.utf8.indices.reversed() where name.utf8[place] == UInt8(ascii: ".") {
            result.append((String(name[..<place]), name[place...]))
        }
        return result
    }
}
