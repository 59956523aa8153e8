import Compute
import Datasets
import Diffusion
import Training

/// Faults of what belongs to a sample beside its item: size, crop, mirroring, the states of its caption.
extension Fault {
    /// The network is told that the first sample begins one row further down in its picture.
    static func timeIDs(_ step: Int) -> Fault {
        Fault(step: step) { batch, _ in
            guard var numbers = batch.sizes.first?.numbers else {
                throw Impossible(reason: "its network is not told the samples' sizes")
            }
            numbers[2] += 1
            let told = SizeCondition(numbers).map { [$0] } ?? []
            return batch.replacing(sizes: told + batch.sizes.dropFirst())
        }
    }

    /// The first picture's crop is one row further down than it is.
    static func crop(_ step: Int) -> Fault {
        Fault(step: step) { batch, _ in
            guard let crops = batch.crops, let own = crops.first else {
                throw Impossible(reason: "it draws no crops")
            }
            let other = PictureFrame(height: own.height, width: own.width, top: own.top + 1, left: own.left)
            return batch.replacing(crops: [other] + crops.dropFirst())
        }
    }

    /// The first picture, or latent, that is not its own mirror image is mirrored.
    static func mirroring(_ step: Int) -> Fault {
        Fault(step: step) { batch, session in
            let (count, width) = (batch.x0.shape[0], batch.x0.shape[3])
            for sample in 0..<count {
                let own = batch.x0.slice(sample..<sample + 1)
                let mirrored = PixelPlanes.flipped(own.floats, width: width)
                guard zip(mirrored, own.floats).contains(where: { $0.bitPattern != $1.bitPattern }) else { continue }
                let parts = [
                    sample > 0 ? batch.x0.slice(0..<sample) : nil, Tensor(mirrored, shape: own.shape),
                    sample + 1 < count ? batch.x0.slice(sample + 1..<count) : nil,
                ]
                return batch.replacing(x0: session.trainer.model.engine.stacked(parts.compactMap(\.self)))
            }
            throw Impossible(reason: "every picture is its own mirror image")
        }
    }

    /// A bit in the middle of the largest number of the first caption's hidden states.
    static func textState(_ step: Int) -> Fault {
        Fault(step: step) { batch, _ in
            let states = try batch.states
            return batch.replacing(
                conditioning: .encoded(TextStates(context: try changed(states.context), pooled: states.pooled)))
        }
    }

    /// The same of its pooled text.
    static func pooledText(_ step: Int) -> Fault {
        Fault(step: step) { batch, _ in
            let states = try batch.states
            guard let pooled = states.pooled else { throw Impossible(reason: "its network is told no pooled text") }
            return batch.replacing(
                conditioning: .encoded(TextStates(context: states.context, pooled: try changed(pooled))))
        }
    }

    /// The lowest bit could be lost in the next sum's rounding.
    private static func changed(_ states: Tensor) throws -> Tensor {
        guard let place = states.slice(0..<1).largest else { throw Impossible(reason: "a caption's states are all 0") }
        let states = states.copy()
        states.flip(bit: 12, of: place)
        return states
    }
}

extension TrainingBatch {
    /// The captions as a text encoder that is not trained has encoded them.
    fileprivate var states: TextStates {
        get throws {
            guard case .encoded(let states) = conditioning else {
                throw Fault.Impossible(reason: "its captions are encoded in the step, by what is trained")
            }
            return states
        }
    }
}
