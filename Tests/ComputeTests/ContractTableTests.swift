import CKernels
import Compute
import Core
import Testing

/// The kernels compute by the contract's table: its numbers stand in C too, and its order shows in the bits.
@Suite struct ContractTableTests {
    @Test func theKernelsChunkIsTheTables() {
        let chunk = Engine().contract.chunk
        #expect(Int(CK_CHUNK) == chunk)
        // M = 2^60 takes up what is in its chunk: a border elsewhere puts the 1 beside it.
        var values = [Float](repeating: 0, count: 2 * chunk)
        (values[chunk - 1], values[chunk], values[2 * chunk - 1]) = (1, 0x1p60, -0x1p60)
        for engine in engines() {
            let ones = Tensor([Float](repeating: 1, count: values.count), shape: [1, values.count])
            let product = engine.matmul(ones, Tensor(values, shape: [values.count, 1]))
            let columns = engine.zeros([1])
            engine.accumulateColumnSums(Tensor(values, shape: [1, values.count, 1]), into: columns)
            #expect(product.floats == [1] && columns.floats == [1], "\(engine.isa)")
        }
    }

    @Test func theKernelsInnerOrderIsTheTables() {
        // Weights of 2 channels × 3 × 3 taps: M at the first place, −M at the next tap, 1 at the next channel.
        var weight = [Float](repeating: 0, count: 18)
        (weight[0], weight[1], weight[9]) = (0x1p60, -0x1p60, 1)
        for engine in engines() {
            let y = engine.convolution(
                Tensor([Float](repeating: 1, count: 18), shape: [1, 2, 3, 3]),
                weight: Tensor(weight, shape: [1, 2, 3, 3]), bias: nil, ConvolutionGeometry())
            switch engine.contract.innerOrder {
            case .channelThenTap: #expect(y.floats == [1], "\(engine.isa)")
            }
        }
    }
}
