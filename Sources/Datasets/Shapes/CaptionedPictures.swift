import Core

/// Pictures with captions in a fixed order: what a base model learns from (objective `sft`).
///
/// A conforming type is a pure function of its inputs: the same index gives the same caption and the same pixels, in any
/// order of asking and from any thread.
package protocol CaptionedPictures: Sendable {
    /// The number of pictures.
    var count: Int { get }

    /// Stands for all captions and all pictures, in order.
    var digest: Digest { get }

    /// The caption of the picture at `index`, in `0..<count`.
    func caption(at index: Int) -> String

    /// The digest of the picture's bytes, for the record of a step.
    func imageDigest(at index: Int) throws -> Digest

    /// The picture at `index` as the model takes it.
    ///
    /// - Parameters:
    ///   - index: the picture, in `0..<count`.
    ///   - size: edge length in pixels.
    /// - Returns: `3 * size * size` values in [-1, 1], planes in the order R, G, B, rows from the top (CHW).
    /// - Throws: an error that names what cannot be read or drawn.
    func pixels(at index: Int, size: Int) throws -> [Float]
}
