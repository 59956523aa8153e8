import Digests

/// That no first difference is known, in its place on the page.
public struct NoDifference: PageSection {
    /// What there is to say.
    public let sentence: String

    /// The anchor.
    public let key = "first-difference"
    /// The heading.
    public let title = "First difference"

    /// A sentence in place of a difference.
    public init(_ sentence: String) { self.sentence = sentence }

    /// What it says.
    public var sentences: [String] { [sentence] }
    /// For programs.
    public var json: JSONValue { .null }
}
