import Compute
import Core
import Datasets
import Diffusion
import Ledger
import Preferences
import Tables

/// `from_parquet`: one step of SmPO from stored pictures. Rows of a table are decoded, scored, ordered by their scores,
/// resized, cropped, mirrored and encoded, and their captions encoded. Policy and reference are the networks in the folders
/// that the case names, the model's `unet` where it names none. Inputs: noise [2 · rows, c, h, w] of the latents, winners' then
/// losers'; `scores` [rows, 2] where they are not to be computed.
package enum PicturesParity: ParityKind {
    package static let kind = "from_parquet"

    /// A row of the table.
    private struct Row {
        let caption: String
        /// `jpg_0` and `jpg_1`.
        let images: [Image]
    }

    package static func tensors(_ task: ParityTask) throws -> [(name: String, tensor: Tensor)] {
        let (engine, hp) = (task.engine, try ParityCase(pictures: task.parameters))
        let model = try DiffusionModel(path: task.model)
        let rows = try rows(task)
        let captions = rows.map(\.caption)
        let scores = try scores(task, rows)
        let winners = scores.map { $0[0] > $0[1] ? PairSide.image0 : .image1 }
        try requireWinners(task, winners)
        let pictures = try pictures(task, rows, winners)
        let x0 = try latents(task, model, pictures)
        let states = model.encode(captions, engine: engine)
        let edge = try edge(task)
        let ordered = zip(scores, winners).map { ($0[$1.rawValue], $0[$1.other.rawValue]) }
        let weights = ordered.map { hp.label.weight(winner: $0.0, loser: $0.1) }

        let batch = TrainingBatch(
            items: try rows.indices.map { row in
                let t = try task.parameters["timesteps"][row].int()
                guard (0..<hp.timesteps).contains(t) else {
                    throw try task.parameters["timesteps"][row].error(expected: "0..<\(hp.timesteps)", found: "\(t)")
                }
                return TrainingBatch.Item(
                    id: "\(row)", digest: Digest.of(.dataItem, captions[row]), weight: weights[row], timestep: t)
            },
            x0: engine.stacked(
                rows.indices.flatMap { [x0.slice($0..<$0 + 1), x0.slice($0 + rows.count..<$0 + rows.count + 1)] }),
            noise: nil, conditioning: .encoded(states),
            sizes: model.needsSizes ? rows.flatMap { _ in [edge, edge] }.map(SizeCondition.init(square:)) : [])
        let (collector, result) = try step(hp, model, batch, task)

        var tensors: [(name: String, tensor: Tensor)] = [
            ("pixels_u8", ParityTask.bytes(pictures.flatMap(\.rgb), shape: [pictures.count, edge, edge, 3])),
            ("scores", Tensor(scores.flatMap { $0 }, shape: [rows.count, 2])), ("x0", x0), ("ctx", states.context),
            ("coefficient", Tensor(weights, shape: [rows.count])),
            ("gradient_norm", Tensor([result.gradientNorm], shape: [1])),
        ]
        if let pooled = states.pooled {
            let ids = SizeCondition(square: edge).numbers.map(Float.init)
            tensors.append(("pooled", pooled))
            tensors.append(("time_ids", Tensor(rows.flatMap { _ in ids }, shape: [rows.count, ids.count])))
        }
        tensors += collector.tensors.filter { ["p", "xt", "target", "pred", "loss"].contains($0.name) }
        return tensors + collector.gradients.map { ("grad." + $0.name, $0.tensor) }
    }

    private static func edge(_ task: ParityTask) throws -> Int {
        let edge = try task.parameters["resolution"].int()
        guard (8...4096).contains(edge) else {
            throw try task.parameters["resolution"].error(expected: "8 to 4096", found: "\(edge)")
        }
        return edge
    }

    /// The rows of the table that the case names.
    private static func rows(_ task: ParityTask) throws -> [Row] {
        let table = try Table.parquet(task.file(task.parameters["parquet"].string()))
        let columns = try ["caption", "jpg_0", "jpg_1"].map(table.column)
        return try task.parameters["rows"].elements().map { element in
            let row = try element.count()
            guard row < table.rowCount else {
                throw element.error(expected: "a row below \(table.rowCount)", found: "\(row)")
            }
            let values = try columns.map { try table.value(row: row, column: $0) }
            guard case .text(let caption) = values[0] else {
                throw element.error(expected: "a caption in row \(row)", found: values[0].kind)
            }
            let images = try values.dropFirst().enumerated().map { side, value in
                // `datasets` keeps a picture as a struct of its bytes and its path.
                guard case .bytes(let bytes) = value["bytes"] ?? value else {
                    throw element.error(expected: "a picture in jpg_\(side) of row \(row)", found: value.kind)
                }
                return try ImageDecoder.decode(bytes: bytes, file: "\(table.path), row \(row), jpg_\(side)")
            }
            return Row(caption: caption, images: images)
        }
    }

    /// Scores of both pictures of each row: the inputs', or the scorer's that the case names.
    private static func scores(_ task: ParityTask, _ rows: [Row]) throws -> [[Float]] {
        let values: [Float]
        if task.inputs?.contains("scores") ?? false {
            values = try task.input("scores", shape: [rows.count, 2]).floats
        } else {
            let scorer = try PickScore(
                RewardFiles(task.file(task.parameters["scorer"].string()), resizeOrder: .pillow13))
            values = try scorer.scores(
                rows.flatMap(\.images), captions: rows.flatMap { [$0.caption, $0.caption] }, engine: task.engine)
        }
        return rows.indices.map { Array(values[2 * $0..<2 * $0 + 2]) }
    }

    /// The case says which pictures win. - Throws: `JSONShapeError` where the scores say otherwise.
    private static func requireWinners(_ task: ParityTask, _ winners: [PairSide]) throws {
        guard let stated = try task.parameters["winner"].present?.elements() else { return }
        for (winner, element) in zip(winners, stated) where try element.string() != "jpg_\(winner.rawValue)" {
            throw element.error(expected: "jpg_\(winner.rawValue), the better one by its score")
        }
    }

    /// The pictures as they are encoded: winners, then losers.
    private static func pictures(_ task: ParityTask, _ rows: [Row], _ winners: [PairSide]) throws -> [Image] {
        let edge = try edge(task)
        return try [false, true].flatMap { isLoser in
            try rows.indices.map { row in
                let side = isLoser ? winners[row].other : winners[row]
                let image = rows[row].images[side.rawValue]
                let isMirrored = try task.parameters["flips"][row][isLoser ? 1 : 0].bool()
                let square = ParityTask.preparation().square(
                    image, PicturePlacement(height: image.height, width: image.width, edge: edge))
                guard isMirrored else { return square }
                return PixelPlanes.image(
                    PixelPlanes.planar(square, flipped: true), width: square.width, height: square.height)
            }
        }
    }

    private static func latents(_ task: ParityTask, _ model: DiffusionModel, _ pictures: [Image]) throws -> Tensor {
        guard let autoencoder = model.autoencoder else {
            throw TrainingError.mismatch(
                what: "\(task.model)", expected: "a model with an autoencoder (vae)", found: "none", hint: nil)
        }
        let edge = try edge(task)
        let moments = autoencoder.encode(
            Tensor(pictures.flatMap { PixelPlanes.planar($0) }, shape: [pictures.count, 3, edge, edge]),
            engine: task.engine)
        let noise = try task.input("noise", shape: moments.mean.shape)
        return autoencoder.scaled(moments.sample(noise, engine: task.engine), engine: task.engine)
    }

    /// The network of another folder that the case names by `policy` or `reference`; nil for the model's own.
    private static func network(
        _ task: ParityTask, _ key: String, _ model: DiffusionModel
    ) throws -> UNet2DConditionModel? {
        guard let cursor = try task.parameters[key].present, try cursor.string() != "unet" else { return nil }
        let network = try UNet2DConditionModel(path: "\(task.model)/\(try cursor.string())")
        guard network.config == model.unet.config else {
            throw cursor.error(
                expected: "a network of the structure of \(task.model)/unet", found: "\(try cursor.string())")
        }
        return network
    }

    /// One step.
    private static func step(
        _ hp: ParityCase, _ model: DiffusionModel, _ batch: TrainingBatch, _ task: ParityTask
    ) throws -> (ParityCollector, StepLosses) {
        let (elements, engine) = (batch.x0.count / batch.x0.shape[0], task.engine)
        let trained = TrainedModel(
            policy: try network(task, "policy", model) ?? model.unet,
            reference: try network(task, "reference", model)
                ?? UNet2DConditionModel(
                    config: model.unet.config, loader: ParameterLoader(sharing: model.unet.parameters)),
            textEncoder: nil, schedule: NoiseSchedule(model.scheduler),
            usesFloat16Levels: hp.inversion.usesFloat16Levels, engine: engine)
        let trainer = Trainer(
            task: .denoising(
                Denoising(
                    model: trained, objective: hp.makeObjective(elements: elements), inversion: hp.inversion)),
            optimizer: hp.optimizer.makeOptimizer(trained.parameters), learningRate: hp.learningRate, clip: nil)
        let collector = ParityCollector(hp, items: batch.items.count, elements: elements, engine: engine)
        let result = try trainer.step(batch, observer: collector)
        try collector.finish()
        return (collector, result)
    }
}
