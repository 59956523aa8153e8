/// A recipe, a policy or a plan that cannot be used as it is written: where, which key, what was expected, what stands there.
///
///     Manifests/recipes/x.yaml:12:3: unknown key "optimizer.lrate"; did you mean "lr"?
package struct SettingsError: Error, Equatable, CustomStringConvertible {
    /// The kind of fault.
    package enum Problem: String, Sendable {
        /// The text is no YAML, or uses a part of YAML that these files do without.
        case syntax
        /// A key that is not known there.
        case unknownKey
        /// A key that stands twice in one section.
        case duplicateKey
        /// A required key that is not given.
        case missingKey
        /// A value of another type.
        case wrongType
        /// A value of the right type that is not allowed.
        case outOfRange
        /// A key that does not go with what another key says.
        case conflict
    }

    /// What is at fault.
    package let problem: Problem
    /// Where it was written.
    package let place: SettingsPlace
    /// The way to the key, as `optimizer.lr`; empty for the whole file.
    package let key: String
    /// What should stand there; empty where that says nothing.
    package let expected: String
    /// What stands there; empty where nothing does.
    package let found: String
    /// What helps, as `did you mean "lr"?`; may be empty.
    package let hint: String

    /// An error with all its parts.
    package init(
        _ problem: Problem, at place: SettingsPlace, key: String, expected: String = "", found: String = "",
        hint: String = ""
    ) {
        self.problem = problem
        self.place = place
        self.key = key
        self.expected = expected
        self.found = found
        self.hint = hint
    }

    /// The file; `nil` when an override is at fault.
    package var file: String? {
        switch place {
        case .file(let file, _, _), .resolved(let file, _): file
        case .override: nil
        }
    }

    /// The line from 1; `nil` outside a YAML file.
    package var line: Int? { if case .file(_, let line, _) = place { line } else { nil } }

    /// The column from 1, in Unicode scalars; `nil` outside a YAML file.
    package var column: Int? { if case .file(_, _, let column) = place { column } else { nil } }

    /// `place: problem; hint`.
    package var description: String { "\(place): \(sentence)" + (hint.isEmpty ? "" : "; \(hint)") }

    private var sentence: String {
        let expectation = expected.isEmpty ? "" : "expected \(expected)"
        let difference = [expectation, found.isEmpty ? "" : "found \(found)"].filter { !$0.isEmpty }
            .joined(separator: ", ")
        switch problem {
        case .unknownKey: return "unknown key \"\(key)\""
        case .duplicateKey: return "duplicate key \"\(key)\""
        case .missingKey: return "missing key \"\(key)\"" + (expectation.isEmpty ? "" : ": \(expectation)")
        case .syntax, .wrongType, .outOfRange, .conflict:
            return key.isEmpty ? difference : "key \"\(key)\": \(difference)"
        }
    }
}
