import Tensors
import Testing

/// Rule 5 against scalar loops: softmax, attention and its gradients.
@Suite struct AttentionTests {
    /// Maximum, subtraction, exp, sum by rule 4, one division.
    static func softmax(_ row: [Float]) -> [Float] {
        let highest = row.reduce(row[0]) { $1 > $0 ? $1 : $0 }
        let powers = row.map { Elementary.exp($0 - highest) }
        let sum = Reference.sum(powers.count) { powers[$0] }
        return powers.map { $0 / sum }
    }

    struct Shape: Sendable, CustomTestStringConvertible {
        let samples, heads, queries, keys, width: Int
        var causal = false
        var testDescription: String {
            "\(samples)×\(heads) heads, \(queries) queries, \(keys) keys, width \(width)\(causal ? ", causal" : "")"
        }
        var inner: Int { heads * width }
        var q: [Int] { [samples, queries, inner] }
        var k: [Int] { [samples, keys, inner] }
        var scale: Float { Float(1 / Double(width).squareRoot()) }
        func at(_ tokens: Int, _ sample: Int, _ token: Int, _ head: Int, _ d: Int) -> Int {
            (sample * tokens + token) * inner + head * width + d
        }
    }
    static let shapes = [
        Shape(samples: 1, heads: 1, queries: 1, keys: 1, width: 1),
        Shape(samples: 2, heads: 3, queries: 5, keys: 7, width: 4),
        Shape(samples: 2, heads: 2, queries: 67, keys: 19, width: 5),
        Shape(samples: 1, heads: 2, queries: 13, keys: 13, width: 8, causal: true),
        Shape(samples: 2, heads: 1, queries: 70, keys: 70, width: 3, causal: true),
        Shape(samples: 1, heads: 1, queries: 261, keys: 259, width: 6),
    ]

    /// P of one head, a row a query; zero where a query does not see.
    static func probabilities(_ s: Shape, _ q: [Float], _ k: [Float], _ sample: Int, _ head: Int) -> [[Float]] {
        (0..<s.queries).map { query in
            let seen = s.causal ? min(query + 1, s.keys) : s.keys
            let scores = (0..<seen).map { key in
                Reference.product(s.width) {
                    (q[s.at(s.queries, sample, query, head, $1)], k[s.at(s.keys, sample, key, head, $1)])
                } * s.scale
            }
            return softmax(scores) + [Float](repeating: 0, count: s.keys - seen)
        }
    }

    @Test(arguments: [(1, 1), (3, 5), (4, 16), (2, 77), (2, 4100)]) func softmaxRows(rows: Int, width: Int) {
        let x = Samples.spread([rows, width], 51)
        let values = x.floats.map { $0 / 256 }
        let expected = (0..<rows).flatMap { AttentionTests.softmax(Array(values[$0 * width..<($0 + 1) * width])) }
        for engine in engines() {
            expectBits(engine.softmax(Tensor(values, shape: [rows, width])), expected, "\(engine.isa)")
        }
    }

    @Test(arguments: shapes) func forward(_ s: Shape) {
        let (q, k, v) = (Samples.tensor(s.q, 52), Samples.tensor(s.k, 53), Samples.spread(s.k, 54))
        let (qv, kv, vv) = (q.floats, k.floats, v.floats)
        var expected = [Float](repeating: 0, count: q.count)
        for sample in 0..<s.samples {
            for head in 0..<s.heads {
                let p = AttentionTests.probabilities(s, qv, kv, sample, head)
                for query in 0..<s.queries {
                    for d in 0..<s.width {
                        expected[s.at(s.queries, sample, query, head, d)] = Reference.product(s.keys) {
                            (p[query][$1], vv[s.at(s.keys, sample, $1, head, d)])
                        }
                    }
                }
            }
        }
        for engine in engines() {
            expectBits(engine.attention(q, k, v, heads: s.heads, causal: s.causal), expected, "\(engine.isa)")
        }
    }

    @Test(arguments: shapes) func backward(_ s: Shape) {
        let (q, k, v) = (Samples.tensor(s.q, 55), Samples.tensor(s.k, 56), Samples.tensor(s.k, 57))
        let gradient = Samples.tensor(s.q, 58)
        let (qv, kv, vv, dv) = (q.floats, k.floats, v.floats, gradient.floats)
        var (dq, dk) = ([Float](repeating: 0, count: q.count), [Float](repeating: 0, count: k.count))
        var dValue = dk
        for sample in 0..<s.samples {
            for head in 0..<s.heads {
                let p = AttentionTests.probabilities(s, qv, kv, sample, head)
                let ds = p.indices.map { query in
                    AttentionTests.scoreGradient(
                        s, p[query], (0..<s.width).map { dv[s.at(s.queries, sample, query, head, $0)] },
                        { vv[s.at(s.keys, sample, $0, head, $1)] })
                }
                for d in 0..<s.width {
                    for query in 0..<s.queries {
                        dq[s.at(s.queries, sample, query, head, d)] = Reference.product(s.keys) {
                            (ds[query][$1], kv[s.at(s.keys, sample, $1, head, d)])
                        }
                    }
                    for key in 0..<s.keys {
                        let at = s.at(s.keys, sample, key, head, d)
                        dk[at] = Reference.product(s.queries) {
                            (ds[$1][key], qv[s.at(s.queries, sample, $1, head, d)])
                        }
                        dValue[at] = Reference.product(s.queries) {
                            (p[$1][key], dv[s.at(s.queries, sample, $1, head, d)])
                        }
                    }
                }
            }
        }
        for engine in engines() {
            let found = engine.attentionBackward(gradient, q, k, v, heads: s.heads, causal: s.causal)
            expectBits(found.dq, dq, "\(engine.isa) dq")
            expectBits(found.dk, dk, "\(engine.isa) dk")
            expectBits(found.dv, dValue, "\(engine.isa) dv")
        }
    }

    /// dS of one row: dP = dO·Vᵀ, D = Σ dP·P by rule 4, (P·(dP − D))·scale.
    static func scoreGradient(
        _ s: Shape, _ p: [Float], _ gradient: [Float], _ value: (_ key: Int, _ d: Int) -> Float
    ) -> [Float] {
        let dp = (0..<s.keys).map { key in Reference.product(s.width) { (gradient[$1], value(key, $1)) } }
        let total = Reference.sum(s.keys) { dp[$0] * p[$0] }
        return (0..<s.keys).map { (p[$0] * (dp[$0] - total)) * s.scale }
    }
}
