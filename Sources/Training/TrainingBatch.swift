import Diffusion
import Digests
import Tensors

/// What the captions of a batch become.
public enum Conditioning: Sendable {
    /// Hidden states an item, computed beforehand.
    case encoded(TextCondition)
    /// Token ids an item, to be encoded on the tape because the text encoder is trained too.
    case tokens([[Int]])
}

/// One optimiser step's items: pairs (winner, loser) or single pictures.
public struct TrainingBatch: Sendable {
    /// One pair or picture.
    public struct Item: Sendable {
        /// The name in the data set.
        public var id: String
        /// Content of pictures, caption, labels.
        public var digest: Digest
        /// The coefficient W (1 for objectives without labels).
        public var weight: Float
        /// t, shared by the pictures of a pair.
        public var timestep: Int

        /// An item named `id`.
        public init(id: String, digest: Digest, weight: Float, timestep: Int) {
            self.id = id
            self.digest = digest
            self.weight = weight
            self.timestep = timestep
        }
    }

    /// The items, in data order.
    public let items: [Item]
    /// Pictures or latents [items · samples, c, h, w]: winner and loser of each pair in turn.
    public let x0: Tensor
    /// Gaussian noise of the same shape, for forward noising.
    public let noise: Tensor?
    /// The captions.
    public let conditioning: Conditioning
    /// The empty caption, one row, where the inversion is guided.
    public let unconditional: TextCondition?

    /// A batch of items with their pictures.
    public init(
        items: [Item], x0: Tensor, noise: Tensor?, conditioning: Conditioning, unconditional: TextCondition? = nil
    ) {
        precondition(!items.isEmpty && x0.shape[0] % items.count == 0)
        self.items = items
        self.x0 = x0
        self.noise = noise
        self.conditioning = conditioning
        self.unconditional = unconditional
    }

    /// Pictures an item has.
    public var samplesPerItem: Int { x0.shape[0] / items.count }

    /// The batch with what is given instead of its own.
    package func replacing(
        items: [Item]? = nil, x0: Tensor? = nil, noise: Tensor? = nil, conditioning: Conditioning? = nil
    ) -> TrainingBatch {
        TrainingBatch(
            items: items ?? self.items, x0: x0 ?? self.x0, noise: noise ?? self.noise,
            conditioning: conditioning ?? self.conditioning, unconditional: unconditional)
    }
}
