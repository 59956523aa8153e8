import Core

/// What a look at a machine and a workspace found: facts, and what does not hold.
package struct HealthReport: Sendable {
    /// Something that does not hold.
    package struct Fault: Sendable, Equatable {
        /// What it is about.
        package enum Kind: Sendable {
            /// The machine, the program or a file cannot be relied on.
            case trouble
            /// A digest or a chain link of recorded evidence does not hold.
            case tampered
        }

        /// What it is about.
        package let kind: Kind
        /// What does not hold, in one line.
        package let text: String

        /// A fault.
        package init(_ kind: Kind, _ text: String) { (self.kind, self.text) = (kind, text) }
    }

    /// One subject: lines for people, a member of the JSON form, and its faults.
    package struct Section: Sendable {
        /// The subject, for people.
        package let title: String
        /// The name of the member in the JSON form.
        package let key: String
        /// What was found, for programs.
        package var value: JSONValue
        /// What was found, for people.
        package var lines: [(label: String, text: String)]
        /// What does not hold.
        package var faults: [Fault]

        /// A section with all its parts.
        package init(
            _ title: String, key: String, value: JSONValue, lines: [(label: String, text: String)],
            faults: [Fault] = []
        ) {
            (self.title, self.key, self.value, self.lines, self.faults) = (title, key, value, lines, faults)
        }
    }

    /// The subjects, in the order in which they are shown.
    package let sections: [Section]

    /// What is said where everything holds.
    private let praise: String

    /// A report.
    package init(_ sections: [Section], praise: String = "all is well: this machine keeps the contract") {
        (self.sections, self.praise) = (sections, praise)
    }

    /// All that does not hold.
    package var faults: [Fault] { sections.flatMap(\.faults) }

    /// Machine-readable form; `schema` is raised when a member changes its meaning.
    package var json: JSONValue {
        var object = JSONObject(sections.map { ($0.key, $0.value) })
        object["schema"] = 1
        object["well"] = .bool(faults.isEmpty)
        object["faults"] = .array(faults.map { .string($0.text) })
        return .object(object)
    }

    /// A table for people: a title a section, aligned lines, faults below what they are about.
    package var text: String {
        let labels = sections.flatMap { $0.lines.map(\.label.count) }
        let width = (labels.max() ?? 0) + 2
        var lines: [String] = []
        for section in sections {
            lines.append(section.title)
            for line in section.lines {
                let gap = String(repeating: " ", count: width - line.label.count)
                lines.append("  \(line.label)\(gap)\(line.text)")
            }
            for fault in section.faults { lines.append("  DOES NOT HOLD: \(fault.text)") }
            lines.append("")
        }
        lines.append(
            faults.isEmpty
                ? praise
                : "faults: \(faults.count); each is marked DOES NOT HOLD above")
        return lines.joined(separator: "\n")
    }
}
