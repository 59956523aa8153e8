import Core

/// That no first difference is known, in its place on the page.
package struct NoDifference: PageSection {
    /// What there is to say.
    package let sentence: String

    /// The anchor.
    package let key = "first-difference"
    /// The heading.
    package let title = "First difference"

    /// A sentence in place of a difference.
    package init(_ sentence: String) { self.sentence = sentence }

    /// What it says.
    package var sentences: [String] { [sentence] }
    /// For programs.
    package var json: JSONValue { .null }
}
