import Checkpoints
import Compute
import Core
import Datasets
import Diffusion
import Ledger
import Training

/// Checks the integrity of a run without computing a step: every digest, chain link and Merkle root, the tables of the
/// ledger, checkpoints against the records of their steps, and the model and data that the run started from.
package struct Verifier {
    package let workspace: Workspace
    package let engine: Engine
    /// Whether the model and the data that the run started from are opened.
    package let opensInputs: Bool
    /// Keys whose signatures count.
    package let keys: [VerifyingKey]
    /// Whether a run that none of them has signed is incomplete.
    package let requiresSignature: Bool

    /// A verifier of the runs in `workspace`.
    package init(
        workspace: Workspace, engine: Engine, opensInputs: Bool = true, keys: [VerifyingKey] = [],
        requiresSignature: Bool = false
    ) {
        self.workspace = workspace
        self.engine = engine
        self.opensInputs = opensInputs
        self.keys = keys
        self.requiresSignature = requiresSignature
    }

    /// Verifies `run`. Throws when the work cannot be done: no such run, or files that cannot be read.
    package func verify(_ run: String) throws -> VerificationReport {
        var report = VerificationReport(run: run)
        do {
            let run = try Run(run, in: workspace, keys: keys)
            if let contradiction = run.contradiction { throw contradiction }
            noteDocuments(run, &report)
            noteSigners(run, &report)
            try verifyLedger(run, &report)
            let trained = try run.checkTrainedFolder()
            if let holds = trained.holds { report.note("trained files", holds) }
            for reason in trained.unchecked { report.skip("trained files", reason) }
            try verifyInputs(run, &report)
            requireSteps(run, &report)
        } catch let error as LatentSetChanged {
            (report.verdict, report.reason) = (.tampered, error.description)
        } catch let error as TamperError {
            (report.verdict, report.reason) = (.tampered, error.description)
        } catch let error
            where error is MissingObject || error is UnstatedInput || error is LatentSetMissing
            || error is RewardScoresMissing
        {
            (report.verdict, report.reason) = (.incomplete, "\(error)")
            report.skip("the rest", "what is missing stands before it")
        } catch let error as ContractDifference {
            (report.verdict, report.reason) = (.incomparable, error.description)
            report.skip("inputs", "they are opened by the run's contract")
            report.skip("trained model", "its parameters are known from the inputs")
        }
        return report
    }

    /// A run of which no step is known, or not all that its outcome counts, is not verified.
    private func requireSteps(_ run: Run, _ report: inout VerificationReport) {
        guard report.verdict == .verified else { return }
        let known = run.recordedSteps
        if known == 0 {
            (report.verdict, report.reason) = (
                .incomparable,
                "no record of a step is there, in a golden log or in the ledger: nothing was checked but "
                    + "what \(run.outcomes.first?.file ?? workspace.manifest(report.run)) says by itself"
            )
        } else if let (file, outcome) = run.outcomes.first, known < outcome.steps {
            (report.verdict, report.reason) = (
                .incomplete, "\(file) states \(outcome.steps) steps, and records of \(known) are there"
            )
        } else if run.statesMoreThanLedger {
            (report.verdict, report.reason) = (
                .incomplete,
                "\(workspace.ledger) has the run as one that is not finished: its rows are held against no outcome"
            )
        }
    }

    /// Notes the documents, which were verified when the run was opened.
    private func noteDocuments(_ run: Run, _ report: inout VerificationReport) {
        let path = workspace.manifest(report.run)
        if FileContents.exists(path) {
            report.note("manifest", "\(path), digest \(run.manifest.digest)")
        } else {
            report.skip("manifest", "\(path) is not there")
        }
        if let golden = run.golden {
            report.note("golden log", "\(golden.count) steps, head \(golden.last?.head.hex ?? "none"), Merkle root")
            if !run.hasGoldenTensors {
                report.skip("golden tensors", "names.json and tensors.bin are not beside the log")
            }
        } else {
            report.skip("golden log", "\(workspace.golden(report.run)) is not there")
        }
    }

    private func noteSigners(_ run: Run, _ report: inout VerificationReport) {
        for key in run.signers.known { report.note("signature", "\(key)") }
        for name in run.signers.unknown { report.skip("signature", "by a key that is not known, \(name)") }
        if run.signers == .init() { report.skip("signature", "there is none") }
        guard requiresSignature, run.signers.known.isEmpty else { return }
        (report.verdict, report.reason) = (
            .incomplete, run.missingSignature
        )
    }

    private func verifyLedger(_ run: Run, _ report: inout VerificationReport) throws {
        guard let steps = run.ledger, let store = try workspace.existingLedger() else {
            return report.skip("ledger", "it does not hold the run")
        }
        // Reading the whole file through is the doctor's: other runs may fill gigabytes.
        let schema = try store.schema()
        for fault in schema.strangeTables {
            throw TamperError(
                file: workspace.ledger, run: nil, step: nil, field: "the database", expected: "a ledger's tables",
                found: fault)
        }
        report.note(
            "ledger",
            "\(steps.count) steps, head \(steps.last?.head.hex ?? "none"), stored values, tables of version "
                + "\(schema.version), level \(try store.level(of: report.run).rawValue)")
        if run.outcomes.isEmpty { report.skip("Merkle root", "the run is not finished and states none") }
        let checkpoints = try store.checkpoints(of: report.run)
        for checkpoint in checkpoints { _ = try run.open(checkpoint, on: engine) }
        report.note("checkpoints", "\(checkpoints.count), each against the record of its step")
        try noteRows(run, store, &report)
    }

    /// Notes the rows beside the steps that the outcome covers, and those that no digest covers.
    private func noteRows(_ run: Run, _ store: LedgerStore, _ report: inout VerificationReport) throws {
        let loose = try store.looseRows(of: report.run)
        if let seal = run.seal {
            report.note("ledger rows", seal.description)
        } else {
            report.skip(
                "ledger rows",
                (run.outcomes.contains { $0.file == workspace.ledger }
                    ? "its outcome has format 2" : "the run is not finished")
                    + ": \(loose.measures) measures, and which rows latents, checkpoints, data_items and labels must have, "
                    + "stand in no digest")
        }
        if !run.prunedCheckpoints.isEmpty {
            let steps = run.prunedCheckpoints.map(String.init).joined(separator: ", ")
            report.skip("checkpoints", "those after steps \(steps) are gone, as `smpo runs prune` leaves it")
        }
        report.skip(
            "ledger rows",
            "when the run began and ended" + (loose.audits == 0 ? "" : ", and \(loose.audits) audits of it,")
                + " stand in no digest")
    }

    private func verifyInputs(_ run: Run, _ report: inout VerificationReport) throws {
        guard opensInputs else {
            report.skip("inputs", "left out")
            return report.skip("trained model", "whether its weights are those of the last step: inputs are left out")
        }
        let session = try run.session(on: engine, forReplay: false)
        report.note("inputs", session.inputs.digests.keys.sorted(by: utf8Less).joined(separator: ", "))
        try verifyLatents(session, &report)
        noteScores(session, &report)
        let folder = workspace.model(report.run)
        guard let outcome = run.manifest.outcome else {
            return report.skip("trained model", "the run is not finished")
        }
        guard FileContents.isFolder(folder) else { return report.skip("trained model", "\(folder) is not there") }
        guard !run.replacesRun else {
            return report.skip("trained model", "\(folder) is that of the ledger's run, whose golden place another has")
        }
        // A run that keeps an average hands that over.
        let last = (run.ledger?.last?.record ?? run.golden?.last?.record)?.flatMap {
            $0[Entries.Weights.average]
        }
        var expected = outcome.weightsDigest
        if session.trainer.average != nil {
            guard let average = last else {
                return report.skip("trained model", "it is an average, whose digest only the steps hold")
            }
            expected = average
        }
        let found = try trainedDigest(folder, session)
        guard found == expected else {
            throw TamperError(
                file: folder, run: report.run, step: outcome.steps, field: "the trained weights",
                expected: expected.hex, found: found.hex)
        }
        if let network = session.model.diffusionModel?.unet, network.adapterRecipe != nil {
            try requireMerged(folder, network, run)
        }
        report.note("trained model", "\(folder), digest \(found)")
    }

    /// Every row of the latents that were made of the run's pictures against its digest, which no step has read yet.
    private func verifyLatents(_ session: TrainingSession, _ report: inout VerificationReport) throws {
        guard let set = session.latents?.set, case .pairs(let dataset, _) = session.data.items,
            let pairs = (dataset as? EncodedPairs)?.pairs
        else { return }
        try set.requireIntact(pairs, set.layout.texts == nil ? nil : LatentSetCaptions(pairs))
        report.note("latents", "\(set.folder): \(set.layout.pairs) pairs, each row as its digest says")
        report.skip("latents", "whether they are what the autoencoder makes of the pictures: smpo data encode --check")
    }

    /// Scores that were kept are those that the manifest names; whether the reward model gives them is another question.
    private func noteScores(_ session: TrainingSession, _ report: inout VerificationReport) {
        guard let folder = session.data.rewardScores?.folder else { return }
        report.skip("scores", "\(folder): whether they are what the reward model says: smpo audit --remake-latents")
    }

    /// The digest of the trained parameters as the model's folder holds them.
    private func trainedDigest(_ folder: String, _ session: TrainingSession) throws -> Digest {
        let isAdapted = session.model.diffusionModel?.unet.adapterRecipe != nil
        var sources: [String: Checkpoint] = [:]
        let tensors = try session.trainer.model.parameters.map { name, parameter in
            let component = String(name.prefix { $0 != "/" })
            let source =
                try sources[component]
                ?? (isAdapted
                    ? Checkpoint(safetensors: "\(folder)/\(AdapterFiles.folder)/\(AdapterFiles.peftWeights)")
                    : Checkpoint(
                        weightsIn:
                            session.model.pipeline.place(of: component, in: ModelFolder(path: folder))))
            sources[component] = source
            let tensor = try source.float32(
                named: (isAdapted ? AdapterFiles.peftPrefix : "") + name.dropFirst(component.count + 1),
                shape: parameter.value.shape)
            return (name: name, tensor: tensor)
        }
        return try weightsDigest(of: tensors, on: engine)
    }

    /// Holds the weights that the folder has for the network against the base with the folder's adapters in it.
    private func requireMerged(_ folder: String, _ network: UNet2DConditionModel, _ run: Run) throws {
        let adapters = try Checkpoint(
            safetensors: "\(folder)/\(AdapterFiles.folder)/\(AdapterFiles.peftWeights)")
        for parameter in network.trainedParameters {
            parameter.replace(
                with: try adapters.float32(
                    named: AdapterFiles.peftPrefix + parameter.name, shape: parameter.value.shape))
        }
        let weights = try Checkpoint(weightsIn: "\(folder)/unet")
        for (name, shape, make) in network.storedWeights {
            let found = try weights.float32(named: name, shape: shape).digest(named: name)
            let expected = make().digest(named: name)
            guard found == expected else {
                throw TamperError(
                    file: "\(folder)/unet", run: run.name, step: nil, field: "the merged \(name)",
                    expected: expected.hex, found: found.hex)
            }
        }
    }
}

extension VerificationReport {
    fileprivate mutating func note(_ name: String, _ detail: String) {
        checks.append(Check(name: name, detail: detail))
    }

    fileprivate mutating func skip(_ name: String, _ why: String) {
        unchecked.append(Check(name: name, detail: why))
    }
}
