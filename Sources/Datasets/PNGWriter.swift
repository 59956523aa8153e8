import CImageCodecs
import Core

/// Pictures to PNG: 8-bit RGB, a fixed compression level and row filter, no time or gamma chunks, and a text only where one
/// is given.
///
/// The same picture gives the same bytes as long as zlib is the same; the pixels are the same always, so compare
/// pixels, not files.
package enum PNGWriter {
    /// A text in a PNG file (`iTXt`), not compressed.
    package struct Text: Sendable {
        /// 1 to 79 letters, as `parameters`.
        package let keyword: String
        /// Any text without zeros.
        package let text: String

        /// A text under a keyword.
        package init(keyword: String, text: String) {
            precondition((1...79).contains(keyword.utf8.count) && !text.utf8.contains(0), "no text of a PNG file")
            (self.keyword, self.text) = (keyword, text)
        }
    }

    /// The bytes of a PNG file. - Throws: `ImageError` when memory runs out.
    package static func encode(_ image: Image, text: Text? = nil) throws -> [UInt8] {
        var encoded = ci_buffer()
        var message = ci_message()
        guard let width = UInt32(exactly: image.width), let height = UInt32(exactly: image.height) else {
            throw ImageError(
                file: "PNG", format: .png, kind: .tooLarge, what: "\(image.width) x \(image.height) pixels",
                hint: ImageError.hint(for: .tooLarge))
        }
        let status = ci_png_encode(image.rgb, width, height, text?.keyword, text?.text, &encoded, &message)
        guard status == CI_OK, let bytes = encoded.bytes else {
            throw ImageError(status: status, message: message, file: "PNG", format: .png)
        }
        defer { ci_free(bytes) }
        return [UInt8](UnsafeBufferPointer(start: bytes, count: encoded.count))
    }

    /// Writes a PNG file in one piece: a reader sees the old file or the whole new one.
    /// - Throws: `ImageError` when memory runs out, `FileError` when the file cannot be written.
    package static func write(_ image: Image, text: Text? = nil, to path: String) throws {
        try AtomicFile.write(try encode(image, text: text), to: path)
    }
}
