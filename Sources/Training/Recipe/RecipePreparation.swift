import Compute
import Datasets

extension Recipe {
    /// How the run's pictures are made ready.
    package var preparation: PicturePreparation {
        var preparation = data.preparation
        preparation.flip = !training.flip ? .never : training.flipUnit == .pair ? .pair : .picture
        return preparation
    }

    /// The random streams that the run's manifest lists.
    var streams: [StreamName] { StreamName.ofEveryRun + (data.preparation.crop == .random ? [.crop] : []) }
}
