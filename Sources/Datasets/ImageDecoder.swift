import CImageCodecs

/// Bytes to pixels, strictly: a warning of a codec is an error, since it means that pixels would be guessed.
///
/// The pixels are those of Pillow's `Image.open(file).convert("RGB")`: alpha is dropped rather than composited, EXIF
/// orientation, gamma and colour profiles are ignored, 16-bit greyscale PNG is cut off at 255, and a palette index beyond
/// the palette is black. Different from Pillow: animations are refused, and so is every file for which a codec warns.
/// Lossy formats agree bit for bit as long as the libraries on both sides decode alike; the fixtures of the tests hold
/// libjpeg-turbo 2.1.5 and libwebp 1.2.4 against Pillow 12's 3.1.2 and 1.6.0.
package enum ImageDecoder {
    /// The most pixels that are decoded unless the caller says otherwise: 64 million.
    package static let defaultMaxPixels = 64_000_000

    /// Decodes one picture; the format is told by the first bytes, never by a file name.
    ///
    /// - Parameters:
    ///   - bytes: a whole file.
    ///   - file: its name, for errors.
    ///   - maxPixels: pictures of more pixels are refused before anything of their size is allocated.
    /// - Throws: `ImageError`.
    package static func decode(
        bytes: [UInt8], file: String, maxPixels: Int = ImageDecoder.defaultMaxPixels
    ) throws -> Image {
        let decoded = try samples(bytes, file: file, maxPixels: maxPixels, CI_AS_RGB)
        return Image(width: decoded.width, height: decoded.height, rgb: decoded.samples)
    }

    /// The same, in the mode of the file. - Throws: `ImageError`.
    package static func decodeStored(
        bytes: [UInt8], file: String, maxPixels: Int = ImageDecoder.defaultMaxPixels
    ) throws -> StoredPicture {
        let decoded = try samples(bytes, file: file, maxPixels: maxPixels, CI_AS_STORED)
        let mode: StoredPicture.Mode =
            switch decoded.mode {
            case CI_INDEXED: .indexed
            case CI_RGBA: .rgba
            case CI_CMYK: .cmyk
            case CI_WIDE_GREY: .wideGrey
            default: .rgb
            }
        return StoredPicture(
            width: decoded.width, height: decoded.height, mode: mode, samples: decoded.samples, file: file)
    }

    private static func samples(
        _ bytes: [UInt8], file: String, maxPixels: Int, _ wish: ci_wish
    ) throws -> (width: Int, height: Int, mode: ci_mode, samples: [UInt8]) {
        guard let format = format(of: bytes) else { throw unknownFormat(bytes, file: file) }
        var decoded = ci_image()
        var message = ci_message()
        let limit = UInt64(max(0, maxPixels))
        let status =
            switch format {
            case .jpeg: ci_jpeg_decode(bytes, bytes.count, limit, wish, &decoded, &message)
            case .png: ci_png_decode(bytes, bytes.count, limit, wish, &decoded, &message)
            case .webp: ci_webp_decode(bytes, bytes.count, limit, wish, &decoded, &message)
            }
        guard status == CI_OK, let samples = decoded.rgb else {
            throw ImageError(status: status, message: message, file: file, format: format)
        }
        defer { ci_free(samples) }
        let (width, height) = (Int(decoded.width), Int(decoded.height))
        let channels = decoded.mode == CI_RGBA || decoded.mode == CI_CMYK ? 4 : 3
        let all = [UInt8](UnsafeBufferPointer(start: samples, count: channels * width * height))
        return (width, height, decoded.mode, all)
    }

    /// The format that the first bytes promise; nil for any other file.
    package static func format(of bytes: [UInt8]) -> ImageFormat? {
        if bytes.starts(with: [0xFF, 0xD8, 0xFF]) { return .jpeg }
        if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) { return .png }
        if bytes.starts(with: Array("RIFF".utf8)), bytes.dropFirst(8).starts(with: Array("WEBP".utf8)) { return .webp }
        return nil
    }

    private static func unknownFormat(_ bytes: [UInt8], file: String) -> ImageError {
        let shown = bytes.prefix(12).map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0\(digits)" : digits
        }
        let what =
            bytes.isEmpty
            ? "the file is empty"
            : "neither JPEG nor PNG nor WebP: it begins with the bytes \(shown.joined(separator: " "))"
        return ImageError(
            file: file, format: nil, kind: .unknownFormat, what: what, hint: ImageError.hint(for: .unknownFormat))
    }
}

extension ImageError {
    /// What a codec said.
    init(status: ci_status, message: ci_message, file: String, format: ImageFormat) {
        let kind: Kind =
            switch status {
            case CI_UNSUPPORTED: .unsupported
            case CI_TOO_LARGE: .tooLarge
            case CI_OUT_OF_MEMORY: .outOfMemory
            default: .corrupt
            }
        let text = withUnsafeBytes(of: message.text) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        self.init(file: file, format: format, kind: kind, what: text, hint: ImageError.hint(for: kind))
    }
}
