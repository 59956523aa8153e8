import Core
import Ledger

/// Mutants of what is stored beside the records: labels, latents, checkpoints, the model that the run has handed over.
extension SelfTestPlan {
    /// Each as its name or its row says, and named anew where it is an object.
    var stored: [SelfTestMutant] { label + latents + checkpoints + model }

    /// The first and the last of the files that the outcome states, and one more.
    private var model: [SelfTestMutant] {
        let changes = ["1 bit of its first file", "1 bit of its last file", "one file more"]
        let files = (run.outcomes.first { $0.outcome.files != nil }?.outcome.files ?? [:]).keys.sorted(
            by: utf8Less)
        guard let first = files.first, let last = files.last, (try? run.checkTrainedFolder())?.holds != nil
        else {
            let reason = files.isEmpty ? "the manifest states no files" : "the model's folder is not here"
            return changes.map { SelfTestMutant(.modelFile, $0, notMade: reason) }
        }
        let trials: [(EvidenceCopy) throws -> Void] = [
            { try $0.changeModel(first) }, { try $0.changeModel(last) }, { try $0.addToModel("unet/model.bin") },
        ]
        return zip(changes, trials).map { change, trial in
            SelfTestMutant(
                .modelFile, change, .tampered, steps: steps.lowerBound...steps.lowerBound, .verification(trial))
        }
    }

    private var noLedger: String? { run.ledger == nil ? "the run is not in a ledger here" : nil }

    private var label: [SelfTestMutant] {
        let (change, name) = ("1 bit of a coefficient in the ledger", DataItem.Label.weight.rawValue)
        let items = (try? run.dataItems()) ?? []
        guard let bits = items.first?.labels[name] else {
            return [SelfTestMutant(.label, change, notMade: noLedger ?? "it trains without labels")]
        }
        return [
            SelfTestMutant(
                .label, change, .tampered, steps: steps.lowerBound...steps.lowerBound,
                .evidence { try LedgerForgery(path: $0.workspace.ledger, run: $0.run).set(label: name, bits ^ 1) })
        ]
    }

    private var latents: [SelfTestMutant] {
        let place = try? run.storedTensors(of: steps.lowerBound).first
        return objects(
            .latent, "1 bit of a stored latent", place.map { ($0.object, $0.offset) },
            noLedger ?? "it stored no latents")
    }

    private var checkpoints: [SelfTestMutant] {
        let last = try? run.checkpoints().last
        let size = last.flatMap { run.workspace.objects.size($0.object) }
        // The lowest byte of the last number.
        return objects(
            .checkpoint, "1 bit of a checkpoint", last.flatMap { last in size.map { (last.object, $0 - 4) } },
            noLedger ?? "it has no checkpoint")
    }

    private func objects(
        _ kind: SelfTestMutant.Kind, _ change: String, _ place: (object: Digest, offset: Int)?, _ reason: String
    ) -> [SelfTestMutant] {
        [false, true].map { renames in
            let change = change + (renames ? ", stored under its new name" : "")
            guard let place else { return SelfTestMutant(kind, change, notMade: reason) }
            let trial = { (copy: EvidenceCopy) in try copy.change(place.object, at: place.offset, renames: renames) }
            // A replay opens the checkpoint from which it begins, verification opens all.
            return SelfTestMutant(
                kind, change, .tampered, steps: steps.lowerBound...steps.lowerBound,
                kind == .checkpoint ? .verification(trial) : .evidence(trial))
        }
    }
}
