import Yams

/// A line and a column in a text, both from 1; columns count Unicode scalars.
struct TextMark: Equatable {
    var line = 1
    var column = 1

    /// The start of the text.
    init() {}

    /// Yams' mark; the start of the text where it has none.
    init(_ mark: Mark?) { (line, column) = (mark?.line ?? 1, mark?.column ?? 1) }

    /// The place that follows a part of a text.
    init(after text: some BidirectionalCollection<Unicode.Scalar>) {
        line = text.count { $0 == "\n" } + 1
        column = text.reversed().prefix { $0 != "\n" }.count + 1
    }
}
