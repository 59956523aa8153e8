import Core
import Datasets

/// Pairs with given labels and scores; nobody looks at their pictures.
struct Pairs: PreferenceDataset {
    let items: [PairItem]
    let digest: Digest

    /// `label` is the human preference for the first picture.
    init(_ pairs: [(label: Double, scores: (Double, Double)?)]) {
        items = pairs.enumerated().map { index, pair in
            PairItem(
                id: "p\(index)", caption: "c", image0: "a", image1: "b", imageDigest0: .of(.file, [0]),
                imageDigest1: .of(.file, [1]), label0: pair.label, label1: 1 - pair.label, score0: pair.scores?.0,
                score1: pair.scores?.1)
        }
        digest = Self.digest(of: items)
    }

    var count: Int { items.count }
    func item(at index: Int) -> PairItem { items[index] }
    func pixels(at index: Int, which: PairSide, size: Int) -> [Float] { [] }
}
