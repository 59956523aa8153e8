import Core

/// A token that is found verbatim in a caption, with what transformers' `AddedToken` says of how it is found.
struct AddedToken: Equatable {
    /// The text.
    var content: String
    /// Whether it counts only where no letter, digit or underscore touches it.
    var isSingleWord = false
    /// Whether white space before it belongs to it.
    var stripsLeft = false
    /// Whether white space behind it belongs to it.
    var stripsRight = false
    /// Whether it is looked for in the normalised text, and so in any case.
    var isNormalized: Bool
    /// Whether it is one of the special tokens.
    var isSpecial: Bool

    /// A special token that is written as a text alone.
    init(special content: String) {
        (self.content, isNormalized, isSpecial) = (content, false, true)
    }

    /// A token of `added_tokens.json`, which says nothing but the text.
    init(_ content: String, isSpecial: Bool) {
        (self.content, self.isSpecial, isNormalized) = (content, isSpecial, !isSpecial)
    }

    private static let keys = ["__type", "content", "id", "lstrip", "normalized", "rstrip", "single_word", "special"]

    /// Reads the object form; missing keys take `AddedToken`'s defaults.
    /// - Parameter isSpecial: whether it is special whatever the object says.
    /// - Throws: `JSONShapeError`, also for a key that is not known.
    init(_ cursor: JSONCursor, isSpecial: Bool = false) throws {
        try cursor.requireOnly(Self.keys)
        content = try cursor["content"].string()
        isSingleWord = try cursor["single_word"].present?.bool() ?? false
        stripsLeft = try cursor["lstrip"].present?.bool() ?? false
        stripsRight = try cursor["rstrip"].present?.bool() ?? false
        let special = try cursor["special"].present?.bool() ?? false
        self.isSpecial = isSpecial || special
        isNormalized = try cursor["normalized"].present?.bool() ?? !self.isSpecial
    }

    /// Equal in every property, the content byte by byte.
    static func == (a: AddedToken, b: AddedToken) -> Bool {
        utf8Equal(a.content, b.content) && a.isSingleWord == b.isSingleWord && a.stripsLeft == b.stripsLeft
            && a.stripsRight == b.stripsRight && a.isNormalized == b.isNormalized && a.isSpecial == b.isSpecial
    }
}

/// A special token as a file names it: a text alone, or with how it is found.
enum NamedToken: Equatable {
    case text(String)
    case token(AddedToken)

    /// The text of either form.
    var content: String {
        switch self {
        case .text(let text): text
        case .token(let token): token.content
        }
    }

    /// The token that it stands for. A text alone is special and found verbatim.
    var token: AddedToken {
        switch self {
        case .text(let text): AddedToken(special: text)
        case .token(let token): token
        }
    }

    /// Reads either form. - Throws: `JSONShapeError`.
    init(_ cursor: JSONCursor, isSpecial: Bool = false) throws {
        if case .object? = cursor.value {
            self = .token(try AddedToken(cursor, isSpecial: isSpecial))
        } else {
            self = .text(try cursor.string())
        }
    }

    /// Equal forms, byte by byte; a text equals no token.
    static func == (a: NamedToken, b: NamedToken) -> Bool {
        switch (a, b) {
        case (.text(let a), .text(let b)): utf8Equal(a, b)
        case (.token(let a), .token(let b)): a == b
        default: false
        }
    }
}
