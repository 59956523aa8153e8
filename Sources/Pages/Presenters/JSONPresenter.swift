import Core

/// A finding for programs: all its numbers, on one line. It reads back as the same value.
package struct JSONPresenter: Presenter {
    /// The form.
    package init() {}

    /// The document, in canonical form.
    package func present(_ finding: Finding) -> String { finding.json.canonical }
}
