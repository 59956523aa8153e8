import Datasets
import Diffusion

extension SizeCondition {
    /// A square sample of `edge` pixels that lies in its picture as `frame` says.
    package init(_ frame: PictureFrame, edge: Int) {
        self.init(
            originalHeight: frame.height, originalWidth: frame.width, top: frame.top, left: frame.left,
            targetHeight: edge, targetWidth: edge)
    }
}
