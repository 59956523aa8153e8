/// The picture formats that are read; the raw value is the name a person sees.
package enum ImageFormat: String, Sendable, CaseIterable {
    /// ITU T.81, in the JFIF and Adobe dialects.
    case jpeg = "JPEG"
    /// PNG, second edition.
    case png = "PNG"
    /// WebP, lossy (VP8) and lossless (VP8L).
    case webp = "WebP"
}

/// A picture that cannot be read or written.
package struct ImageError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What kind of trouble it is.
    package enum Kind: Sendable, Hashable {
        /// The first bytes are those of no format that is read.
        case unknownFormat
        /// The bytes break their format, or end too early.
        case corrupt
        /// A sound picture of a kind that is refused by name, such as an animation.
        case unsupported
        /// More pixels than allowed.
        case tooLarge
        /// The system gave no memory.
        case outOfMemory
    }

    /// The file, or another name of where the bytes came from.
    package let file: String
    /// The format that the first bytes promise, where they promise one.
    package let format: ImageFormat?
    /// What kind of trouble it is.
    package let kind: Kind
    /// What was found, in the decoder's own words where it has any.
    package let what: String
    /// What a person can do about it.
    package let hint: String

    /// Takes all fields as they are.
    package init(file: String, format: ImageFormat?, kind: Kind, what: String, hint: String) {
        self.file = file
        self.format = format
        self.kind = kind
        self.what = what
        self.hint = hint
    }

    /// One line: file, format, trouble, hint.
    package var description: String {
        let name = format.map { "\($0.rawValue): " } ?? ""
        return "\(file): \(name)\(what) (\(hint))"
    }

    static func hint(for kind: Kind) -> String {
        switch kind {
        case .unknownFormat: "JPEG, PNG and WebP are read"
        case .corrupt: "the file is damaged: fetch or export it again"
        case .unsupported: "convert it to a still 8-bit RGB JPEG, PNG or WebP"
        case .tooLarge: "make the picture smaller"
        case .outOfMemory: "make the picture smaller, or free memory"
        }
    }
}
