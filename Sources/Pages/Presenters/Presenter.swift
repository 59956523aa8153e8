/// A form in which findings are shown: it walks the tree and says what it has of each part.
package protocol Presenter {
    /// The finding in this form.
    func present(_ finding: Finding) throws -> String
}
