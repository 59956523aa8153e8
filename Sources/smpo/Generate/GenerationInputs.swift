import Compute
import Core
import Datasets
import Diffusion
import Foundation
import Ledger
import Preferences
import Studies
import Training

/// What a set of self-made pairs is made from, opened: the model that draws, the reward model, captions.
struct GenerationInputs {
    /// The model that draws.
    let model: DiffusionModel
    private let folder: ModelFolder
    private let digests: [String: Digest]
    private let reward: EvaluationReward?
    private let statement: EvaluationReward.Statement?
    private let captions: [String]
    private let source: GenerationRecord.Captions

    /// Whether the model draws over an autoencoder's latents.
    var isLatent: Bool { model.autoencoder != nil }

    /// Opens what is named; `captions` is nil for those of the shapes world.
    /// - Throws: what is missing, misshapen or not finite, with the file's name.
    init(folder: ModelFolder, reward: EvaluationReward?, captions path: String?) throws {
        if let path {
            let set = try PromptFile.read(path)
            captions = set.prompts.map(\.text)
            source = .file(path: path, digest: try FileContents.isFolder(path) ? set.digest : .file(path))
        } else {
            captions = ShapesSplit.training.captions.map(\.text)
            source = .shapes(.training)
        }
        (self.folder, self.reward) = (folder, reward)
        model = try DiffusionModel(Pipeline(.diffusion, folder))
        digests = Pipeline.inputs(try model.pipeline.digests())
        // Opened before anything is drawn, and let go: what is wrong with it is said at once, and not after hours.
        let captions = captions
        statement = try reward.map {
            EvaluationReward.Statement($0, try $0.kind.open($0.files), prompts: captions)
        }
    }

    /// Opens what `record` names. - Throws: `TrainingError.mismatch` where it is not what the set was made from.
    init(of record: GenerationRecord) throws {
        var path: String?
        if case .file(let file, _) = record.captions { path = file }
        try self.init(
            folder: try record.model.folder, reward: try record.scorer?.reward, captions: path)
        try require(record.model, digests)
        if let scorer = record.scorer, let statement { try require(scorer, ["scorer": statement.digest]) }
        if case .file(let path, let digest) = record.captions, source != record.captions {
            throw TrainingError.mismatch(
                what: path, expected: "captions with the digest \(digest)", found: "others",
                hint: "the set was made with another one")
        }
    }

    private func require(_ source: GenerationRecord.Source, _ found: [String: Digest]) throws {
        // A part that is there only now was not there when the set was made.
        for part in Set(source.digests.keys).union(found.keys).sorted(by: utf8Less)
        where found[part] != source.digests[part] {
            throw TrainingError.mismatch(
                what: "\(source.path), \(part)", expected: source.digests[part]?.hex ?? "nothing",
                found: found[part]?.hex ?? "nothing", hint: "the set was made with another one")
        }
    }

    /// Makes the set into `folder`.
    /// - Parameters:
    ///   - kept: the folder of kept pictures and scores, which is read and added to; without one all are made anew.
    ///   - record: of the set that is made again: what is drawn has to follow from the same.
    func write(
        _ settings: PairGeneration.Settings, _ voters: ShapesVoters?, to folder: String, keeping kept: String?,
        engine: Engine, against record: GenerationRecord? = nil, showsNotes: Bool
    ) throws -> PairGeneration.Outcome {
        if showsNotes { Message.note(InputNotes(captions: captions, isCut: model.cuts)) }
        let place = kept ?? NSTemporaryDirectory() + "smpo-pictures-\(UUID().uuidString)"
        defer { if kept == nil { try? FileManager.default.removeItem(atPath: place) } }
        let scorer = statement.map { statement in
            EvaluationScorer(statement) { [reward] in try reward!.kind.open(reward!.files) }
        }
        let generation = try PairGeneration(
            model: model, in: self.folder, settings: settings, captions: captions, voters: voters, scorer: scorer,
            keeping: place, engine: engine)
        let drawing = generation.source.drawing
        if let recorded = record?.drawing, recorded != drawing {
            throw TrainingError.mismatch(
                what: "how \(self.folder.path) draws", expected: JSONValue.object(recorded).canonical,
                found: JSONValue.object(drawing).canonical, hint: "the set was made with another one")
        }
        let made = GenerationRecord(
            contract: engine.contract.rawValue, settings: generation.settings, drawing: drawing, captions: source,
            model: .init(self.folder, digests: digests),
            scorer: reward.flatMap { reward in statement.map { .init(reward, digest: $0.digest) } }, voters: voters)
        let bar = ProgressBar(
            total: isLatent ? generation.calls : settings.pairs, unit: isLatent ? "step" : "pair")
        defer { bar.finish() }
        return try generation.write(to: folder, record: made.json) { calls in
            bar.update(isLatent ? calls : calls * settings.pairs / generation.calls)
            try EncodingProgress.stopIfAsked()
        }
    }
}
