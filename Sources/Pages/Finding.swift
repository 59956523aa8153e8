import Core

/// What a command found, as a tree: what it comes to, what it says, shows and leaves out, and the findings that it is made
/// of. A feature makes one; every form (text, Markdown, HTML, JSON, JUnit …) presents the same value.
package struct Finding: Sendable, Equatable {
    /// Something that a reader might take for checked, and why it is not.
    package struct Omission: Sendable, Equatable {
        /// What was not checked.
        package let what: String
        /// Why.
        package let why: String

        /// An omission.
        package init(_ what: String, _ why: String) { (self.what, self.why) = (what, why) }
    }

    /// The verdict.
    package struct Conclusion: Sendable, Equatable {
        /// Its word.
        package let word: String
        /// What it means for whoever goes by it.
        package let status: Status
        /// What it says, a sentence or more.
        package let sentence: String

        /// A verdict with all its parts.
        package init(_ word: String, _ status: Status, _ sentence: String) {
            (self.word, self.status, self.sentence) = (word, status, sentence)
        }
    }

    /// A line of a file to look at.
    package struct Place: Sendable, Equatable {
        /// The file's path, and the line from 1.
        package let file: String, line: Int

        /// A line.
        package init(file: String, line: Int) { (self.file, self.line) = (file, line) }
    }

    /// Its anchor in a page and its member in the JSON form, one among its siblings'; empty for the root.
    package let key: String
    /// Its heading; of the root what it is on: a run's name, or two names.
    package let title: String
    /// What was looked at: `record of a run`, `audit`, …
    package var subject = ""
    /// The verdict, where it has one of its own.
    package var conclusion: Conclusion?
    /// Where to look, for a failure that stands somewhere.
    package var place: Place?
    /// What it says, a sentence each, as plain text.
    package var says: [String] = []
    /// What it shows: tables, charts, pictures, in their order.
    package var contents: [Content] = []
    /// What was not checked.
    package var unchecked: [Omission] = []
    /// Why there is nothing of it; nil where there is.
    package var absence: String?
    /// What it is made of, in order.
    package var children: [Finding] = []
    /// What to do about it.
    package var advice: String?
    /// All its numbers for programs.
    package var data: JSONValue = .null

    /// A part of a finding.
    package init(_ key: String, _ title: String, says: [String] = [], data: JSONValue = .null) {
        (self.key, self.title, self.says, self.data) = (key, title, says, data)
    }

    /// A finding that stands by itself.
    package init(of title: String, _ subject: String, _ conclusion: Conclusion) {
        (key, self.title, self.subject, self.conclusion) = ("", title, subject, conclusion)
    }

    /// A part that is not here, in its place.
    package static func missing(_ key: String, _ title: String, _ why: String) -> Finding {
        var finding = Finding(key, title)
        finding.absence = why
        return finding
    }

    /// The facts that it shows.
    package var facts: [Fact] {
        contents.flatMap { content in if case .facts(let facts) = content { facts } else { [Fact]() } }
    }

    /// The tables that it shows.
    var tables: [Table] {
        contents.compactMap { content in if case .table(let table) = content { table } else { nil } }
    }
    /// Whether it comes to a pass; without a verdict it does not.
    package var passes: Bool { conclusion?.status == .passed }
    /// Its children that do not pass.
    package var failures: [Finding] { children.filter { !$0.passes } }
    /// Its title and its verdict's word.
    var headline: String { "\(title): \(conclusion?.word ?? "")" }
    /// What was looked at, and what the verdict says of it.
    var summary: String { "\(subject) \(conclusion?.sentence ?? "")" }
    /// Its facts, a line each.
    var details: String { facts.map { "\($0.name): \($0.value)" }.joined(separator: "\n") }

    /// The child of that key.
    package subscript(key: String) -> Finding? { children.first { utf8Equal($0.key, key) } }
}
