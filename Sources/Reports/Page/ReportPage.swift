import Core

/// All that a report shows, whatever its form.
package struct ReportPage: Sendable {
    /// Something that a reader might take for checked, and why it is not.
    package struct Omission: Sendable, Equatable {
        /// What was not checked.
        package let what: String
        /// Why.
        package let why: String

        /// An omission.
        package init(_ what: String, _ why: String) { (self.what, self.why) = (what, why) }
    }

    /// A section, or what stands in its place.
    package enum Part: Sendable {
        /// A section that the evidence has.
        case section(any PageSection)
        /// One that it has not: its anchor, its heading, and why.
        case missing(key: String, title: String, why: String)
    }

    /// What the report is on: a run's name, or two names.
    package let title: String
    /// What was looked at: `record of a run`, `audit`, …
    package let subject: String
    /// The verdict.
    package var verdict: PageVerdict
    /// What was not checked.
    package var unchecked: [Omission] = []
    /// The sections in their order.
    package var parts: [Part] = []

    /// A page without sections.
    package init(title: String, subject: String, verdict: PageVerdict) {
        (self.title, self.subject, self.verdict) = (title, subject, verdict)
    }

    /// Adds a section.
    package mutating func add(_ section: any PageSection) { parts.append(.section(section)) }

    /// Says that a section is not there.
    package mutating func miss(_ key: String, _ title: String, _ why: String) {
        parts.append(.missing(key: key, title: title, why: why))
    }

    /// The sections that are there.
    package var sections: [any PageSection] {
        parts.compactMap { if case .section(let section) = $0 { section } else { nil } }
    }

    /// All numbers of the page; `schema` is raised when a member changes its meaning.
    package var json: JSONValue {
        var missing: [JSONValue] = []
        for case .missing(let key, let title, let why) in parts {
            missing.append(["key": .string(key), "title": .string(title), "why": .string(why)])
        }
        return [
            "schema": 1, "title": .string(title), "subject": .string(subject), "verdict": verdict.json,
            "not_checked": .array(unchecked.map { ["what": .string($0.what), "why": .string($0.why)] }),
            "sections": .object(
                JSONObject(
                    sections.map {
                        (
                            $0.key,
                            [
                                "title": .string($0.title), "says": .array($0.sentences.map(JSONValue.string)),
                                "data": $0.json,
                            ]
                        )
                    })),
            "missing": .array(missing),
        ]
    }
}
