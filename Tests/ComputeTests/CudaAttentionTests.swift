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

    @Test(arguments: [(3, 1), (5, 16), (2, 77), (1, 4097), (1, 70_000)])
    func softmaxHasTheBitsOfTheProcessor(rows: Int, width: Int) {
        let x = Samples.tensor([rows, width], 65)
        let reference = Engine()
        defer { reference.stop() }
        expectBits(Engine(device: TestedDevice.emulatedCuda()).softmax(x), reference.softmax(x).floats)
    }
}
