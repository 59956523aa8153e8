import Testing

@testable import Compute

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

    /// Results of a shape, the way back by each plan on `cuda`.
    private func results(_ s: Shape, _ engine: Engine, _ plans: [CudaAttentionPlan?] = [nil]) -> [[Tensor]] {
        let inner = s.heads * s.width
        let (q, k) = (Samples.tensor([s.items, s.queries, inner], 61), Samples.tensor([s.items, s.keys, inner], 62))
        let (v, gradient) = (Samples.tensor(k.shape, 63), Samples.tensor(q.shape, 64))
        let (o, statistics) = engine.attention(q, k, v, heads: s.heads, causal: s.causal)
        return plans.map { plan in
            let result = AttentionGradients(
                gradient: gradient, o: o, statistics: statistics, dq: engine.tensor(q.shape),
                dk: engine.tensor(k.shape), dv: engine.tensor(k.shape))
            let attention = Attention(q, k, v, heads: s.heads, causal: s.causal)
            if let plan {
                (engine.device as! CudaDevice).run(attention, result, plan)
            } else {
                engine.device.run(.attentionBackward(attention, result))
            }
            return [o, statistics, result.dq, result.dk, result.dv]
        }
    }

    @Test(arguments: shapes) func bothWaysHaveTheBitsOfTheProcessor(s: Shape) {
        let reference = Engine()
        defer { reference.stop() }
        let found = results(s, Engine(device: TestedDevice.emulatedCuda()))[0]
        for ((found, expected), name) in zip(zip(found, results(s, reference)[0]), Self.names) {
            expectBits(found, expected.floats, "\(name)")
        }
    }
    private static let names = ["o", "statistics", "dq", "dk", "dv"]

    /// The queries in parts or not; dS computed twice, or kept for one head, for two, for all.
    @Test(arguments: [
        Shape(items: 3, heads: 1, queries: 270, keys: 70, width: 40),
        Shape(items: 1, heads: 3, queries: 300, keys: 300, width: 64, causal: true),
        Shape(items: 1, heads: 3, queries: 259, keys: 30, width: 7),
        Shape(items: 1, heads: 2, queries: 33, keys: 270, width: 160),
        Shape(items: 1, heads: 2, queries: 30, keys: 20, width: 258),
    ]) func everyPlanHasTheSameBits(s: Shape) {
        let reference = Engine()
        defer { reference.stop() }
        let q = Tensor(zeros: [s.items, s.queries, s.heads * s.width])
        let k = Tensor(zeros: [s.items, s.keys, s.heads * s.width])
        let chosen = CudaAttentionPlan(Attention(q, k, k, heads: s.heads, causal: s.causal), multiprocessors: 4)
        let plans = [1, (s.queries + 255) / 256].flatMap { parts in
            [0, 1, 2, chosen.heads].map { heads in
                var plan = chosen
                (plan.parts, plan.headsAtOnce) = (parts, heads)
                return plan
            }
        }
        let expected = results(s, reference)[0]
        for (plan, found) in zip(plans, results(s, Engine(device: TestedDevice.emulatedCuda()), plans)) {
            for ((found, expected), name) in zip(zip(found, expected), Self.names) {
                expectBits(found, expected.floats, "\(name), \(plan.parts) parts, \(plan.headsAtOnce) heads")
            }
        }
    }

    /// Of a device of 132 multiprocessors: SD 1.5's shapes of two pictures, and one whose dS is too large.
    @Test func plansFitTheDevice() {
        func plan(_ items: Int, _ heads: Int, _ queries: Int, _ keys: Int) -> CudaAttentionPlan {
            let device = ShapeDevice()
            let (q, k) = (device.tensor([items, queries, heads * 8]), device.tensor([items, keys, heads * 8]))
            return CudaAttentionPlan(Attention(q, k, k, heads: heads, causal: false), multiprocessors: 132)
        }
        let large = plan(2, 8, 4096, 4096)
        #expect(large.parts == 1 && large.headsAtOnce == 4 && large.dsBytes == 256 << 20)
        #expect(large.workBytes == 256 << 20 + 2 * 16 * 4096 * 4)
        let small = plan(2, 8, 256, 256)
        #expect(small.parts == 1 && small.headsAtOnce == 0, "all blocks run at once")
        let caption = plan(2, 8, 4096, 77)
        #expect(caption.parts == 16 && caption.headsAtOnce == 16)
        let vast = plan(1, 2, 16384, 16384)
        #expect(vast.parts == 1 && vast.headsAtOnce == 0 && vast.workBytes == 2 * 2 * 16384 * 4)
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
