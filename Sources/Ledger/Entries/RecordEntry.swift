import Core

/// A line of the vocabulary of records: what may stand in a phase, under which name, and when.
package struct RecordEntry: Sendable {
    /// How many numbers there are.
    package enum Shape: Sendable, Equatable {
        /// A list of one, of two, of six.
        case one, two, six
        /// One for each item of the batch, in its order.
        case items
        /// One for each picture of the item, the winner's first.
        case samples
        /// One for each picture of the batch.
        case allSamples
        /// Two for each picture of the batch.
        case twoAPicture
        /// A digest alone.
        case digest
        /// A tensor of these dimensions.
        case tensor(String)

        /// As the format page has it.
        package var text: String {
            switch self {
            case .one: "1"
            case .two: "2"
            case .six: "6"
            case .items: "items"
            case .samples: "pictures of the item"
            case .allSamples: "pictures of the batch"
            case .twoAPicture: "2 · pictures of the batch"
            case .digest: ""
            case .tensor(let dimensions): dimensions
            }
        }
    }

    /// Which runs have an entry.
    package enum Condition: String, CaseIterable, Sendable {
        case always
        case denoising = "all but `pickscore`"
        case scorer = "`pickscore`"
        case reference = "`smpo`, `inpo`, `dpo`, `kto`"
        case sizes = "a UNet with `addition_embed_type: text_time` (SDXL)"
        case comparison = "all but `sft`"
        case differences = "all but `sft`, `pickscore`"
        case moves = "`smpo`, `inpo`, where the picture was moved at all"
        case anchor = "`kto`"
        case mismatchedAnchor = "`kto` with `kl: mismatched`"
        case contrastive = "`pickscore` with `contrastive`"
        case adamW = "`optimizer.name: adamw`"
        case adafactor = "`optimizer.name: adafactor`"
        case optimizerState = "all optimisers but `sgd` without momentum"
        case movingReference = "`training.reference_ema`"
        case average = "`training.ema`"
        case lanes = "`training.lanes` above 1"
        case randomCrops = "`data.crop: random`"
    }

    /// Where it stands.
    package let phase: Phase
    /// Its name, behind that of its subject where it has one.
    let suffix: String
    /// What it is about; nil for the step as a whole.
    package let subject: (any RecordSubject.Type)?
    /// The type: a member of an entry's JSON form, `digest` or `tensor`.
    package let type: String
    /// How much there is of it.
    package let shape: Shape
    /// What it is, with its unit.
    package let meaning: String
    /// Which runs have it.
    package let condition: Condition
    /// What a band bounds of it; nil for what is compared by bits, or follows from what is bounded.
    package let quantity: BandQuantity?

    /// The name with the subject's pattern in front: `NNNN.errors`.
    package var name: String { (subject?.pattern ?? "") + suffix }

    /// Whether an entry of this name, or a tensor where the type is one, is of this line.
    package func matches(_ name: String) -> Bool {
        guard let subject else { return utf8Equal(name, suffix) }
        return name.hasSuffix(suffix) && subject.init(text: String(name.dropLast(suffix.count))) != nil
    }
}
