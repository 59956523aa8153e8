import Checkpoints
import Compute
import Core
import Ledger
import Training

/// The ledger's rows of a run beside its records: values of tensors, items of the data, states.
extension Run {
    /// The states after steps that are stored and whose records are known, in the order of the steps.
    package func checkpoints() throws -> [StoredCheckpoint] {
        guard let ledger, let store else { return [] }
        return try store.checkpoints(of: name).filter { $0.part == "state" && ledger.indices.contains($0.step - 1) }
    }

    /// The stored state after a step, held against the record of that step. Throws `TamperError` when it is another
    /// one.
    func open(_ checkpoint: StoredCheckpoint, on engine: Engine) throws -> Checkpoint {
        try TrainingCheckpoint.open(checkpoint, of: ledger ?? [], run: name, workspace: workspace, engine: engine)
    }

    /// Puts the state after the last checkpoint before `step` into the session, held against the record of its step;
    /// gives the recorded chain up to there. Without such a checkpoint the session stays at its beginning.
    func takeUp(_ session: TrainingSession, before step: Int) throws -> Chain {
        guard let checkpoint = try checkpoints().last(where: { $0.step < step }),
            let chain = chain(upTo: checkpoint.step)
        else { return Chain(inputs: session.inputs.digest) }
        let file = try open(checkpoint, on: session.trainer.model.engine)
        try TrainingCheckpoint.restore(file, into: session.trainer)
        return chain
    }

    /// The bytes of the objects that an audit of each part reads: the checkpoint before it, and what is stored of its steps.
    /// Nil where the ledger does not have the run. - Throws: `LedgerError`.
    package func objectBytes(of parts: [ClosedRange<Int>]) throws -> [Int]? {
        guard ledger != nil else { return nil }
        let checkpoints = try checkpoints()
        return try parts.map { steps in
            var objects = Set(try steps.flatMap { try storedTensors(of: $0).map(\.object) })
            if let before = checkpoints.last(where: { $0.step < steps.lowerBound }) { objects.insert(before.object) }
            return objects.reduce(0) { $0 + (workspace.objects.size($1) ?? 0) }
        }
    }

    /// The places at which values of a step are stored.
    func storedTensors(of step: Int) throws -> [StoredTensor] { try store?.storedTensors(of: name, step: step) ?? [] }

    /// All that is stored of a step, to be read; nil where the ledger does not have the step. - Throws: `LedgerError`, `TamperError`.
    func storedValues(of step: Int) throws -> StoredValues? {
        try ledgerTrace(of: step).map {
            StoredValues(of: name, $0, try storedTensors(of: step), ledger: workspace.ledger)
        }
    }

    /// The recorded values of an entry as Float32 bit patterns, where they are stored and intact. Of the object, which may hold
    /// all gradients of a step, only these are read.
    package func storedBits(step: Int, phase: Phase, name: String) -> (bits: [UInt32], shape: [Int])? {
        guard let places = try? storedTensors(of: step),
            let place = places.first(where: { $0.phase == phase && $0.name == name }),
            place.dtype == DType.f32.rawValue, place.offset >= 0, place.count >= 0,
            let expected = try? ledgerTrace(of: step)?.digest(of: name, in: phase),
            let file = try? OpenFile(path: workspace.objects.path(of: place.object)), place.offset <= file.size,
            place.count <= file.size - place.offset,
            let bytes = try? file.bytes(place.offset..<place.offset + place.count)
        else { return nil }
        return bytes.withUnsafeBytes { raw in
            guard Digest.tensor(name: name, dtype: place.dtype, shape: place.shape, bytes: raw) == expected else {
                return nil
            }
            let bits = (0..<place.count / 4).map { raw.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self) }
            return (bits, place.shape)
        }
    }

    /// The ledger's list of the run's items and labels; empty where it has none. - Throws: `LedgerError`,
    /// `TamperError`.
    package func dataItems() throws -> [DataItem] { try store?.dataItems(of: name) ?? [] }

    /// Digests of data items by their names, as far as the ledger or the golden log know them.
    func itemDigests() -> [String: String] {
        var digests: [String: String] = [:]
        for item in (try? dataItems()) ?? [] { digests[item.item] = item.digest.hex }
        for step in golden ?? [] {
            guard let ids = step.record[Entries.Batch.ids], let items = step.record[Entries.Batch.items] else {
                continue
            }
            for (id, digest) in zip(ids, items) { digests[id] = digest }
        }
        return digests
    }
}
