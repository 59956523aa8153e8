import Compute
import Core
import Datasets
import Preferences

/// `score`: the table [captions, images] of a reward model in the model's folder, and what it is made of. Pillow's passes go
/// in the order of Pillow 13, which the cases were made with.
package enum ScoreParity: ParityKind {
    package static let kind = "score"

    package static func tensors(_ task: ParityTask) throws -> [(name: String, tensor: Tensor)] {
        let pictures = try task.parameters["images"].elements().map { name in
            let path = try task.file(try name.string())
            return try ImageDecoder.decodeStored(bytes: try FileContents.read(path), file: path)
        }
        let captions = try task.parameters["captions"].present?.elements().map { try $0.string() } ?? [""]
        let kind = try kind(task)
        func table(_ files: RewardFiles) throws -> (model: any RewardModel, table: RewardTable) {
            let model = try kind.open(files)
            return (model, try model.table(pictures, captions: captions, engine: task.engine))
        }
        var files = RewardFiles(task.model)
        if kind.parts.contains(.resizeOrder) { files.resizeOrder = .pillow13 }
        if kind == Aesthetic.kind { return try aesthetic(task, files, pictures) }

        let (model, own) = try table(files)
        var tensors = own.steps + [("score", own.scores)]
        if !own.ids.isEmpty { tensors.append(("input_ids", integers(own.ids))) }
        if !own.mask.isEmpty { tensors.append(("attention_mask", integers(own.mask))) }
        if let scorer = model as? PickScore {
            let (cosines, width) = (own.scores.floats, pictures.count)
            let rows = stride(from: 0, to: cosines.count, by: width).map { Array(cosines[$0..<$0 + width]) }
            tensors =
                own.steps + tensors.dropFirst(own.steps.count + 1) + [
                    ("cosine", own.scores),
                    ("score", Tensor(cosines.map { scorer.scale * $0 }, shape: own.scores.shape)),
                    ("probs", Tensor(rows.flatMap(scorer.shares), shape: own.scores.shape)),
                ]
        }
        if kind.parts.contains(.antialias) {
            files.antialias = false
            let other = try table(files).table
            let pixels = other.steps.first { $0.name == "pixel_values" }!.tensor
            tensors += [("pixel_values_no_antialias", pixels), ("score_no_antialias", other.scores)]
        }
        return tensors
    }

    private static func integers(_ rows: [[Int]]) -> Tensor {
        ParityTask.integers(rows.flatMap(\.self), shape: [rows.count, rows[0].count])
    }

    /// The kind that the case's member `model` names, as `HPSv2.1` does.
    private static func kind(_ task: ParityTask) throws -> RewardKind {
        let name = try task.parameters["model"].string()
        let letters = name.lowercased().filter(\.isLetter)
        let known = [
            ("pickscore", PickScore.kind), ("hps", HPSv2.kind), ("imagereward", ImageReward.kind),
            ("aesthetic", Aesthetic.kind),
        ]
        if let found = known.first(where: { letters.contains($0.0) }) { return found.1 }
        throw try task.parameters["model"].error(
            expected: "one of \(RewardKind.all.map(\.title).joined(separator: ", "))", found: "\"\(name)\"")
    }

    /// Scores of every head in the folder: `score_linear` with the affine map that it is, `score_relu`.
    private static func aesthetic(
        _ task: ParityTask, _ files: RewardFiles, _ pictures: [StoredPicture]
    ) throws -> [(name: String, tensor: Tensor)] {
        var tensors: [(name: String, tensor: Tensor)] = []
        let clip = try task.parameters["clip"].present.map { "\(task.model)/\(try $0.string())" } ?? task.model
        let named = try task.parameters["head"].present.map { try $0.string() }
        let others = try FileContents.names(in: task.model).filter { $0.hasSuffix(".pth") && $0 != named }
        for head in (named.map { [$0] } ?? []) + others.sorted(by: utf8Less) {
            var files = files
            (files.model, files.head) = (clip, "\(task.model)/\(head)")
            let model = try Aesthetic(files)
            let own = try model.table(pictures, captions: [""], engine: task.engine)
            let name = model.folded == nil ? "score_relu" : "score_linear"
            guard !tensors.contains(where: { $0.name == name }) else { continue }
            if tensors.isEmpty { tensors = own.steps }
            tensors.append((name, own.scores.reshaped([pictures.count])))
            if let folded = model.folded {
                tensors.append(("folded_weight", Tensor(folded.weight.map(Float.init), shape: [folded.weight.count])))
                tensors.append(("folded_bias", Tensor([Float(folded.bias)], shape: [1])))
            }
        }
        return tensors
    }
}
