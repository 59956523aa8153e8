import CImageCodecs

/// Pictures to JPEG as Pillow's `image.save("x.jpg")` writes them: quality 75, colours at half the width and height.
///
/// The tests hold it against Pillow; another version of the library may round otherwise.
package enum JPEGWriter {
    /// Pillow's own, on a scale to 100.
    package static let quality = 75

    /// The library, with its version.
    package static var library: String { String(cString: ci_jpeg_version()) }

    /// The bytes of a JPEG file. - Throws: `ImageError` for a picture with an edge beyond 65,500, or when memory runs out.
    package static func encode(_ image: Image) throws -> [UInt8] {
        var encoded = ci_buffer()
        var message = ci_message()
        guard let width = UInt32(exactly: image.width), let height = UInt32(exactly: image.height) else {
            throw ImageError(
                file: "JPEG", format: .jpeg, kind: .tooLarge, what: "\(image.width) x \(image.height) pixels",
                hint: ImageError.hint(for: .tooLarge))
        }
        let status = ci_jpeg_encode(image.rgb, width, height, Int32(quality), &encoded, &message)
        guard status == CI_OK, let bytes = encoded.bytes else {
            throw ImageError(status: status, message: message, file: "JPEG", format: .jpeg)
        }
        defer { ci_free(bytes) }
        return [UInt8](UnsafeBufferPointer(start: bytes, count: encoded.count))
    }
}
