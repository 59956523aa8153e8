/// What SDXL's UNet is told about a sample's size: how large the picture was, where the sample was cut out of it, and how
/// large the sample was to become; all in pixels, also where samples are latents.
///
/// Source: section 2.2 of Podell et al. 2023, and `_get_add_time_ids` of diffusers' `StableDiffusionXLPipeline`.
package struct SizeCondition: Sendable, Hashable {
    /// Height and width of the picture before it was cut.
    package let originalHeight, originalWidth: Int
    /// Rows above and columns left of what was cut out.
    package let top, left: Int
    /// Height and width of the sample.
    package let targetHeight, targetWidth: Int

    /// All six, in pixels.
    package init(
        originalHeight: Int, originalWidth: Int, top: Int, left: Int, targetHeight: Int, targetWidth: Int
    ) {
        (self.originalHeight, self.originalWidth) = (originalHeight, originalWidth)
        (self.top, self.left) = (top, left)
        (self.targetHeight, self.targetWidth) = (targetHeight, targetWidth)
    }

    /// The numbers as `numbers` has them; nil where they are not six.
    package init?(_ numbers: [Int]) {
        guard numbers.count == UNetConfig.TextTime.timeIDCount else { return nil }
        self.init(
            originalHeight: numbers[0], originalWidth: numbers[1], top: numbers[2], left: numbers[3],
            targetHeight: numbers[4], targetWidth: numbers[5])
    }

    /// A whole square picture of this edge.
    package init(square edge: Int) {
        self.init(
            originalHeight: edge, originalWidth: edge, top: 0, left: 0, targetHeight: edge, targetWidth: edge)
    }

    /// The time ids: (original height, original width, top, left, target height, target width).
    package var numbers: [Int] { [originalHeight, originalWidth, top, left, targetHeight, targetWidth] }
}
