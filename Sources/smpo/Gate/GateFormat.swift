import ArgumentParser
import Audit
import Pages

/// A form of the gate's report, and where it goes: `FORMAT` or `FORMAT=FILE`.
struct GateFormat: ExpressibleByArgument {
    /// The forms.
    enum Form: String, CaseIterable {
        case text, json, junit, sarif, github, markdown

        /// Whether it is a document of its own: nothing else may stand beside it.
        var isDocument: Bool { self == .json || self == .junit || self == .sarif }

        /// The report in this form, with a line feed at the end.
        func text(of report: GateReport) throws -> String {
            try presenter(of: report).map { try $0.present(report.finding) } ?? report.json.pretty
        }

        /// Nil for the report's own JSON.
        private func presenter(of report: GateReport) -> (any Presenter)? {
            switch self {
            case .text: CaseTextPresenter()
            case .json: nil
            case .junit: JUnitPresenter(classes: "golden")
            case .sarif: SARIFPresenter(version: report.version, fingerprint: "smpoGate/v1", rules: GateOutcome.rules)
            case .github:
                AnnotationsPresenter(mentioning: GateCase.unwatchedPart, facts: GateCase.shortFacts)
            case .markdown: CaseMarkdownPresenter(noun: "golden run")
            }
        }
    }

    static var allValueStrings: [String] { Form.allCases.map(\.rawValue) }

    let form: Form
    /// Nil for standard output.
    let file: String?

    init(_ form: Form, file: String? = nil) { (self.form, self.file) = (form, file) }

    init?(argument: String) {
        let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard let form = Form(rawValue: parts[0]), parts.count == 1 || !parts[1].isEmpty else { return nil }
        self.init(form, file: parts.count == 2 ? parts[1] : nil)
    }
}
