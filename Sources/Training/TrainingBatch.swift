import Compute
import Core
import Datasets
import Diffusion

/// What the captions of a batch become.
package enum Conditioning: Sendable {
    /// What the text encoders made of the captions, an item each, beforehand.
    case encoded(TextStates)
    /// Token ids an item, to be encoded on the tape because the text encoder is trained too.
    case tokens([[Int]])

    /// Each item with the caption of the one before it, the first with the last's.
    func shifted(engine: Engine) -> Conditioning {
        func places(_ count: Int) -> [Int] { (0..<count).map { ($0 + count - 1) % count } }
        switch self {
        case .encoded(let states): return .encoded(states.picked(places(states.count), engine: engine))
        case .tokens(let ids): return .tokens(places(ids.count).map { ids[$0] })
        }
    }
}

/// One optimiser step's items: pairs (winner, loser) or single pictures.
package struct TrainingBatch: Sendable {
    /// One pair or picture.
    package struct Item: Sendable {
        /// The name in the data set.
        package var id: String
        /// Content of pictures, caption, labels.
        package var digest: Digest
        /// The coefficient W (1 for objectives without labels); for single judged pictures 1 for good and −1 for bad.
        package var weight: Float
        /// t, shared by the pictures of a pair; 0 where nothing is noised.
        package var timestep: Int
        /// The human preference for the first picture of a pair: 1, or ½ for a tie.
        package var label: Float

        /// An item named `id`.
        package init(id: String, digest: Digest, weight: Float, timestep: Int, label: Float = 1) {
            self.id = id
            self.digest = digest
            self.weight = weight
            self.timestep = timestep
            self.label = label
        }
    }

    /// The items, in data order.
    package let items: [Item]
    /// Pictures or latents [items · samples, c, h, w]: winner and loser of each pair in turn.
    package let x0: Tensor
    /// Which part of its picture each row of `x0` is, where crops are drawn.
    package let crops: [PictureFrame]?
    /// Gaussian noise of the same shape, for forward noising; the pictures of a pair share it.
    package let noise: Tensor?
    /// Fresh noise during the inversion, for objectives that add some.
    package let inversionNoise: InversionNoise?
    /// The captions.
    package let conditioning: Conditioning
    /// The empty caption, one row, where the inversion is guided.
    package let unconditional: TextStates?
    /// The size of each sample, in the order of `x0`; none of a model that is not told them.
    package let sizes: [SizeCondition]

    /// A batch of items with their pictures.
    package init(
        items: [Item], x0: Tensor, crops: [PictureFrame]? = nil, noise: Tensor?, inversionNoise: InversionNoise? = nil,
        conditioning: Conditioning, unconditional: TextStates? = nil, sizes: [SizeCondition] = []
    ) {
        precondition(!items.isEmpty && x0.shape[0] % items.count == 0)
        precondition(sizes.isEmpty || sizes.count == x0.shape[0])
        self.items = items
        self.x0 = x0
        self.crops = crops
        self.noise = noise
        self.inversionNoise = inversionNoise
        self.conditioning = conditioning
        self.unconditional = unconditional
        self.sizes = sizes
    }

    /// Pictures an item has.
    package var samplesPerItem: Int { x0.shape[0] / items.count }

    /// The sizes of the samples `rows`; none of a model that is not told them.
    func sizes(_ rows: Range<Int>) -> [SizeCondition] { sizes.isEmpty ? [] : Array(sizes[rows]) }

    /// The batch with what is given instead of its own.
    package func replacing(
        items: [Item]? = nil, x0: Tensor? = nil, crops: [PictureFrame]? = nil, noise: Tensor? = nil,
        conditioning: Conditioning? = nil, sizes: [SizeCondition]? = nil
    ) -> TrainingBatch {
        TrainingBatch(
            items: items ?? self.items, x0: x0 ?? self.x0, crops: crops ?? self.crops, noise: noise ?? self.noise,
            inversionNoise: inversionNoise, conditioning: conditioning ?? self.conditioning,
            unconditional: unconditional, sizes: sizes ?? self.sizes)
    }
}
