import Checkpoints
import Compute
import Core
import Datasets
import Diffusion
import Ledger
import Preferences
import Tables
import Training

/// Model and data of a run, opened as they are now and held against the digests in the manifest.
extension Run {
    /// Something of a run that is not at hand.
    package struct Missing: Error {
        /// The reason.
        package let why: String

        /// With the reason.
        package init(why: String) { self.why = why }
    }

    /// Opens the data alone, and holds it against the manifest.
    func openData() -> Result<RunData, Missing> {
        let opened: Result<RunData, any Error> = Result {
            let data = try RunData(recipe, checksKept: true, scores: RewardScoresUse(folder: workspace.scores))
            for (name, digest) in data.digests.sorted(by: { utf8Less($0.key, $1.key) })
            where manifest.inputs.digests[name] != digest {
                throw Missing(why: "the \(name) here are not those of the run: their digest is \(digest)")
            }
            return data
        }
        return opened.mapError { $0 as? Missing ?? Missing(why: "the data cannot be opened: \($0)") }
    }

    /// Opens the session that the manifest describes; `forReplay` refuses one that this machine's memory could not
    /// carry through its steps. Throws `TamperError` naming the file or item whose content is
    /// not the recorded one, `OtherLatents` where latents that are made here come out otherwise, `ContractDifference` for a
    /// run of another contract than the engine's, and the reader's own error for what is missing. A run of a foreign backend
    /// is replayed on the reference.
    func session(
        on engine: Engine, forReplay: Bool = true, latents: LatentSetUse? = nil
    ) throws -> TrainingSession {
        if let difference = difference(from: engine.contract) { throw difference }
        let path = workspace.manifest(name)
        let recipe = try recipe
        let isForeign = manifest.inputs.backend != ManifestInputs.referenceBackend
        var use =
            latents
            ?? LatentSetUse(
                forReplay ? .readOrMake : .read, folder: workspace.latents, scores: workspace.scores)
        // Latents of other pictures than the run's need not be made.
        use.check = { [self] data, digests in
            let later = Set(manifest.inputs.digests.keys.filter { $0 == "latents" || $0 == "schedule" })
            try requireInputs(digests, data, recipe, except: later)
        }
        let session = try openOrExplain(recipe, engine, forReplay, isForeign: isForeign, use)
        let made = session.latents.flatMap { $0.isOwn ? $0.set.digest : nil }
        let stated = manifest.inputs.digests["latents"]
        // What was made here of the run's own inputs is a result, and nothing that was changed.
        let isResult = made != nil && stated != nil
        try requireInputs(
            session.inputs.digests, session.data, recipe, except: isResult ? ["latents"] : [],
            latents: session.latents?.set.folder)
        if let made, let stated, made != stated {
            // Left there, they would be taken for the run's by whoever comes next; the verdict does not depend on it.
            try? session.latents?.discard()
            throw OtherLatents(expected: stated, found: made)
        }
        var inputs = session.inputs
        // A foreign backend, its library and its threads are those of the machine that recorded.
        if isForeign { (inputs.backend, inputs.other) = (manifest.inputs.backend, manifest.inputs.other) }
        guard inputs.digest == manifest.inputs.digest else {
            throw tampered(path, "inputs digest", manifest.inputs.digest.hex, inputs.digest.hex)
        }
        try checkItems(session)
        return session
    }

    /// The digests of what was opened are those of the manifest. - Throws: `TamperError`, and what `session` throws.
    private func requireInputs(
        _ found: [String: Digest], _ data: RunData, _ recipe: Recipe, except later: Set<String> = [],
        latents: String? = nil
    ) throws {
        let recorded = manifest.inputs.digests
        // The labels follow from the scores, which are named first.
        if let scores = data.rewardScores, let stated = recorded["scores"], stated != scores.digest,
            ["data", "reward"].allSatisfy({ recorded[$0] == found[$0] })
        {
            guard let folder = scores.folder, scores.areRead else {
                throw OtherLatents(expected: stated, found: scores.digest, areScores: true)
            }
            throw tampered(folder, "digest of scores", stated.hex, scores.digest.hex)
        }
        let names = Set(recorded.keys).union(found.keys).subtracting(later).sorted(by: utf8Less)
        for name in names where recorded[name] != found[name] {
            if let missing = missingItem(data) { throw missing }
            if name == "data", let changed = changedItem(data, recipe) { throw changed }
            if manifest.format < Manifest.format, recorded[name] == nil, Run.isLater(name) {
                throw UnstatedInput(file: workspace.manifest(self.name), input: name)
            }
            throw tampered(
                name == "latents" ? latents ?? name : place(of: name, recipe), "digest of \(name)",
                recorded[name]?.hex ?? "nothing", found[name]?.hex ?? "nothing")
        }
    }

    /// Whether runs that were recorded with manifests of format 2 had no digest of an input although they read it.
    private static func isLater(_ name: String) -> Bool {
        name.hasPrefix("model/tokenizer/") || name == "data/left_out"
    }

    /// The data is what it was; the ledger's list of its items and labels, where there is one, must say so.
    private func checkItems(_ session: TrainingSession) throws {
        let recorded = try dataItems()
        guard !recorded.isEmpty else { return }
        let items = session.data.ledgerItems
        guard recorded.count == items.count else {
            throw tampered(workspace.ledger, "data_items", "\(items.count) rows", "\(recorded.count)")
        }
        for (item, found) in zip(items, recorded) where item != found {
            let isLabel = utf8Equal(item.item, found.item) && item.digest == found.digest
            let text = { (item: DataItem) in
                "\(item.item) \(item.digest) "
                    + item.labels.sorted { utf8Less($0.key, $1.key) }
                    .map { "\($0.key) \(HexFloat.string(bits: $0.value))" }.joined(separator: ", ")
            }
            throw tampered(workspace.ledger, isLabel ? "labels" : "data_items", text(item), text(found))
        }
    }

    /// The run was recorded from inputs that could be read: one that cannot be read now, but is there, has changed.
    private func openOrExplain(
        _ recipe: Recipe, _ engine: Engine, _ forReplay: Bool, isForeign: Bool, _ latents: LatentSetUse
    ) throws -> TrainingSession {
        do {
            // A replay takes what the run took.
            let workers = engine.pool.workers
            var keepsLanesInFile = false
            if forReplay {
                let isThere =
                    try latents.mode != .makeAgain && latentSet(below: latents.folder).map(LatentSet.isThere) ?? true
                let machine = MachineMemory.read(for: engine)
                let plan = try MemoryPlan(
                    recipe, workers: workers, gradientCopies: isForeign ? 2 : 0, makesLatents: !isThere,
                    on: engine.device
                ).fitted(to: machine, recipe, workers: workers)
                try plan.requireFits(machine, recipe, workers: workers)
                keepsLanesInFile = plan.keepsLanesInFile
            }
            // What a training has kept of its data is no evidence.
            return try TrainingSession(
                recipe: recipe, engine: engine, backend: isForeign ? .reference : nil, latents: latents,
                checksKept: true, keepsLanesInFile: keepsLanesInFile)
        } catch let error where Run.isDamage(error) {
            throw tampered(
                workspace.manifest(name), "digest of an input", "the inputs as they were recorded",
                "\(error)")
        }
    }

    /// Whether an error of opening inputs says that a file holds something else, not that it cannot be reached.
    private static func isDamage(_ error: any Error) -> Bool {
        switch error {
        case let error as CheckpointError: error.kind != .unreadable && error.kind != .layout
        case let error as FolderPairsError: !error.isUnreachable
        case let error as TableError: error.kind != .unreadable && error.kind != .layout
        case is TablePairsError: true
        case is ConfigError, is CLIPTokenizerError, is PairLabels.Unusable, is TrainingError: true
        case is JSONSyntaxError, is JSONShapeError: true
        case let error as RewardFilesError: !error.isMissing
        case is LatentSetChanged, is LatentSetMismatch: true
        default: false
        }
    }

    /// A pair of the run that was left out now because a picture of it could not be opened. That is no other content as
    /// long as all pairs that are there are those of the run.
    private func missingItem(_ data: RunData) -> FolderPairsProblem? {
        let recorded = itemDigests()
        let missing = data.refused.first { $0.isUnreachable && recorded[$0.item] != nil }
        guard let missing, case .pairs(let dataset, _) = data.items else { return nil }
        let isWhole = (try? dataItems())?.isEmpty == false
        let areSame = (0..<dataset.count).allSatisfy { index in
            let item = dataset.item(at: index)
            return recorded[item.id].map { $0 == item.digest.hex } ?? !isWhole
        }
        return areSame ? missing : nil
    }

    /// The first pair whose content is not the recorded one: by the ledger's list of items, or by the steps of the
    /// golden log that drew it.
    private func changedItem(_ data: RunData, _ recipe: Recipe) -> TamperError? {
        guard case .pairs(let dataset, _) = data.items else { return nil }
        let recorded = itemDigests()
        let source = recipe.data.source
        for index in 0..<dataset.count {
            let item = dataset.item(at: index)
            guard let expected = recorded[item.id], expected != item.digest.hex else { continue }
            let places = PairSide.allCases.map { place(of: item.image(of: $0), in: source) }
            return tampered(
                places.joined(separator: ", "), "digest of \(item.id)", expected, item.digest.hex)
        }
        return nil
    }

    private func place(of picture: String, in source: Recipe.Data.Source) -> String {
        switch source {
        case .shapes: picture
        case .folder(let path, _), .pairFolders(let path, _): "\(path)/\(picture)"
        case .latents(let path):
            "\(path)/\(LatentSet.isThere(path) ? LatentSet.listName : LatentPairs.fileName) (\(picture))"
        case .table(let table): "\(table.path) (\(picture))"
        }
    }

    private func place(of digest: String, _ recipe: Recipe) -> String {
        if digest.hasPrefix("model/"), case .folder(let folder) = recipe.model {
            let part = digest.dropFirst("model/".count)
            if part == "vae" || part.hasPrefix("vae/"), let own = folder.autoencoder { return own + part.dropFirst(3) }
            return "\(folder.path)/\(part)"
        }
        if digest == "reward" || digest.hasPrefix("reward/"), let reward = recipe.reward { return reward.files.model }
        guard digest.hasPrefix("data") || digest == "labels" else { return digest }
        switch recipe.data.source {
        case .shapes: return digest
        case .folder(let path, _), .pairFolders(let path, _), .latents(let path): return path
        case .table(let table): return table.path
        }
    }

    private func tampered(_ file: String, _ field: String, _ expected: String, _ found: String) -> TamperError {
        TamperError(
            file: file, run: name, step: nil, field: field, expected: expected, found: found)
    }
}
