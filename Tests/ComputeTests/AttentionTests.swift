import Compute
import Testing

/// Rule 5 against scalar loops: softmax, attention and its gradients.
@Suite struct AttentionTests {
    /// Maximum, subtraction, exp, sum by rule 4, one division.
    static func softmax(_ row: [Float]) -> [Float] {
        let highest = row.reduce(row[0]) { $1 > $0 ? $1 : $0 }
        let powers = row.map { Reference.exp($0 - highest) }
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
        Shape(samples: 1, heads: 1, queries: 40, keys: 530, width: 9),
        Shape(samples: 1, heads: 1, queries: 530, keys: 530, width: 3, causal: true),
        Shape(samples: 1, heads: 1, queries: 18, keys: 20, width: 261),
    ]

    /// One query's way through the blocks of 256 keys that it sees something of: its running maximum m, its sum l, and
    /// its result before the division by l.
    static func query(
        _ s: Shape, _ query: Int, score: (Int) -> Float, value: (_ key: Int, _ d: Int) -> Float
    ) -> (m: Float, l: Float, o: [Float]) {
        var (m, l, o) = (-Float.infinity, Float(0), [Float](repeating: 0, count: s.width))
        let seen = s.causal ? query + 1 : s.keys
        for block in stride(from: 0, to: seen, by: 256) {
            let keys = block..<min(block + 256, s.keys)
            let scores = keys.map { $0 < seen ? score($0) : -Float.infinity }
            let highest = scores.reduce(m) { $1 > $0 ? $1 : $0 }
            let powers = scores.map { Reference.exp($0 - highest) }
            var sums = [Float](repeating: 0, count: 4)
            for (index, power) in powers.enumerated() { sums[index % 4] += power }
            let sum = (sums[0] + sums[2]) + (sums[1] + sums[3])
            let correction = Reference.exp(m - highest)
            l = block == 0 ? sum : l * correction + sum
            for d in 0..<s.width {
                let chain = Reference.product(keys.count) { (value(block + $1, d), powers[$1]) }
                o[d] = block == 0 ? chain : o[d] * correction + chain
            }
            m = highest
        }
        return (m, l, o)
    }

    /// What the scalar loops say of one head.
    struct Head {
        let s: Shape
        let q, k, v: (_ token: Int, _ d: Int) -> Float
        init(_ s: Shape, _ sample: Int, _ head: Int, _ q: [Float], _ k: [Float], _ v: [Float]) {
            self.s = s
            self.q = { q[s.at(s.queries, sample, $0, head, $1)] }
            self.k = { k[s.at(s.keys, sample, $0, head, $1)] }
            self.v = { v[s.at(s.keys, sample, $0, head, $1)] }
        }
        func score(_ query: Int, _ key: Int) -> Float {
            Reference.product(s.width) { (k(key, $1), q(query, $1)) } * s.scale
        }
        func forward(_ query: Int) -> (m: Float, l: Float, o: [Float]) {
            AttentionTests.query(s, query, score: { score(query, $0) }, value: v)
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
        var expected = [Float](repeating: 0, count: q.count)
        var statistics = [Float](repeating: 0, count: s.samples * s.heads * 2 * s.queries)
        for sample in 0..<s.samples {
            for head in 0..<s.heads {
                let loops = Head(s, sample, head, q.floats, k.floats, v.floats)
                for query in 0..<s.queries {
                    let (m, l, o) = loops.forward(query)
                    let at = (sample * s.heads + head) * 2 * s.queries + query
                    (statistics[at], statistics[at + s.queries]) = (m + 0, l)
                    for d in 0..<s.width { expected[s.at(s.queries, sample, query, head, d)] = o[d] / l }
                }
            }
        }
        for engine in engines(workers: [1, 3]) {
            let found = engine.attention(q, k, v, heads: s.heads, causal: s.causal)
            expectBits(found.o, expected, "\(engine.isa)")
            expectBits(found.statistics, statistics, "\(engine.isa), statistics")
        }
    }

    /// Scores that vanish below the smallest number have a sign. Whichever is looked at first, the maximum that is kept is
    /// +0.
    @Test(arguments: [Float(1), -1], [1, 4, 300]) func theSignOfAZeroMaximumIsNotKept(sign: Float, keys: Int) {
        let q = Tensor([Float](repeating: 1e-30, count: 2 * 4), shape: [1, 2, 4])
        let signs = (0..<keys * 4).map { $0 / 4 % 3 == 1 ? -sign : sign }
        let k = Tensor(signs.map { $0 * 1e-30 }, shape: [1, keys, 4])
        #expect((1e-30 * -sign * Float(1e-30)).bitPattern == (sign > 0 ? 0x8000_0000 : 0), "the product vanishes")
        for engine in engines() {
            let (o, statistics) = engine.attention(q, k, k, heads: 1)
            expectBits(statistics, [0, 0, Float(keys), Float(keys)], "\(engine.isa)")
            #expect(o.floats.allSatisfy { $0.isFinite })
            let back = engine.attentionBackward(q, q, k, k, o: o, statistics: statistics, heads: 1)
            #expect([back.dq, back.dk, back.dv].allSatisfy { $0.floats.allSatisfy(\.isFinite) })
        }
    }

    @Test(arguments: shapes) func backward(_ s: Shape) {
        let (q, k, v) = (Samples.tensor(s.q, 55), Samples.tensor(s.k, 56), Samples.tensor(s.k, 57))
        let gradient = Samples.tensor(s.q, 58)
        let incoming = gradient.floats
        var (dq, dk) = ([Float](repeating: 0, count: q.count), [Float](repeating: 0, count: k.count))
        var dv = dk
        for sample in 0..<s.samples {
            for head in 0..<s.heads {
                let loops = Head(s, sample, head, q.floats, k.floats, v.floats)
                func g(_ query: Int, _ d: Int) -> Float { incoming[s.at(s.queries, sample, query, head, d)] }
                let rows = (0..<s.queries).map { AttentionTests.gradientRow(loops, $0, g) }
                for d in 0..<s.width {
                    for query in 0..<s.queries {
                        // Blocks of keys up to the last that the query's chunk sees something of.
                        let end = s.causal ? min(s.keys, (query / 256 + 1) * 256) : s.keys
                        dq[s.at(s.queries, sample, query, head, d)] = Reference.product(end) {
                            (rows[query].ds[$1], loops.k($1, d))
                        }
                    }
                    for key in 0..<s.keys {
                        let (at, first) = (s.at(s.keys, sample, key, head, d), s.causal ? key / 256 * 256 : 0)
                        let count = s.queries - first
                        dk[at] = Reference.product(count) { (rows[first + $1].ds[key], loops.q(first + $1, d)) }
                        dv[at] = Reference.product(count) { (rows[first + $1].p[key], g(first + $1, d)) }
                    }
                }
            }
        }
        for engine in engines(workers: [1, 3]) {
            let (o, statistics) = engine.attention(q, k, v, heads: s.heads, causal: s.causal)
            let found = engine.attentionBackward(
                gradient, q, k, v, o: o, statistics: statistics, heads: s.heads, causal: s.causal)
            expectBits(found.dq, dq, "\(engine.isa) dq")
            expectBits(found.dk, dk, "\(engine.isa) dk")
            expectBits(found.dv, dv, "\(engine.isa) dv")
        }
    }

    /// P and dS of one query: P = exp(S − m)·(1/l), dP = dO·Vᵀ, D = Σ dO·O by rule 4, dS = (P·(dP − D))·scale.
    static func gradientRow(
        _ head: Head, _ query: Int, _ gradient: (_ query: Int, _ d: Int) -> Float
    ) -> (p: [Float], ds: [Float]) {
        let s = head.s
        let (m, l, o) = head.forward(query)
        let total = Reference.sum(s.width) { gradient(query, $0) * (o[$0] / l) }
        let inverse = 1 / l
        let p = (0..<s.keys).map { key -> Float in
            s.causal && key > query ? 0 : Reference.exp(head.score(query, key) - m) * inverse
        }
        let ds = (0..<s.keys).map { key in
            let dp = Reference.product(s.width) { (gradient(query, $1), head.v(key, $1)) }
            return (p[key] * (dp - total)) * s.scale
        }
        return (p, ds)
    }
}
