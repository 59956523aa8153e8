import Checkpoints
import Compute
import Core

/// A reference that follows the policy as an exponential moving average, every so many steps, as Diffusion-KTO's
/// `--reference_ema`: diffusers' `EMAModel`, whose n-th move takes the decay 0 for n = 1, then min(d, n / (n + 9)). The
/// first move thus makes the reference the policy, and only a long run comes to d.
package final class MovingReference {
    /// d.
    package let decay: Double
    /// The steps from one move to the next.
    package let every: Int
    private let pairs: [(name: String, reference: Parameter, policy: Parameter)]

    /// Lets `reference` follow `policy`, the parameters of two networks of one make in the same order.
    package init(decay: Double, every: Int, reference: [Parameter], policy: [(name: String, parameter: Parameter)]) {
        precondition(reference.map { "unet/" + $0.name } == policy.map(\.name))
        self.decay = decay
        self.every = every
        pairs = zip(reference, policy).map { ($1.name, $0, $1.parameter) }
    }

    /// The reference's weights under the policy's names.
    package var tensors: [(name: String, tensor: Tensor)] { pairs.map { ($0.name, $0.reference.value) } }

    /// Puts back weights saved earlier: `read` gives those saved under a name, which must have a shape.
    package func restore(_ read: (String, [Int]) throws -> Tensor) rethrows {
        for (name, reference, _) in pairs { reference.replace(with: try read(name, reference.value.shape)) }
    }

    /// Moves, if it is time, after update `k`, counted from 1.
    package func update(k: Int, engine: Engine) {
        guard k % every == 0 else { return }
        let move = k / every
        let decay = move == 1 ? 0 : Float(min(self.decay, Double(move) / Double(move + 9)))
        for (_, reference, policy) in pairs {
            engine.movingAverageInPlace(reference.valueForUpdate(), parameter: policy.value, decay: decay)
        }
    }

    /// Root over the weights in name order.
    package func digest(on engine: Engine) throws -> Digest { try weightsDigest(of: tensors, on: engine) }
}
