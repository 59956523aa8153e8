/// A picture as a model is trained on it.
package struct PreparedPicture: Sendable {
    /// CHW: of RGB the three planes in [-1, 1], rows from the top; or those of a latent.
    package let planes: [Float]
    /// Which part of the stored picture it shows.
    package let frame: PictureFrame
    /// Whether it is mirrored.
    package let isMirrored: Bool
}
