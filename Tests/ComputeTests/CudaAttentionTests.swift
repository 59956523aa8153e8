import Compute
import Testing

/// Attention's kernels on the emulated device against the processor's, bit for bit. `AttentionTests` holds both to scalar
/// loops, in shapes that are smaller.
@Suite struct CudaAttentionTests {
    struct Shape: Sendable, CustomTestStringConvertible {
        let items, heads, queries, keys, width: Int
        var causal = false
        var testDescription: String {
            "\(items)×\(heads) heads, \(queries) queries, \(keys) keys, width \(width)\(causal ? ", causal" : "")"
        }
    }
    static let shapes = [
        // The widths that kernels are made for; keys of a caption, whose way back is cut into parts.
        Shape(items: 2, heads: 2, queries: 130, keys: 77, width: 40),
        Shape(items: 1, heads: 1, queries: 600, keys: 77, width: 40),
        Shape(items: 1, heads: 1, queries: 270, keys: 530, width: 40),
        Shape(items: 1, heads: 2, queries: 300, keys: 300, width: 64, causal: true),
        Shape(items: 1, heads: 1, queries: 70, keys: 257, width: 80),
        Shape(items: 1, heads: 2, queries: 65, keys: 129, width: 160),
        Shape(items: 2, heads: 3, queries: 77, keys: 77, width: 64, causal: true),
        // Others: rows that are not aligned, widths that end in the middle of a pass, and beyond a chunk.
        Shape(items: 1, heads: 2, queries: 66, keys: 70, width: 13),
        Shape(items: 1, heads: 1, queries: 67, keys: 131, width: 104),
        Shape(items: 1, heads: 1, queries: 10, keys: 300, width: 256),
        Shape(items: 1, heads: 1, queries: 65, keys: 140, width: 530),
    ]

    @Test(arguments: shapes) func bothWaysHaveTheBitsOfTheProcessor(s: Shape) {
        let inner = s.heads * s.width
        let (q, k) = (Samples.tensor([s.items, s.queries, inner], 61), Samples.tensor([s.items, s.keys, inner], 62))
        let (v, gradient) = (Samples.tensor(k.shape, 63), Samples.tensor(q.shape, 64))
        func results(_ engine: Engine) -> [Tensor] {
            let (o, statistics) = engine.attention(q, k, v, heads: s.heads, causal: s.causal)
            let back = engine.attentionBackward(
                gradient, q, k, v, o: o, statistics: statistics, heads: s.heads, causal: s.causal)
            return [o, statistics, back.dq, back.dk, back.dv]
        }
        let reference = Engine()
        defer { reference.stop() }
        let found = results(Engine(device: TestedDevice.emulatedCuda()))
        for ((found, expected), name) in zip(zip(found, results(reference)), ["o", "statistics", "dq", "dk", "dv"]) {
            expectBits(found, expected.floats, "\(name)")
        }
    }

    /// Tensors that begin in the middle of a quad go by the kernels that read number by number.
    @Test func operandsMayBeginAnywhere() {
        let device = TestedDevice.emulatedCuda()
        let s = Shape(items: 1, heads: 2, queries: 66, keys: 70, width: 40)
        let (q, k) = (Samples.tensor([1, s.queries, 80], 66), Samples.tensor([1, s.keys, 80], 67))
        let (v, gradient) = (Samples.tensor(k.shape, 68), Samples.tensor(q.shape, 69))
        func shifted(_ x: Tensor, _ start: Int) -> Tensor {
            let room = device.tensor([x.count + start])
            device.write(x.bytes, to: room.storage, at: start * 4)
            return room.slice(start..<start + x.count).reshaped(x.shape)
        }
        func results(_ engine: Engine, _ x: [Tensor]) -> [[Float]] {
            let (o, statistics) = engine.attention(x[0], x[1], x[2], heads: s.heads)
            let back = engine.attentionBackward(x[3], x[0], x[1], x[2], o: o, statistics: statistics, heads: s.heads)
            return [o, statistics, back.dq, back.dk, back.dv].map(\.floats)
        }
        let reference = Engine()
        defer { reference.stop() }
        let expected = results(reference, [q, k, v, gradient])
        for shifts in [[1, 0, 0, 0], [0, 2, 0, 0], [0, 0, 3, 0], [0, 0, 0, 1]] {
            let operands = zip([q, k, v, gradient], shifts).map { shifted($0, $1) }
            #expect(results(Engine(device: device), operands) == expected, "\(shifts)")
        }
    }

    @Test(arguments: [(3, 1), (5, 16), (2, 77), (1, 4097), (1, 70_000)])
    func softmaxHasTheBitsOfTheProcessor(rows: Int, width: Int) {
        let x = Samples.tensor([rows, width], 65)
        let reference = Engine()
        defer { reference.stop() }
        expectBits(Engine(device: TestedDevice.emulatedCuda()).softmax(x), reference.softmax(x).floats)
    }
}
