import Compute
import Core
import Ledger
import Preferences

/// The names under which the samples of some items are recorded, row by row.
struct SampleNames {
    let items: Range<Int>
    let samplesPerItem: Int

    /// The name of row `row` of a micro-batch.
    func name(_ row: Int) -> SampleName {
        let item = ItemName(items.lowerBound + row / samplesPerItem)
        return SampleName(item, samplesPerItem == 1 ? nil : row % 2 == 0 ? .winner : .loser)
    }

    /// Shows each row of `x` by itself, so that a pair's record does not depend on its batch.
    func observe(
        _ observer: (any StepObserver)?, _ keys: RecordKeys<SampleName, RecordedTensor>, _ x: Tensor
    ) throws {
        guard let observer else { return }
        for row in 0..<x.shape[0] {
            let sample = x.slice(row..<row + 1).reshaped(Array(x.shape.dropFirst()))
            try observer.observe(keys[name(row)], sample)
        }
    }
}

extension TrainingBatch {
    /// Shows which items it has, and their pictures.
    func observe(_ observer: any StepObserver) throws {
        try observer.observe(Entries.Batch.ids, items.map(\.id))
        try observer.observe(Entries.Batch.items, items.map(\.digest.hex))
        try observer.observe(Entries.Batch.weights, items.map(\.weight))
        if let crops { try observer.observe(Entries.Batch.crops, crops.flatMap { [$0.top, $0.left] }) }
        let names = SampleNames(items: items.indices, samplesPerItem: samplesPerItem)
        for (row, size) in sizes.enumerated() {
            try observer.observe(Entries.Batch.timeIDs[names.name(row)], size.numbers)
        }
        try names.observe(observer, Entries.Batch.pictures, x0)
    }
}

extension Denoising {
    func observeLosses(
        _ losses: [ItemLoss], _ pass: ItemPass, _ observer: (any StepObserver)?
    ) throws {
        guard let observer else { return }
        let (errors, referenceErrors) = (pass.errors, pass.referenceErrors)
        for (place, loss) in zip(pass.names.items, losses) {
            let (item, samples) = (ItemName(place), pass.samples(of: place))
            try observer.observe(Entries.Loss.items[item], loss.value)
            try observer.observe(Entries.Loss.errors[item], Array(errors[samples]))
            if !referenceErrors.isEmpty {
                try observer.observe(Entries.Loss.referenceErrors[item], Array(referenceErrors[samples]))
            }
            if let logit = loss.logit, let difference = loss.difference {
                try observer.observe(Entries.Loss.logits[item], logit)
                try observer.observe(Entries.Loss.differences[item], difference)
            }
        }
    }
}
