/// A checkpoint file that cannot be used, and where and why.
package struct CheckpointError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What is wrong, for code that has to tell the cases apart.
    package enum Kind: String, Sendable {
        /// The system refused to open, map or write the file.
        case unreadable
        /// A model folder, or a file in it, is missing or ambiguous.
        case layout
        /// Something else than weights: a pointer, a page, a file of another program.
        case foreign
        /// The length of the header is out of bounds.
        case headerLength
        /// The header is not strict JSON.
        case headerSyntax
        /// An entry of the header is not what the format asks for.
        case headerEntry
        /// The element type is unknown, or known and not supported.
        case dtype
        /// A tensor's bytes do not match its shape, overlap another tensor's or leave a hole.
        case offsets
        /// The file ends before its tensors do.
        case truncated
        /// The file goes on after its last tensor.
        case trailingBytes
        /// There is no tensor of that name.
        case missingTensor
        /// A tensor has another shape than the model.
        case shape
        /// A number is infinite or not a number.
        case nonFinite
        /// The index of a sharded checkpoint and its shards do not agree.
        case shard
        /// Two tensors have one name.
        case duplicateName
        /// A torch file's ZIP archive or pickle, or a GGUF file, is not what the format asks for.
        case container
        /// A pickle names code that would have to be run.
        case code
        /// An adapter's tensors do not go together, or with its base.
        case adapter
        /// What was to be written cannot be expressed in the format.
        case invalidInput
    }

    /// What is wrong.
    package let kind: Kind
    /// Path of the file or folder.
    package let file: String
    /// Name of the tensor, where there is one.
    package let tensor: String?
    /// Byte offset in the file, where there is one.
    package let offset: Int?
    /// What is wrong, in words.
    package let problem: String
    /// What should be there.
    package let expected: String?
    /// What is there.
    package let found: String?
    /// What to do about it.
    package let hint: String?

    /// Makes an error; leave out what does not apply.
    package init(
        _ kind: Kind, file: String, tensor: String? = nil, offset: Int? = nil, _ problem: String,
        expected: String? = nil, found: String? = nil, hint: String? = nil
    ) {
        self.kind = kind
        self.file = file
        self.tensor = tensor
        self.offset = offset
        self.problem = problem
        self.expected = expected
        self.found = found
        self.hint = hint
    }

    /// One line: file, tensor, offset, problem, expected, found, hint.
    package var description: String {
        var text = file
        if let tensor { text += ": tensor \"\(tensor)\"" }
        if let offset { text += ": at byte \(offset)" }
        text += ": \(problem)"
        if let expected { text += ", expected \(expected)" }
        if let found { text += ", found \(found)" }
        if let hint { text += " (\(hint))" }
        return text
    }
}
