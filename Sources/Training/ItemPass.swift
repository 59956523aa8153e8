import Compute

/// What the networks made of some items of a batch: all that the losses and the backward pass need.
struct ItemPass {
    /// The items and the names of their samples.
    let names: SampleNames
    /// t of each sample.
    let timesteps: [Int]
    /// The policy's pass.
    let tape: Tape
    /// The network's own output [samples, c, h, w].
    let output: Variable
    /// What is compared with the target: the noise, or the output where fine-tuning compares that.
    let prediction: Tensor
    /// What was to be predicted.
    let target: Tensor
    /// Whether the prediction is the output itself for a network that predicts velocities.
    let isPlain: Bool
    /// m of each sample.
    let errors: [Float]
    /// r of each sample, or empty.
    let referenceErrors: [Float]

    /// The places of an item's samples, `item` counted in the batch.
    func samples(of item: Int) -> Range<Int> {
        let (index, count) = (item - names.items.lowerBound, names.samplesPerItem)
        return index * count..<(index + 1) * count
    }
}
