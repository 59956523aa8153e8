/// Which captions a data set may use. The splits share no caption, and do not depend on any seed.
package enum ShapesSplit: String, CaseIterable, Sendable {
    /// 2,100 captions to learn from.
    case training
    /// 100 captions to choose hyper-parameters with.
    case validation
    /// 200 captions to report results on.
    case test

    /// The captions of this split, in a fixed shuffled order (by a Philox word of each caption's number).
    package var captions: [ShapesCaption] {
        let shuffled = (0..<ShapesCaption.count).map { number in
            var random = ShapesRandom(seed: 0, stream: .split, index: UInt64(number))
            return (word: random.next(), number: number)
        }.sorted { ($0.word, $0.number) < ($1.word, $1.number) }
        let range =
            switch self {
            case .training: 300..<ShapesCaption.count
            case .validation: 200..<300
            case .test: 0..<200
            }
        return shuffled[range].map { ShapesCaption(number: $0.number) }
    }
}
