import Checkpoints
import Core

/// The tensors of two checkpoints by name.
struct NamePairing {
    /// Names that both have.
    private(set) var both: [TensorPair] = []
    /// Names that the left one has alone.
    private(set) var onlyLeft: [CheckpointTensor] = []
    /// Names that the right one has alone.
    private(set) var onlyRight: [CheckpointTensor] = []

    /// Walks through two lists in byte order of the names.
    init(_ left: [CheckpointTensor], _ right: [CheckpointTensor]) {
        var (i, j) = (0, 0)
        while i < left.count || j < right.count {
            if j == right.count || i < left.count && utf8Less(left[i].name, right[j].name) {
                onlyLeft.append(left[i])
                i += 1
            } else if i == left.count || utf8Less(right[j].name, left[i].name) {
                onlyRight.append(right[j])
                j += 1
            } else {
                both.append(TensorPair(left: left[i], right: right[j]))
                (i, j) = (i + 1, j + 1)
            }
        }
    }
}
