import ArgumentParser
import Audit
import Reports

/// A form of the gate's report, and where it goes: `FORMAT` or `FORMAT=FILE`.
struct GateFormat: ExpressibleByArgument {
    /// The forms.
    enum Form: String, CaseIterable {
        case text, json, junit, sarif, github, markdown

        /// Whether it is a document of its own: nothing else may stand beside it.
        var isDocument: Bool { self == .json || self == .junit || self == .sarif }

        /// The report in this form, with a line feed at the end.
        func text(of report: GateReport) -> String {
            switch self {
            case .text: GateText.describe(report) + "\n"
            case .json: report.json.pretty
            case .junit: GateJUnit.xml(report)
            case .sarif: GateSARIF.json(report).pretty
            case .github: GateAnnotations.text(report) + "\n"
            case .markdown: GateMarkdown.text(report)
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
