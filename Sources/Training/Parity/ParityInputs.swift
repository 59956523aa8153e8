import Checkpoints
import Diffusion
import Digests
import Preferences
import Tensors

/// The tensors of a case: one row an optimiser step. x0 [steps, 2P, c, h, w] has the winners first, then the losers;
/// ctx [steps, P, tokens, width], t [steps, P], scores [steps, P, 2], and for SDXL pooled and time_ids.
struct ParityInputs {
    let x0: Tensor
    let context: Tensor
    let timesteps: [Int]
    let scores: Tensor?
    let pooled: Tensor?
    let timeIDs: Tensor?
    let pairNoise: Tensor?
    let pairs: Int
    let steps: Int
    let file: SafetensorsFile

    init(path: String, unet: UNetConfig) throws {
        file = try SafetensorsFile(path: path)
        x0 = try file.float32(named: "x0")
        guard x0.shape.count == 5, x0.shape[1] % 2 == 0, x0.shape[2] == unet.inChannels else {
            throw TrainingError.mismatch(
                what: "\(path): x0", expected: "[steps, 2·pairs, \(unet.inChannels), height, width]",
                found: "\(x0.shape)", hint: nil)
        }
        (steps, pairs) = (x0.shape[0], x0.shape[1] / 2)
        context = try file.float32(named: "ctx")
        let expected = [steps, pairs, context.shape.count > 2 ? context.shape[2] : 0, unet.crossAttentionDim[0]]
        guard context.shape == expected else {
            throw TrainingError.mismatch(
                what: "\(path): ctx", expected: "\(expected)", found: "\(context.shape)", hint: nil)
        }
        timesteps = try ParityInputs.integers(file, "t", count: steps * pairs)
        scores = file.contains("scores") ? try file.float32(named: "scores", shape: [steps, pairs, 2]) : nil
        let hasSizes = unet.additionEmbedding != nil
        pooled = hasSizes ? try file.float32(named: "pooled") : nil
        timeIDs = hasSizes ? try file.float32(named: "time_ids", shape: [steps, pairs, 6]) : nil
        let noiseShape = [steps, pairs] + x0.shape.dropFirst(2)
        pairNoise = file.contains("noise_pair") ? try file.float32(named: "noise_pair", shape: noiseShape) : nil
    }

    /// The batch of optimiser step `step`, pairs in order, winner and loser of each in turn.
    func batch(_ step: Int, _ hp: ParityCase, engine: Engine) throws -> TrainingBatch {
        func row(_ x: Tensor, _ index: Int) -> Tensor {
            let row = x.slice(step..<step + 1).reshaped(Array(x.shape.dropFirst()))
            return row.slice(index..<index + 1)
        }
        let items = try (0..<pairs).map { pair in
            let timestep = timesteps[step * pairs + pair]
            guard (0..<hp.timesteps).contains(timestep) else {
                throw TrainingError.mismatch(
                    what: "\(file.path): t[\(step), \(pair)]", expected: "0..<\(hp.timesteps)", found: "\(timestep)",
                    hint: nil)
            }
            var weight: Float = 1
            if hp.objective == .smpo {
                let scores = try self.scores ?? file.float32(named: "scores")
                let at = (step * pairs + pair) * 2
                weight = hp.label.weight(winner: scores.pointer[at], loser: scores.pointer[at + 1])
            }
            return TrainingBatch.Item(
                id: "\(pair)", digest: Digest.of(.dataItem, "pair \(pair) of step \(step)"), weight: weight,
                timestep: timestep)
        }
        let pictures = (0..<pairs).flatMap { [row(x0, $0), row(x0, pairs + $0)] }
        let noise = pairNoise.map { noise in (0..<pairs).flatMap { [row(noise, $0), row(noise, $0)] } }
        let added = pooled.map { pooled in
            TextTimeCondition(
                pooled: engine.stacked((0..<pairs).map { row(pooled, $0) }),
                timeIDs: engine.stacked((0..<pairs).map { row(timeIDs!, $0) }))
        }
        return TrainingBatch(
            items: items, x0: engine.stacked(pictures), noise: noise.map(engine.stacked),
            conditioning: .encoded(
                TextCondition(context: engine.stacked((0..<pairs).map { row(context, $0) }), added: added)))
    }

    private static func integers(_ file: SafetensorsFile, _ name: String, count: Int) throws -> [Int] {
        let tensor = try file.tensor(named: name)
        guard tensor.dtype == .i64, tensor.count == count else {
            throw TrainingError.mismatch(
                what: "\(file.path): \(name)", expected: "\(count) values of I64",
                found: "\(tensor.count) of \(tensor.dtype.rawValue)", hint: nil)
        }
        return (0..<count).map { Int(tensor.bytes.loadUnaligned(fromByteOffset: $0 * 8, as: Int64.self)) }
    }
}
