import Core

/// What an entry is about, where there is one for each of several: its name begins with the subject's.
package protocol RecordSubject: Sendable {
    /// Its name in records.
    var text: String { get }
    /// Reads a name; nil for one of something else.
    init?(text: String)
    /// The name's pattern, as the format page has it.
    static var pattern: String { get }
}

/// A pair or picture of a batch.
package struct ItemName: RecordSubject, Hashable {
    /// Its place in the batch, from 0.
    package let index: Int

    /// The item at a place.
    package init(_ index: Int) { self.index = index }

    /// `0007`: padded, so that byte order is data order.
    package var text: String { PaddedNumber.text(index, digits: 4) }

    package init?(text: String) {
        guard let index = Int(text), ItemName(index).text == text else { return nil }
        self.index = index
    }

    package static let pattern = "NNNN"
}

/// A picture of a batch: the winner or the loser of a pair, or a single one.
package struct SampleName: RecordSubject, Hashable {
    /// Which picture of a pair.
    package enum Side: String, CaseIterable, Sendable {
        /// The preferred one.
        case winner
        /// The other one.
        case loser
    }

    /// The item that has it.
    package let item: ItemName
    /// Which of a pair it is; nil for a single picture.
    package let side: Side?

    /// A picture of an item.
    package init(_ item: ItemName, _ side: Side?) { (self.item, self.side) = (item, side) }

    /// `0007.winner`, `0007.loser`, or `0007` for a single picture.
    package var text: String { item.text + (side.map { "." + $0.rawValue } ?? "") }

    package init?(text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count <= 2, let item = ItemName(text: String(parts[0])) else { return nil }
        let side = parts.count == 2 ? Side(rawValue: String(parts[1])) : nil
        guard parts.count == 1 || side != nil else { return nil }
        self.init(item, side)
    }

    package static let pattern = "SAMPLE"
}

/// A trained parameter, or a tensor that is named as one.
package struct ParameterName: RecordSubject, Hashable {
    /// The name: the component's, a slash, and the name in the component's weights.
    package let text: String

    package init(text: String) { self.text = text }

    package static let pattern = "PARAMETER"
}

/// A lane of a step.
package struct LaneName: RecordSubject, Hashable {
    /// Its number, from 1.
    package let number: Int

    /// The lane `number`.
    package init(_ number: Int) { self.number = number }

    /// `lane 3`.
    package var text: String { "lane \(number)" }

    package init?(text: String) {
        guard text.hasPrefix("lane "), let number = Int(text.dropFirst("lane ".count)), number > 0,
            LaneName(number).text == text
        else { return nil }
        self.number = number
    }

    package static let pattern = "lane N"
}
