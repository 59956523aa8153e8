import Compute
import Training

/// Batches with one thing changed.
struct BatchTampering {
    let session: TrainingSession
    let step: Int

    /// The number of steps to look ahead for another item.
    private static let reach = 8

    /// The batch of the step with `tampering` done to it; nil where the data allow none.
    func changed(_ batch: TrainingBatch, by tampering: Tampering) throws -> TrainingBatch? {
        switch tampering {
        case .sample: return try otherSample(batch)
        case .timestep: return otherTimestep(batch)
        case .noise: return otherNoise(batch)
        case .learningRate, .beta2, .weightDecay: return nil
        }
    }

    private func otherSample(_ batch: TrainingBatch) throws -> TrainingBatch? {
        let count = batch.samplesPerItem
        for later in step + 1...step + BatchTampering.reach {
            let other = try session.batches.batch(later)
            guard let place = other.items.firstIndex(where: { $0.digest != batch.items[0].digest }) else { continue }
            let x0 = batch.x0.copy()
            write(other.x0.slice(place * count..<(place + 1) * count), to: x0)
            return batch.replacing(x0: x0)
        }
        guard count == 2 else { return nil }
        // A single pair: winner and loser change places.
        let x0 = batch.x0.copy()
        write(batch.x0.slice(1..<2), to: x0)
        write(batch.x0.slice(0..<1), to: x0.slice(1..<2))
        return batch.replacing(x0: x0)
    }

    private func otherTimestep(_ batch: TrainingBatch) -> TrainingBatch? {
        guard let schedule = session.trainer.task.denoising?.model.schedule else { return nil }
        var items = batch.items
        let last = schedule.count - 1
        items[0].timestep += items[0].timestep < last ? 1 : -1
        return batch.replacing(items: items)
    }

    private func otherNoise(_ batch: TrainingBatch) -> TrainingBatch {
        let changed = (batch.noise ?? batch.x0).copy()
        changed.changeValues { $0[0] += 1e-3 }
        return batch.noise == nil ? batch.replacing(x0: changed) : batch.replacing(noise: changed)
    }

    private func write(_ source: Tensor, to target: Tensor) {
        let values = source.floats
        target.slice(0..<source.shape[0]).changeValues { _ = $0.update(fromContentsOf: values) }
    }
}
