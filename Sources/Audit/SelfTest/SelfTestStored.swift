import Digests
import Ledger

/// Mutants of what is stored beside the records: labels, latents, checkpoints.
extension SelfTestPlan {
    /// Each as its name or its row says, and named anew where it is an object.
    var stored: [SelfTestMutant] { label + latents + checkpoints }

    private var noLedger: String? { evidence.ledger == nil ? "the run is not in a ledger here" : nil }

    private var label: [SelfTestMutant] {
        let change = "1 bit of a coefficient in the ledger"
        let items = (try? evidence.dataItems()) ?? []
        guard let bits = items.first?.labels["weight"] else {
            return [SelfTestMutant(.label, change, notMade: noLedger ?? "it trains without labels")]
        }
        return [
            SelfTestMutant(
                .label, change, .tampered, steps: steps.lowerBound...steps.lowerBound,
                .evidence { try LedgerForgery(path: $0.workspace.ledger, run: $0.run).set(label: "weight", bits ^ 1) })
        ]
    }

    private var latents: [SelfTestMutant] {
        let place = try? evidence.storedTensors(of: steps.lowerBound).first
        return objects(
            .latent, "1 bit of a stored latent", place.map { ($0.object, $0.offset) },
            noLedger ?? "it stored no latents")
    }

    private var checkpoints: [SelfTestMutant] {
        let last = try? evidence.checkpoints().last
        let size = last.flatMap { workspace.objects.size($0.object) }
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
