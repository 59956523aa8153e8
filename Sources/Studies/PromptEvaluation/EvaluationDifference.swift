import Core

/// A place at which an evaluation is not as its report states it.
package struct EvaluationDifference: Sendable, Equatable {
    /// The way to it in the report: `models[1].pictures[2]`.
    package let path: String
    /// What stands there, for people.
    package let what: String
    /// What the report has there, and what was found, as canonical JSON; nil where there is nothing.
    package let expected: String?, found: String?

    /// For people: what it is, the report's and what was found.
    package var sentence: String { "\(what): expected \(shown(expected)), found \(shown(found))" }

    /// For other programs.
    package var json: JSONValue {
        [
            "path": .string(path), "what": .string(what), "expected": expected.map { .string($0) } ?? .null,
            "found": found.map { .string($0) } ?? .null,
        ]
    }

    /// A JSON text as people read it: without the quotes of a lone text, and not endless.
    private func shown(_ text: String?) -> String {
        guard let text else { return "nothing" }
        let isText = text.hasPrefix("\"") && text.hasSuffix("\"") && text.count > 1
        let bare = isText ? String(text.dropFirst().dropLast()) : text
        return bare.count > 80 ? bare.prefix(79) + "…" : bare
    }
}

extension EvaluationDifference {
    /// A step of a way into a JSON value.
    enum Step: Equatable {
        case key(String)
        case index(Int)
    }

    /// The first place at which two values differ: members in byte order of their keys, elements in their order.
    static func first(
        _ expected: JSONValue?, _ found: JSONValue?, at way: [Step] = []
    ) -> (way: [Step], expected: JSONValue?, found: JSONValue?)? {
        guard expected != found else { return nil }
        switch (expected, found) {
        case (.object(let a)?, .object(let b)?):
            for key in Set(a.keys + b.keys).sorted(by: utf8Less) {
                if let one = first(a[key], b[key], at: way + [.key(key)]) { return one }
            }
        case (.array(let a)?, .array(let b)?):
            for index in 0..<max(a.count, b.count) {
                let (x, y) = (index < a.count ? a[index] : nil, index < b.count ? b[index] : nil)
                if let one = first(x, y, at: way + [.index(index)]) { return one }
            }
        default: break
        }
        return (way, expected, found)
    }

    /// The first difference of two values at `way` of a report; `inputs` give what is there its name.
    init?(_ expected: JSONValue?, _ found: JSONValue?, at way: [Step], of inputs: EvaluationInputs) {
        guard let one = Self.first(expected, found, at: way) else { return nil }
        path = Self.path(one.way)
        what = EvaluationPlace(one.way, inputs).name
        (self.expected, self.found) = (one.expected?.canonical, one.found?.canonical)
    }

    /// `models[1].pictures[2]`
    static func path(_ way: some Sequence<Step>) -> String {
        way.reduce(into: "") { path, step in
            switch step {
            case .key(let key): path += path.isEmpty ? key : ".\(key)"
            case .index(let index): path += "[\(index)]"
            }
        }
    }
}
