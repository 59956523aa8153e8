/// The seam between what is computed and what computes: every operation of tensors that a device runs, in plain data. Inputs
/// come first, results after `to` or `into`; all are allocated and have their shapes. `into` adds to what is there.
///
/// `Operations/` has the methods that state them, with shapes, observers and gradients; NUMERICS.md has the order of every
/// sum. An operation whose operands take much room is `indirect`, so that the others stay small.
package enum Operation {
    // Products and sums of products
    case product(Product)
    indirect case attention(Attention, to: Tensor, statistics: Tensor)
    indirect case attentionBackward(Attention, AttentionGradients)
    case softmaxRows(Tensor)
    // Normalisation
    indirect case groupNorm(Normalization, to: Tensor, statistics: Tensor)
    indirect case groupNormBackward(Normalization, NormalizationGradients)
    indirect case layerNorm(Normalization, to: Tensor, statistics: Tensor)
    indirect case layerNormBackward(Normalization, NormalizationGradients)
    // Element by element
    case activation(Activation, Tensor, to: Tensor)
    case activationBackward(Activation, dy: Tensor, x: Tensor, to: Tensor)
    case function(ElementaryFunction, Tensor, to: Tensor)
    case geglu(Tensor, to: Tensor)
    case gegluBackward(dy: Tensor, x: Tensor, to: Tensor)
    case arithmetic(Arithmetic, Tensor, Tensor, to: Tensor)
    case scale(Tensor, Float, to: Tensor)
    case blend(Tensor, Float, Tensor, Float, to: Tensor)
    case addPerChannel(Tensor, Tensor, to: Tensor)
    case addRows(Tensor, Tensor, to: Tensor)
    case perSample(SampleFormula, Tensor, Tensor, to: Tensor)
    // Sums
    case sum(Tensor, to: Tensor)
    case sumOfSquares(Tensor, to: Tensor)
    case meanSquaredDistances(Tensor, Tensor, to: Tensor)
    case planeSums(Tensor, to: Tensor)
    case columnSums(Tensor, into: Tensor)
    case channelSums(Tensor, into: Tensor)
    case firstNonFinite(Tensor, to: Tensor)
    case cosines(Tensor, Tensor, [CosinePair], to: Tensor)
    case cosineGradients(Tensor, Tensor, [CosinePull], into: Tensor)
    // Moves
    case fill(Tensor, Float)
    case copy(Tensor, to: Tensor)
    case copyBlocks(Tensor, BlockCopy, to: Tensor)
    case gatherRows(Tensor, [Int], to: Tensor)
    case scatterRows(Tensor, [Int], to: Tensor)
    case accumulateRows(Tensor, [Int], into: Tensor)
    case transpose(Tensor, to: Tensor)
    case pad(Tensor, top: Int, left: Int, to: Tensor)
    case interleave(Tensor, row: Int, column: Int, stride: Int, to: Tensor)
    case patches(Tensor, edge: Int, to: Tensor)
    case assemblePatches(Tensor, edge: Int, to: Tensor)
    case upsample(Tensor, to: Tensor)
    case upsampleBackward(Tensor, to: Tensor)
    // Random numbers
    case draw(RandomDistribution, RandomStream, start: Int, to: Tensor)
    // Updates in place
    indirect case adamW(AdamWConstants, parameter: Tensor, first: Tensor, second: Tensor, gradient: Tensor)
    indirect case adafactor(AdafactorConstants, parameter: Tensor, rows: Tensor, columns: Tensor, gradient: Tensor)
    indirect case adafactorWhole(AdafactorConstants, parameter: Tensor, squares: Tensor, gradient: Tensor)
    indirect case gradientDescent(GradientDescentConstants, parameter: Tensor, sum: Tensor?, gradient: Tensor)
    case movingAverage(Tensor, of: Tensor, decay: Float)
}
