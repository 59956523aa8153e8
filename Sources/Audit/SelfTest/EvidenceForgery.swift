import Core
import Foundation
import Ledger

/// Changes to the record of a run that a forger could make.
extension EvidenceCopy {
    /// Changes inputs or records and makes every hash that stands on them anew, as a forger would: digests, chain, roots,
    /// outcome, manifests.
    /// - Parameters:
    ///   - original: the run that the copy is of.
    ///   - sources: where records are changed; the manifest's file goes with the first of them.
    func forge(
        _ original: Run, in sources: [Run.Source], inputs: ManifestInputs? = nil,
        _ change: (StepRecord) throws -> StepRecord = { $0 }
    ) throws {
        let inputs = inputs ?? original.manifest.inputs
        var first: Chain?
        for source in sources {
            let records = try original.records(in: source).map(change)
            var chain = Chain(inputs: inputs.digest)
            switch source {
            case .golden:
                let steps = records.map { record in
                    let digest = record.digest
                    return StoredStep(record: record, digest: digest, head: chain.append(digest))
                }
                try write(steps)
                try forge("\(workspace.golden(run))/manifest.json", inputs, chain, try forgeHistory(chain))
            case .ledger:
                for record in records { chain.append(record.digest) }
                try LedgerForgery(path: workspace.ledger, run: run).rewrite(inputs: inputs, records: records)
            }
            first = first ?? chain
        }
        if let first, FileContents.exists(workspace.manifest(run)) {
            try forge(workspace.manifest(run), inputs, first, try GoldenHistory(of: run, in: workspace).mark)
        }
    }

    /// Lets the history end at the head of a chain; gives its new mark.
    private func forgeHistory(_ chain: Chain) throws -> GoldenMark {
        var history = try GoldenHistory(of: run, in: workspace)
        guard let last = history.records.last, last.newHead != chain.head else { return history.mark }
        history.add(
            Acceptance(
                date: last.date, reason: last.reason, oldHead: last.newHead, newHead: chain.head, kind: nil,
                difference: nil))
        try history.write()
        return history.mark
    }

    private func forge(_ path: String, _ inputs: ManifestInputs, _ chain: Chain, _ mark: GoldenMark) throws {
        var manifest = try Manifest.read(path)
        if try manifest.goldenMark() != nil { manifest = manifest.marked(mark) }
        manifest.inputs = inputs
        if let old = manifest.outcome {
            manifest.outcome = old.of(chain)
        }
        try manifest.write(to: path)
    }

    /// Changes one bit of the loss of a step and leaves every hash as it is.
    func changeLoss(_ original: Run, of step: Int, in source: Run.Source) throws {
        let record = try original.records(in: source)[step - 1].withOtherLoss()
        switch source {
        case .golden:
            var steps = original.golden ?? []
            let old = steps[step - 1]
            steps[step - 1] = StoredStep(record: record, digest: old.digest, head: old.head)
            try write(steps)
        case .ledger: try LedgerForgery(path: workspace.ledger, run: run).set(record)
        }
    }

    /// Changes one bit of the head of the chain after a step.
    func changeHead(_ original: Run, after step: Int, in source: Run.Source) throws {
        switch source {
        case .golden:
            var steps = original.golden ?? []
            let old = steps[step - 1]
            steps[step - 1] = StoredStep(record: old.record, digest: old.digest, head: old.head.withOtherBit())
            try write(steps)
        case .ledger:
            guard let old = original.ledger?[step - 1].head else { return }
            try LedgerForgery(path: workspace.ledger, run: run).set(head: old.withOtherBit(), after: step)
        }
    }

    /// Changes one bit of an object at byte `offset`; `renames` puts it under its new name, which the ledger then gives.
    func change(_ object: Digest, at offset: Int, renames: Bool) throws {
        let path = workspace.objects.path(of: object)
        try change(path, at: offset)
        guard renames else { return }
        let new = try workspace.objects.put(file: path)
        try FileContents.remove([path])
        try LedgerForgery(path: workspace.ledger, run: run).replace(object: object, by: new)
    }

    /// Changes the lowest bit of the last byte of a file of the model.
    func changeModel(_ file: String) throws {
        let path = "\(workspace.model(run))/\(file)"
        try change(path, at: (FileContents.size(path) ?? 1) - 1)
    }

    /// Puts one more file into the folder of the model.
    func addToModel(_ file: String) throws {
        try FolderWriter(workspace.model(run)).write("more", to: file)
    }

    private func change(_ path: String, at offset: Int) throws {
        let original = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
        // The link goes, not the file behind it. A checkpoint may be larger than the memory.
        try FileContents.remove([path])
        try FileManager.default.copyItem(atPath: original, toPath: path)
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
        defer { try? file.close() }
        try file.seek(toOffset: UInt64(offset))
        let byte = try file.read(upToCount: 1)?.first ?? 0
        try file.seek(toOffset: UInt64(offset))
        try file.write(contentsOf: Data([byte ^ 1]))
    }

    private func write(_ steps: [StoredStep]) throws {
        try AtomicFile.write(to: "\(workspace.golden(run))/log.jsonl") { file in
            for step in steps { try file.append(step.json.canonicalBytes + [0x0A]) }
        }
    }
}

extension StepRecord {
    /// The record with the lowest bit of the step's loss changed.
    func withOtherLoss() throws -> StepRecord {
        let key = Entries.Loss.loss
        let phases = try phases.map { phase in
            guard phase.phase == key.phase else { return phase }
            return try PhaseRecord(
                key.phase,
                phase.entries.map { entry in
                    guard entry.name == key.name, case .float32(let bits) = entry.value else { return entry }
                    return TraceEntry(entry.name, .float32(bits.map { $0 ^ 1 }))
                })
        }
        return try StepRecord(step: step, phases: phases)
    }
}

extension Digest {
    /// The digest with the lowest bit of its last byte changed.
    fileprivate func withOtherBit() -> Digest {
        var bytes = Array(bytes)
        bytes[bytes.count - 1] ^= 1
        return Digest(bytes: bytes)!
    }
}
