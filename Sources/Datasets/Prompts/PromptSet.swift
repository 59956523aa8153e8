import Core

/// Prompts that pictures are drawn from, in the order of their files.
package struct PromptSet: Sendable, Equatable {
    /// A prompt.
    package struct Prompt: Sendable, Equatable {
        /// As the file has it: neither trimmed nor normalized.
        package let text: String
        /// What the file sorts it under: HPDv2's style, PartiPrompts' category; nil where it sorts nothing.
        package let style: String?
        /// Its place among the prompts of its style, from 0: HPDv2's groups and file names count by it.
        package let place: Int
    }

    /// A file that they come from.
    package struct Source: Sendable, Equatable {
        /// The path, as it was asked for.
        package let path: String
        /// The digest of its bytes, in the domain `file`.
        package let digest: Digest
    }

    /// The prompts; none of them is left out unless `leftOut` says so.
    package let prompts: [Prompt]
    /// The files.
    package let sources: [Source]
    /// What the files are: "HPDv2 benchmark", "PartiPrompts", ….
    package let form: String
    /// What was seen and is no prompt here, in words that begin with a number or a name.
    package let leftOut: [String]

    /// What the form of HPDv2's benchmark is called, a list a style.
    package static let benchmarkForm = "HPDv2 benchmark, a list a style"

    /// The styles, in the order in which they first come; empty where there are none.
    package var styles: [String] {
        var seen: Set<[UInt8]> = []
        return prompts.compactMap(\.style).filter { seen.insert(Array($0.utf8)).inserted }
    }

    /// The digest that stands for the prompts whatever file they came in: texts and styles in order.
    package var digest: Digest {
        .of(.document, .array(prompts.map { [.string($0.text), $0.style.map(JSONValue.string) ?? .null] }))
    }

    /// Prompts with what they are sorted under, in order.
    package init(_ texts: [(text: String, style: String?)], sources: [Source], form: String, leftOut: [String] = []) {
        var counts: [[UInt8]: Int] = [:]
        prompts = texts.map { text, style in
            let key = Array((style ?? "").utf8)
            defer { counts[key, default: 0] += 1 }
            return Prompt(text: text, style: style, place: counts[key] ?? 0)
        }
        (self.sources, self.form, self.leftOut) = (sources, form, leftOut)
    }
}

/// A file of prompts that cannot be read as one.
package struct PromptFileError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The file.
    package let file: String
    /// Where in it: "line 3", "prompt 7"; nil where the file as a whole is meant.
    package let place: String?
    /// What was found, and what was expected instead.
    package let what: String
    /// What a person can do about it.
    package let hint: String

    /// One line: file, place, trouble, hint.
    package var description: String {
        "\(VisibleText.of(file)): \(place.map { $0 + ": " } ?? "")\(VisibleText.of(what)) (\(hint))"
    }
}
