import CKernels

/// Attention put together from matrix products and the softmax kernel, a head at a time.
extension OpenBLASDevice {
    func attention(_ attention: Attention, _ o: Tensor, _ statistics: Tensor) {
        for (index, head) in AttentionHead.all(attention).enumerated() {
            let probabilities = probabilities(head, statistics: statistics.pointer + index * 2 * head.queries)
            multiply(
                .values, probabilities, head.keys, .none, by: head.v, head.stride, .none,
                into: head.inQueries(o), head.stride, m: head.queries, n: head.width, k: head.keys)
        }
    }

    /// The probabilities are computed again from q and k.
    func attentionBackward(_ attention: Attention, _ result: AttentionGradients) {
        for head in AttentionHead.all(attention) {
            let (queries, keys, width, stride) = (head.queries, head.keys, head.width, head.stride)
            let (probabilities, scores) = (probabilities(head), Tensor(uninitialized: [queries, keys]))
            let incoming = head.inQueries(result.gradient)
            // dV = Pᵀ·dO
            multiply(
                .dV, probabilities, keys, .transposed, by: incoming, stride, .none,
                into: head.inKeys(result.dv), stride, m: keys, n: width, k: queries)
            // dP = dO·Vᵀ
            multiply(
                .dP, incoming, stride, .none, by: head.v, stride, .transposed, into: scores, keys, m: queries, n: keys,
                k: width)
            let (dot, scale) = (others.kernels.reduce.dot!, attention.scale)
            let (ds, p) = (scores.pointer, probabilities.pointer)
            others.pool.run(tasks: queries) { row, _ in
                let (ds, p) = (ds + row * keys, p + row * keys)
                let total = dot(ds, p, keys)
                for key in 0..<keys { ds[key] = (p[key] * (ds[key] - total)) * scale }
            }
            // dQ = dS·K
            multiply(
                .dQ, scores, keys, .none, by: head.k, stride, .none, into: head.inQueries(result.dq), stride,
                m: queries, n: width, k: keys)
            // dK = dSᵀ·Q
            multiply(
                .dK, scores, keys, .transposed, by: head.q, stride, .none, into: head.inKeys(result.dk), stride,
                m: keys, n: width, k: queries)
        }
    }

    /// The softmax of a head's scaled scores [queries, keys]; with a causal mask +0 beyond the query's own key.
    /// `statistics` receives each query's maximum and then each query's sum of exponentials.
    private func probabilities(_ head: AttentionHead, statistics: UnsafeMutablePointer<Float>? = nil) -> Tensor {
        let (queries, keys) = (head.queries, head.keys)
        let scores = Tensor(uninitialized: [queries, keys])
        let (target, softmax) = (scores.pointer, others.kernels.attention.softmax_rows!)
        multiply(
            .scores, head.q, head.stride, .none, by: head.k, head.stride, .transposed, into: scores, keys, m: queries,
            n: keys, k: head.width)
        others.pool.run(tasks: queries) { row, _ in
            let (line, live) = (target + row * keys, head.causal ? min(row + 1, keys) : keys)
            var largest = 0
            for key in 0..<live {
                line[key] *= head.scale
                if line[key] > line[largest] { largest = key }
            }
            statistics?[row] = line[largest]
            softmax(line, 1, live)
            // The largest score's exponential is 1, so its probability is one through the sum.
            statistics?[queries + row] = 1 / line[largest]
            for key in live..<keys { line[key] = 0 }
        }
        return scores
    }

    private func multiply(
        _ kind: Product.Kind, _ a: Tensor, _ aStride: Int, _ transposeA: Transposition, by b: Tensor, _ bStride: Int,
        _ transposeB: Transposition, into c: Tensor, _ cStride: Int, m: Int, n: Int, k: Int
    ) {
        var layout = Product.layout(m: m, n: n, k: k)
        (layout.lda, layout.ldb, layout.ldc) = (Int64(aStride), Int64(bStride), Int64(cStride))
        layout.a_kind = transposeA == .none ? CK_A_ROWS : CK_A_COLUMNS
        layout.b_kind = transposeB == .none ? CK_B_ROWS : CK_B_COLUMNS
        run(Product(kind, layout, a, b, to: c))
    }
}

extension Attention {
    /// Bytes of one head's scores.
    var scoreBytes: Int { q.shape[1] * k.shape[1] * MemoryLayout<Float>.size }
}

/// One head of one item of an attention: its matrices, and where its results lie.
private struct AttentionHead {
    let q, k, v: Tensor
    let queries, keys, width: Int
    /// Elements between tokens, in all of the tensors.
    let stride: Int
    let scale: Float
    let causal: Bool
    private let qStart, kStart: Int

    static func all(_ attention: Attention) -> [AttentionHead] {
        (0..<attention.q.shape[0] * attention.heads).map { AttentionHead(attention, $0) }
    }

    private init(_ attention: Attention, _ index: Int) {
        let (item, head) = (index / attention.heads, index % attention.heads)
        (queries, keys, width) = (attention.q.shape[1], attention.k.shape[1], attention.width)
        (stride, scale, causal) = (attention.q.shape[2], attention.scale, attention.causal)
        (qStart, kStart) = (item * queries * stride + head * width, item * keys * stride + head * width)
        q = AttentionHead.from(qStart, of: attention.q)
        k = AttentionHead.from(kStart, of: attention.k)
        v = AttentionHead.from(kStart, of: attention.v)
    }

    /// This head's part of a tensor like q, from its first element on.
    func inQueries(_ x: Tensor) -> Tensor { AttentionHead.from(qStart, of: x) }
    /// This head's part of a tensor like k and v.
    func inKeys(_ x: Tensor) -> Tensor { AttentionHead.from(kStart, of: x) }

    private static func from(_ start: Int, of x: Tensor) -> Tensor {
        x.reshaped([x.count]).slice(start..<x.count)
    }
}
