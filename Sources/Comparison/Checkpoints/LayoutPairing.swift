import Checkpoints
import Core

/// The tensors of two checkpoints by what they are in a model, where the two name them by other layouts.
struct LayoutPairing {
    /// Two tensors of one meaning in the common form, each under its own name.
    struct Pair {
        let left: ModelTensor
        let right: ModelTensor

        /// In shapes that are compared: a convolution of one place is a matrix where it is one on the other side.
        var tensors: TensorPair {
            var (a, b) = (left.tensor.named(left.storedName), right.tensor.named(right.storedName))
            if a.shape != b.shape { (a, b) = (a.asMatrix, b.asMatrix) }
            return TensorPair(left: a, right: b)
        }
    }

    /// How the names of both are to be read.
    private(set) var layouts = (left: "", right: "")
    /// Pairs in byte order of the left names.
    private(set) var pairs: [Pair] = []
    /// Pairs of what is no weight, and of what both spell alike.
    private(set) var others: [TensorPair] = []
    /// Weights that one side has alone.
    private(set) var onlyLeft: [CheckpointTensor] = []
    private(set) var onlyRight: [CheckpointTensor] = []
    /// What has no counterpart and needs none.
    private(set) var unpaired: [UnpairedTensor] = []
    /// Whether both are of one layout, and one has buffers, averages or a training's state that the other does not have.
    private(set) var isOfOneLayout = false

    /// The pairing of two checkpoints whose names are not of one layout, or that differ in what is beside the weights alone;
    /// nil of all others.
    /// - Parameter weights: which weights of a file that has two sets; nil where the command line does not say.
    /// - Throws: `CheckpointError`.
    init?(_ left: Checkpoint, _ right: Checkpoint, weights: WeightsChoice?) throws {
        let isChosen = weights != nil
        func contents(_ side: Checkpoint, _ other: ModelContents? = nil) throws -> ModelContents {
            let plain = try ModelContents(side, completedBy: other)
            return weights == .ema && plain.hasAverage
                ? try ModelContents(side, weights: .ema, completedBy: other) : plain
        }
        var (a, b) = (try contents(left), try contents(right))
        if weights == .ema, !a.hasAverage, !b.hasAverage { a = try ModelContents(left, weights: .ema) }
        guard !a.tensors.isEmpty, !b.tensors.isEmpty else { return nil }
        // A file with some blocks only is counted as the whole is.
        (a, b) = (try contents(left, b), try contents(right, a))
        layouts = (a.layout, b.layout)
        let isLone = a.components.count == 1
        pair(isLone ? a.aligned(with: b) : a.tensors, isLone ? b.tensors : b.aligned(with: a))
        isOfOneLayout = pairs.allSatisfy { utf8Equal($0.left.storedName, $0.right.storedName) }
        pairBesides(a, b, isChosen: isChosen)
        let isOfTwoForms = a.isForeign || b.isForeign || a.isOlder || b.isOlder
        if isOfOneLayout, !(isChosen && isOfTwoForms) {
            // Where one side has a part of the weights, or names that nothing is known of, names say more.
            let without = Set(unpaired.map(\.name))
            let isBeside = (a.besides + b.besides).contains {
                without.contains($0.tensor.name) && ![.buffer, .otherWeights, .training].contains($0.kind)
            }
            guard onlyLeft.isEmpty, onlyRight.isEmpty, !unpaired.isEmpty, !isBeside else { return nil }
        }
    }

    private mutating func pair(_ left: [ModelTensor], _ b: [ModelTensor]) {
        var (i, j) = (0, 0)
        while i < left.count || j < b.count {
            if j == b.count || i < left.count && utf8Less(left[i].path, b[j].path) {
                onlyLeft.append(left[i].tensor.named(left[i].storedName))
                i += 1
            } else if i == left.count || utf8Less(b[j].path, left[i].path) {
                onlyRight.append(b[j].tensor.named(b[j].storedName))
                j += 1
            } else {
                pairs.append(Pair(left: left[i], right: b[j]))
                (i, j) = (i + 1, j + 1)
            }
        }
        pairs.sort { utf8Less($0.left.storedName, $1.left.storedName) }
    }

    private mutating func pairBesides(_ a: ModelContents, _ b: ModelContents, isChosen: Bool) {
        var right: [String: Int] = [:]
        for (place, item) in b.besides.enumerated() { right[item.path] = place }
        var taken: Set<Int> = []
        for item in a.besides {
            if let place = right[item.path], taken.insert(place).inserted {
                others.append(TensorPair(left: item.tensor, right: b.besides[place].tensor))
            } else {
                leave(item, .left, isChosen)
            }
        }
        for (place, item) in b.besides.enumerated() where !taken.contains(place) { leave(item, .right, isChosen) }
    }

    private mutating func leave(_ item: ModelContents.Besides, _ side: UnpairedTensor.Side, _ isChosen: Bool) {
        if item.kind == .unknown {
            if side == .left { onlyLeft.append(item.tensor) } else { onlyRight.append(item.tensor) }
            return
        }
        unpaired.append(
            UnpairedTensor(
                name: item.tensor.name, side: side, why: item.why,
                isCovered: item.kind != .otherWeights || isChosen))
    }
}
