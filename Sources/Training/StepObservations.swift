import Compute
import Core
import Ledger
import Preferences

/// The names under which an item's samples are recorded: `007.winner`, `007.loser`, or `007` for single pictures.
struct SampleNames {
    let items: Range<Int>
    let samplesPerItem: Int

    /// The number of an item, padded so that byte order is data order.
    static func item(_ index: Int) -> String {
        PaddedNumber.text(index, digits: 4)
    }

    /// The name of row `row` of a micro-batch.
    func name(_ row: Int) -> String {
        let item = SampleNames.item(items.lowerBound + row / samplesPerItem)
        return samplesPerItem == 1 ? item : item + (row % 2 == 0 ? ".winner" : ".loser")
    }

    /// Shows each row of `x` by itself, so that a pair's record does not depend on its batch.
    func observe(_ observer: (any StepObserver)?, _ phase: Phase, _ x: Tensor) throws {
        guard let observer else { return }
        for row in 0..<x.shape[0] {
            let sample = x.slice(row..<row + 1).reshaped(Array(x.shape.dropFirst()))
            try observer.observe(phase, name(row), .tensor(sample))
        }
    }
}

extension Denoising {
    func observeBatch(_ batch: TrainingBatch, _ observer: (any StepObserver)?) throws {
        guard let observer else { return }
        let names = SampleNames(items: batch.items.indices, samplesPerItem: batch.samplesPerItem)
        try observer.observe(.batch, "ids", .text(batch.items.map(\.id)))
        try observer.observe(.batch, "items", .text(batch.items.map(\.digest.hex)))
        try observer.observe(.batch, "weights", .floats(batch.items.map(\.weight)))
        try names.observe(observer, .batch, batch.x0)
        try observer.observe(.timestep, "t", .integers(batch.items.map(\.timestep)))
    }

    func observeLosses(
        _ losses: [ItemLoss], _ pass: ItemPass, _ observer: (any StepObserver)?
    ) throws {
        guard let observer else { return }
        let (errors, referenceErrors) = (pass.errors, pass.referenceErrors)
        for (place, loss) in zip(pass.names.items, losses) {
            let item = SampleNames.item(place)
            let samples = pass.samples(of: place)
            try observer.observe(.loss, item, .floats([loss.value]))
            try observer.observe(.loss, item + ".errors", .floats(Array(errors[samples])))
            if !referenceErrors.isEmpty {
                try observer.observe(.loss, item + ".reference errors", .floats(Array(referenceErrors[samples])))
            }
            if let inside = loss.inside, let difference = loss.difference {
                try observer.observe(.loss, item + ".inside", .floats([inside]))
                try observer.observe(.loss, item + ".difference", .floats([difference]))
            }
        }
    }
}
