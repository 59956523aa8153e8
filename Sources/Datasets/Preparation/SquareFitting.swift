extension PillowResize {
    /// The size that torchvision's `Resize(edge)` gives: the shorter side becomes `edge`, the longer one
    /// `int(edge * long / short)`, with a true division rounded to Double.
    ///
    /// Source: `torchvision.transforms.functional._compute_resized_output_size`.
    package static func shortestSideSize(width: Int, height: Int, edge: Int) -> (width: Int, height: Int) {
        let (short, long) = width <= height ? (width, height) : (height, width)
        let newLong = Int(Double(edge * long) / Double(short))
        return width <= height ? (edge, newLong) : (newLong, edge)
    }

    /// Brings the shorter side to `edge` pixels and keeps the proportions, as torchvision's `Resize(edge)` does.
    ///
    /// - Parameter maxPixels: a bound for the result, which a very long and thin picture could exceed.
    /// - Throws: `ImageError` of kind `tooLarge`.
    package static func resizeShortestSide(
        _ image: Image, to edge: Int, filter: ResampleFilter = .bilinear, order: Order = .across,
        maxPixels: Int = ImageDecoder.defaultMaxPixels, file: String = "image"
    ) throws -> Image {
        let size = try boundedSize(
            width: image.width, height: image.height, to: edge, maxPixels: maxPixels, file: file)
        return resize(image, width: size.width, height: size.height, filter: filter, order: order)
    }

    /// `shortestSideSize`, of at most `maxPixels` pixels. - Throws: `ImageError` of kind `tooLarge`.
    package static func boundedSize(
        width: Int, height: Int, to edge: Int, maxPixels: Int = ImageDecoder.defaultMaxPixels, file: String
    ) throws -> (width: Int, height: Int) {
        precondition(edge > 0, "an image has at least one pixel")
        let size = shortestSideSize(width: width, height: height, edge: edge)
        let (pixels, overflow) = size.width.multipliedReportingOverflow(by: size.height)
        guard !overflow, pixels <= maxPixels else {
            throw ImageError(
                file: file, format: nil, kind: .tooLarge,
                what: "\(width) x \(height) pixels would become \(size.width) x \(size.height),"
                    + " the limit is \(maxPixels) pixels",
                hint: "crop the picture: it is too long for its width")
        }
        return size
    }

    /// Where the middle `edge` pixels of a side begin, as in torchvision's `CenterCrop(edge)`: at
    /// `int(round((size - edge) / 2.0))`, where Python rounds halves to even; transformers' image processors round down.
    package static func centerOffset(
        of size: Int, edge: Int, rounding: FloatingPointRoundingRule = .toNearestOrEven
    ) -> Int {
        precondition(edge > 0 && edge <= size, "a crop lies inside its image")
        return Int((Double(size - edge) / 2).rounded(rounding))
    }

    /// The middle `edge` x `edge` pixels; both sides must be at least `edge`.
    package static func centerCrop(
        _ image: Image, to edge: Int, rounding: FloatingPointRoundingRule = .toNearestOrEven
    ) -> Image {
        let left = centerOffset(of: image.width, edge: edge, rounding: rounding)
        let top = centerOffset(of: image.height, edge: edge, rounding: rounding)
        return image.cropped(rows: top..<top + edge, columns: left..<left + edge)
    }
}
