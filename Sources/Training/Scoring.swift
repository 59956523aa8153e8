import Compute
import Core
import Diffusion
import Ledger
import Preferences

/// The gradients of a scorer under PickScore's loss over pairs. Phases that denoising has besides are absent.
///
/// A batch's loss is the mean of its pairs' by their weights, and where asked for besides CLIP's own loss over the
/// preferred pictures and their captions. Without that, items are independent of each other until their gradients
/// are added in data order, so neither the micro-batch's size nor the number of workers leaves a trace.
package final class Scoring {
    /// The scorer and its parameters.
    package let model: TrainedScorer
    /// Items computed at once, or nil for all. Changes memory and speed only.
    package let microItems: Int?
    /// The lanes that a batch's items are summed in, and where sums wait.
    package var lanes: LaneTree
    private let scratch: LaneScratch?
    /// Who computes which of them.
    package let ranks: TrainingRanks
    /// Whether blocks are computed again in the backward pass. Changes memory and speed only.
    package let recomputes: Bool
    /// The factor of CLIP's own loss; 0 for none. It needs the whole batch at once.
    package let contrastive: Float

    /// The gradients of `model`.
    package init(
        model: TrainedScorer, microItems: Int? = nil, recomputes: Bool = false, contrastive: Float = 0,
        lanes: LaneTree = LaneTree(lanes: 1), scratch: LaneScratch? = nil, ranks: TrainingRanks = TrainingRanks()
    ) {
        precondition(contrastive == 0 || microItems == nil && lanes.lanes == 1)
        (self.lanes, self.scratch, self.ranks) = (lanes, scratch, ranks)
        self.contrastive = contrastive
        self.model = model
        self.microItems = microItems
        self.recomputes = recomputes
    }

    /// What a run of lanes came to, with those that other ranks compute.
    package struct Part {
        /// The losses of the items.
        package fileprivate(set) var losses: [PickScoreLoss] = []
        /// CLIP's own loss, and its share of the derivative by the scale's logarithm.
        fileprivate var (clipLoss, clipSlope): (Float, Float) = (0, 0)
    }

    /// Phases `batch`, `policy` and `loss` and the backward passes of step `step`. Of several ranks each computes its lanes, and
    /// then has the gradients of the parameters that it updates.
    package func compute(_ batch: TrainingBatch, step: Int, observer: (any StepObserver)?) throws -> BatchLosses {
        let sums = LaneSums(lanes, model, scratch: scratch)
        let part = try compute(ranks.lanes(of: lanes), sums, batch, step: step, observer)
        ranks.enter(step: step, "phase gradient")
        try ranks.collect(sums, model)
        let (engine, clip, losses) = (model.engine, model.clip, part.losses)
        let scale = Elementary.exp(clip.logitScale.value.floats[0])
        let weights = batch.items.map(\.weight)
        let total = engine.sum(of: weights)
        engine.section = "loss"
        func sum(_ value: (PickScoreLoss) -> Float) -> Float {
            engine.sum(of: zip(weights, losses).map { ($0 / total) * value($1) })
        }
        // z is the scale times a difference, so that its derivative by the scale's logarithm is z.
        let slope = sum { $0.slope * $0.logit } + part.clipSlope
        clip.logitScale.replaceGradient(with: engine.tensor([slope], shape: []))
        let loss = sum(\.value) + part.clipLoss
        if contrastive > 0 { try observer?.observe(Entries.Loss.contrastive, part.clipLoss) }
        try observer?.observe(Entries.Loss.scale, scale)
        try observer?.observe(Entries.Loss.loss, loss)
        return BatchLosses(loss: loss, items: losses.map(\.value), logits: Logits(losses.map(\.logit)))
    }

    /// The same of a run of lanes, whose sums are added to `sums`, without what is made of the batch's numbers: its loss,
    /// and the gradient of the scale. What the observer sees of a batch as a whole it sees here too.
    package func compute(
        _ run: Range<Int>, _ sums: LaneSums, _ batch: TrainingBatch, step: Int, _ observer: (any StepObserver)?
    ) throws -> Part {
        if let observer {
            try batch.observe(observer)
            try observer.observe(Entries.Batch.labels, batch.items.map(\.label))
        }
        let scale = Elementary.exp(model.clip.logitScale.value.floats[0])
        let weights = batch.items.map(\.weight)
        let total = model.engine.sum(of: weights)
        var part = Part()
        ranks.enter(step: step, "phase loss")
        part.losses = try ranks.gathered {
            var losses = [PickScoreLoss?](repeating: nil, count: batch.items.count)
            for lane in run {
                try sums.add(lane, observer) {
                    for items in lanes.items(of: lane, among: batch.items.count).cut(into: microItems) {
                        let first = items.lowerBound
                        let pass = try pass(batch, items, observer)
                        let own = try items.map { item in
                            let (cosines, place) = (pass.cosines, 2 * (item - first))
                            for row in place..<place + 2 where !cosines[row].isFinite {
                                throw TrainingError.nonFinite(
                                    step: step, phase: .loss, tensor: "cosine of \(pass.names.name(row).text)",
                                    index: nil, value: cosines[row])
                            }
                            return PickScoreLoss(
                                cosines: (cosines[place], cosines[place + 1]), scale: scale,
                                label: batch.items[item].label)
                        }
                        try observeLosses(own, pass, observer)
                        var pulls = pass.similarities.enumerated().map { row, similarity in
                            let (item, sign): (Int, Float) = (first + row / 2, row % 2 == 0 ? 1 : -1)
                            return CosinePull(
                                CosinePair(row, row / 2), similarity,
                                slope: sign * ((weights[item] / total) * (own[row / 2].slope * scale)))
                        }
                        if contrastive > 0 { pulls += contrast(pass, scale, &part.clipLoss, &part.clipSlope) }
                        propagate(pulls, pass)
                        for (item, loss) in zip(items, own) { losses[item] = loss }
                    }
                }
            }
            return losses.compactMap { $0.map { [$0.value, $0.logit, $0.slope] } }
        }.map { PickScoreLoss(value: $0[0], logit: $0[1], slope: $0[2]) }
        if contrastive > 0 {
            // The whole batch is one lane, which one rank has.
            let (loss, slope) = (part.clipLoss, part.clipSlope)
            let rows = try ranks.gathered { run.isEmpty ? [] : [[loss, slope]] }
            (part.clipLoss, part.clipSlope) = (rows[0][0], rows[0][1])
        }
        return part
    }

    /// What the towers made of some items.
    private struct Pass {
        let names: SampleNames
        let imageTape: Tape
        let textTape: Tape
        /// Vectors of the pictures [2·items, projection], winner and loser in turn.
        let images: Variable
        /// Vectors of the captions [items, projection].
        let texts: Variable
        /// How each picture lies to its caption, and the cosines.
        let similarities: [CosineSimilarity], cosines: [Float]
    }

    private func pass(
        _ batch: TrainingBatch, _ items: Range<Int>, _ observer: (any StepObserver)?
    ) throws -> Pass {
        let (engine, clip) = (model.engine, model.clip)
        guard case .tokens(let ids) = batch.conditioning, batch.samplesPerItem == 2 else {
            preconditionFailure("a scorer learns from pairs with their captions' tokens")
        }
        let names = SampleNames(items: items, samplesPerItem: 2)
        engine.section = "batch"
        let pictures = batch.x0.slice(2 * items.lowerBound..<2 * items.upperBound)
        let pixels = try engine.operation("normalised pictures", [pictures]) {
            engine.placed(try model.processor.planes(pictures))
        }
        engine.section = "policy"
        // The towers meet in the cosines alone: a tape each, run back from its own vectors.
        let (imageTape, textTape) = (tape(), tape())
        let images = clip.imageFeatures(imageTape, pixels: imageTape.constant(pixels))
        let texts = clip.textFeatures(textTape, ids: items.map { ids[$0] })
        try names.observe(observer, Entries.Policy.imageVectors, images.value)
        for (row, item) in items.enumerated() {
            let vector = texts.value.slice(row..<row + 1).reshaped([texts.shape[1]])
            try observer?.observe(Entries.Policy.captionVectors[ItemName(item)], vector)
        }
        engine.section = "loss"
        var similarities: [CosineSimilarity] = []
        let cosines = engine.operation("cosine", [images.value, texts.value]) {
            similarities = engine.cosines(
                images.value, texts.value, (0..<2 * items.count).map { CosinePair($0, $0 / 2) })
            return Tensor(similarities.map(\.value), shape: [similarities.count])
        }
        return Pass(
            names: names, imageTape: imageTape, textTape: textTape, images: images, texts: texts,
            similarities: similarities, cosines: cosines.floats)
    }

    /// CLIP's loss over the preferred pictures, its slopes, and its share of the derivative by the scale's logarithm.
    private func contrast(_ pass: Pass, _ scale: Float, _ loss: inout Float, _ slope: inout Float) -> [CosinePull] {
        let count = pass.names.items.count
        let pairs = (0..<count * count).map { CosinePair(2 * ($0 / count), $0 % count) }
        let similarities = model.engine.cosines(pass.images.value, pass.texts.value, pairs)
        let logits = similarities.map { scale * $0.value }
        let result = ContrastiveLoss(logits: logits, count: count)
        loss = contrastive * result.value
        slope = model.engine.sum(of: zip(logits, result.slopes).map { contrastive * ($0 * $1) })
        return zip(zip(pairs, similarities), result.slopes).map { pair, slope in
            CosinePull(pair.0, pair.1, slope: contrastive * (slope * scale))
        }
    }

    private func tape() -> Tape { Tape(engine: model.engine, recomputesBlocks: recomputes) }

    /// The backward passes.
    private func propagate(_ pulls: [CosinePull], _ pass: Pass) {
        let (engine, images, texts) = (model.engine, pass.images.value, pass.texts.value)
        let imageSeed = engine.operation("image gradient", [images, texts]) {
            engine.cosineGradient(of: images, and: texts, pulls)
        }
        let textSeed = engine.operation("caption gradient", [images, texts]) {
            engine.cosineGradient(
                of: texts, and: images,
                pulls.map {
                    CosinePull(CosinePair($0.pair.second, $0.pair.first), $0.similarity.swapped, slope: $0.slope)
                })
        }
        engine.section = "gradient"
        pass.imageTape.backward(from: pass.images, seed: imageSeed)
        pass.textTape.backward(from: pass.texts, seed: textSeed)
    }

    private func observeLosses(
        _ losses: [PickScoreLoss], _ pass: Pass, _ observer: (any StepObserver)?
    ) throws {
        guard let observer else { return }
        for (place, loss) in losses.enumerated() {
            let item = ItemName(pass.names.items.lowerBound + place)
            try observer.observe(Entries.Loss.items[item], loss.value)
            try observer.observe(Entries.Loss.cosines[item], Array(pass.cosines[2 * place..<2 * place + 2]))
            try observer.observe(Entries.Loss.logits[item], loss.logit)
        }
    }
}
