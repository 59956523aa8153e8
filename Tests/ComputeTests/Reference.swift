/// The contract `ref-1` as scalar loops: what each kernel must give, bit for bit. Written from the rules, with nothing
/// of the kernels in it.
enum Reference {
    /// Rule 2 for one output: chunks of 256 chains of fma, which never cross a segment's end. With `start` the first
    /// chunk is added to it, without it is stored.
    static func product(
        _ count: Int, segments: Int = 1, start: Float? = nil, bias: Float? = nil,
        _ factors: (_ segment: Int, _ k: Int) -> (Float, Float)
    ) -> Float {
        var result = start
        for segment in 0..<segments {
            for first in stride(from: 0, to: count, by: 256) {
                var chain: Float = 0
                for k in first..<min(first + 256, count) {
                    let (a, b) = factors(segment, k)
                    chain.addProduct(a, b)
                }
                result = result.map { $0 + chain } ?? chain
            }
        }
        return bias.map { result! + $0 } ?? result!
    }

    /// Rule 4: sixteen lanes, the tree 8-4-2-1, blocks of 4,096 in ascending order.
    static func sum(_ count: Int, _ term: (Int) -> Float) -> Float {
        var total: Float?
        for first in stride(from: 0, to: count, by: 4096) {
            var lanes = [Float](repeating: 0, count: 16)
            for index in first..<min(first + 4096, count) { lanes[(index - first) % 16] += term(index) }
            for half in [8, 4, 2, 1] {
                for lane in 0..<half { lanes[lane] += lanes[lane + half] }
            }
            total = total.map { $0 + lanes[0] } ?? lanes[0]
        }
        return total ?? 0
    }

    /// The exp of softmax and activations (rule 7): Float32, a fixed sequence of fused multiply-adds.
    static func exp(_ x: Float) -> Float {
        let x = x < -87.25 ? -87.25 : x > 89 ? 89 : x
        let t = Float(0x1.8000fcp+23).addingProduct(x, 0x1.715476p+0)
        let k = t - 0x1.8000fcp+23
        let r = x.addingProduct(k, -0x1.62e4p-1).addingProduct(k, -0x1.7f7d1cp-20)
        let coefficients: [Float] = [
            0x1.6a4508p-9, 0x1.1239aap-6, 0x1.5558b8p-4, 0x1.555492p-2, 0x1.fffffcp-1, 2, 2,
        ]
        let p = coefficients.dropFirst().reduce(coefficients[0]) { $1.addingProduct(r, $0) }
        return p * Float(bitPattern: t.bitPattern << 23)
    }

    /// A column sum: chains over 256 rows from +0, added to `start` in ascending order, sample after sample.
    static func columnSum(
        _ rows: Int, samples: Int, start: Float, _ value: (_ sample: Int, _ row: Int) -> Float
    ) -> Float {
        var result = start
        for sample in 0..<samples {
            for first in stride(from: 0, to: rows, by: 256) {
                var chain: Float = 0
                for row in first..<min(first + 256, rows) { chain += value(sample, row) }
                result += chain
            }
        }
        return result
    }
}
