import Compute

/// The fresh noise of a step's inversions (DDIM-InPO), from the stream `sampler` at the step. Any sample's noise of any
/// move can be made by itself, so a micro-batch has the noise that its samples have in the whole batch.
package struct InversionNoise: Sendable {
    /// The run's seed.
    package let seed: UInt64
    /// The step.
    package let step: Int
    /// Samples of the whole batch.
    package let samples: Int

    /// The noise of move `move` for the batch's samples `rows`, each of shape [c, h, w]: [rows, c, h, w].
    func draw(move: Int, rows: [Int], shape: [Int], engine: Engine) -> Tensor {
        let stream = RandomStream(seed: seed, .sampler, step: step)
        let elements = shape.reduce(1, *)
        return engine.stacked(
            rows.map {
                engine.normals(stream, start: (move * samples + $0) * elements, shape: [1] + shape)
            })
    }
}
