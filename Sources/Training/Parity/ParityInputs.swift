import Checkpoints
import Compute
import Core
import Diffusion
import Preferences

/// The tensors of a case: one row an optimiser step. x0 [steps, 2P, c, h, w] has the winners first, then the losers;
/// ctx [steps, P, tokens, width], t [steps, P], scores [steps, P, 2], and for SDXL pooled and time_ids. Noise is that of a
/// pair, noise_pair [steps, P, c, h, w], or of single pictures, noise [steps, 2P, c, h, w] with kto_t [steps, 2P].
struct ParityInputs {
    let x0: Tensor
    let context: Tensor
    let timesteps: [Int]
    let scores: Tensor?
    let pooled: Tensor?
    let sizes: [SizeCondition]
    let pairNoise: Tensor?
    let noise: Tensor?
    let singleTimesteps: [Int]?
    let pairs: Int
    let steps: Int
    let file: Checkpoint

    init(path: String, unet: UNetConfig) throws {
        file = try Checkpoint(safetensors: path)
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
        sizes = hasSizes ? try ParityInputs.sizes(file, [steps, pairs, 6]) : []
        let noiseShape = [steps, pairs] + x0.shape.dropFirst(2)
        noise = file.contains("noise") ? try file.float32(named: "noise", shape: x0.shape) : nil
        singleTimesteps =
            file.contains("kto_t") ? try ParityInputs.integers(file, "kto_t", count: steps * pairs * 2) : nil
        pairNoise = file.contains("noise_pair") ? try file.float32(named: "noise_pair", shape: noiseShape) : nil
    }

    /// The batch of optimiser step `step`: pairs in order, winner and loser of each in turn, or single pictures in the
    /// order of x0.
    func batch(_ step: Int, _ hp: ParityCase, engine: Engine) throws -> TrainingBatch {
        hp.objective == .kto ? try singles(step, hp, engine) : try pairs(step, hp, engine)
    }

    private func pairs(_ step: Int, _ hp: ParityCase, _ engine: Engine) throws -> TrainingBatch {
        let scores = try hp.objective == .smpo ? (self.scores ?? file.float32(named: "scores")).floats : nil
        let items = try (0..<pairs).map { pair in
            let at = (step * pairs + pair) * 2
            let weight = scores.map { hp.label.weight(winner: $0[at], loser: $0[at + 1]) } ?? 1
            return try item("pair", pair, step, weight, timesteps, "t", hp)
        }
        // Without noise, a case that needs some is refused.
        let isForward = hp.makeObjective(elements: 1).noising == .forward
        let noise = try isForward ? pairNoise ?? file.float32(named: "noise_pair") : nil
        let pictures = (0..<pairs).flatMap { [row(x0, step, $0), row(x0, step, pairs + $0)] }
        let shared = noise.map { noise in (0..<pairs).flatMap { [row(noise, step, $0), row(noise, step, $0)] } }
        return TrainingBatch(
            items: items, x0: engine.stacked(pictures), noise: shared.map(engine.stacked),
            conditioning: conditioning(step, Array(0..<pairs), engine),
            sizes: sizes(step, (0..<pairs).flatMap { [$0, $0] }))
    }

    private func singles(_ step: Int, _ hp: ParityCase, _ engine: Engine) throws -> TrainingBatch {
        let timesteps = try singleTimesteps ?? ParityInputs.integers(file, "kto_t", count: steps * pairs * 2)
        let noise = try self.noise ?? file.float32(named: "noise")
        let all = 0..<2 * pairs
        return TrainingBatch(
            items: try all.map { try item("picture", $0, step, $0 < pairs ? 1 : -1, timesteps, "kto_t", hp) },
            x0: engine.stacked(all.map { row(x0, step, $0) }), noise: engine.stacked(all.map { row(noise, step, $0) }),
            conditioning: conditioning(step, all.map { $0 % pairs }, engine),
            sizes: sizes(step, all.map { $0 % pairs }))
    }

    private func item(
        _ kind: String, _ place: Int, _ step: Int, _ weight: Float, _ timesteps: [Int], _ name: String,
        _ hp: ParityCase
    ) throws -> TrainingBatch.Item {
        let timestep = timesteps[step * timesteps.count / steps + place]
        guard (0..<hp.timesteps).contains(timestep) else {
            throw TrainingError.mismatch(
                what: "\(file.path): \(name)[\(step), \(place)]", expected: "0..<\(hp.timesteps)",
                found: "\(timestep)", hint: nil)
        }
        return TrainingBatch.Item(
            id: "\(place)", digest: Digest.of(.dataItem, "\(kind) \(place) of step \(step)"), weight: weight,
            timestep: timestep)
    }

    private func conditioning(_ step: Int, _ captions: [Int], _ engine: Engine) -> Conditioning {
        let pooled = pooled.map { pooled in engine.stacked(captions.map { row(pooled, step, $0) }) }
        return .encoded(
            TextStates(context: engine.stacked(captions.map { row(context, step, $0) }), pooled: pooled))
    }

    /// The sizes of samples by the pairs that they are of.
    private func sizes(_ step: Int, _ places: [Int]) -> [SizeCondition] {
        sizes.isEmpty ? [] : places.map { sizes[step * pairs + $0] }
    }

    /// The time ids of all pairs: whole numbers, as pixels are.
    private static func sizes(_ file: Checkpoint, _ shape: [Int]) throws -> [SizeCondition] {
        let ids = try file.float32(named: "time_ids", shape: shape)
        let numbers = try ids.floats.map { value in
            guard let number = Int(exactly: value), abs(number) <= 1 << 24 else {
                throw TrainingError.mismatch(
                    what: "\(file.path): time_ids", expected: "whole numbers of pixels", found: "\(value)", hint: nil)
            }
            return number
        }
        return stride(from: 0, to: numbers.count, by: shape[2]).compactMap {
            SizeCondition(Array(numbers[$0..<$0 + shape[2]]))
        }
    }

    /// Row `index` of what `x` holds for the step.
    private func row(_ x: Tensor, _ step: Int, _ index: Int) -> Tensor {
        let rows = x.slice(step..<step + 1).reshaped(Array(x.shape.dropFirst()))
        return rows.slice(index..<index + 1)
    }

    private static func integers(_ file: Checkpoint, _ name: String, count: Int) throws -> [Int] {
        let tensor = try file.tensor(named: name)
        guard tensor.dtype == .i64, tensor.count == count else {
            throw TrainingError.mismatch(
                what: "\(file.path): \(name)", expected: "\(count) values of I64",
                found: "\(tensor.count) of \(tensor.dtype.rawValue)", hint: nil)
        }
        return (0..<count).map { Int(tensor.bytes.loadUnaligned(fromByteOffset: $0 * 8, as: Int64.self)) }
    }
}
