import CKernels

/// Attention put together from matrix products and the softmax kernel, a head at a time: what a backend without an
/// attention kernel computes.
extension Engine {
    /// As `attention`.
    func composedAttention(
        _ q: Tensor, _ k: Tensor, _ v: Tensor, heads: Int, causal: Bool
    ) -> (o: Tensor, statistics: Tensor) {
        let output = Tensor(uninitialized: q.shape)
        let statistics = Tensor(uninitialized: [q.shape[0], heads, 2, q.shape[1]])
        let plan = attentionPlan(q, k, v, heads: heads, causal: causal)
        for (index, head) in AttentionHead.all(plan).enumerated() {
            let probabilities = probabilities(head, statistics: statistics.pointer + index * 2 * head.queries)
            multiply(
                probabilities.pointer, head.keys, .none, by: head.v, head.stride, .none,
                into: output.pointer + head.qStart, head.stride, m: head.queries, n: head.width, k: head.keys)
            withExtendedLifetime(probabilities) {}
        }
        return (output, statistics)
    }

    /// As `attentionBackward`; the probabilities are computed again from q and k.
    func composedAttentionBackward(
        _ gradient: Tensor, _ q: Tensor, _ k: Tensor, _ v: Tensor, heads: Int, causal: Bool
    ) -> (dq: Tensor, dk: Tensor, dv: Tensor) {
        let result = (
            dq: Tensor(uninitialized: q.shape), dk: Tensor(uninitialized: k.shape), dv: Tensor(uninitialized: v.shape)
        )
        let plan = attentionPlan(q, k, v, heads: heads, causal: causal)
        for head in AttentionHead.all(plan) {
            let (queries, keys, width, stride) = (head.queries, head.keys, head.width, head.stride)
            let (probabilities, scores) = (probabilities(head), Tensor(uninitialized: [queries, keys]))
            let (p, ds, incoming) = (probabilities.pointer, scores.pointer, gradient.pointer + head.qStart)
            // dV = Pᵀ·dO
            multiply(
                p, keys, .transposed, by: incoming, stride, .none, into: result.dv.pointer + head.kStart, stride,
                m: keys,
                n: width, k: queries)
            // dP = dO·Vᵀ
            multiply(
                incoming, stride, .none, by: head.v, stride, .transposed, into: ds, keys, m: queries, n: keys, k: width)
            let (dot, scale) = (kernels.pointee.reduce.dot!, plan.scale)
            pool.run(tasks: queries) { row, _ in
                let (ds, p) = (ds + row * keys, p + row * keys)
                let total = dot(ds, p, keys)
                for key in 0..<keys { ds[key] = (p[key] * (ds[key] - total)) * scale }
            }
            // dQ = dS·K
            multiply(
                ds, keys, .none, by: head.k, stride, .none, into: result.dq.pointer + head.qStart, stride, m: queries,
                n: width, k: keys)
            // dK = dSᵀ·Q
            multiply(
                ds, keys, .transposed, by: head.q, stride, .none, into: result.dk.pointer + head.kStart, stride,
                m: keys,
                n: width, k: queries)
            withExtendedLifetime((probabilities, scores)) {}
        }
        return result
    }

    /// The softmax of a head's scaled scores [queries, keys]; with a causal mask +0 beyond the query's own key.
    /// `statistics` receives each query's maximum and then each query's sum of exponentials.
    private func probabilities(_ head: AttentionHead, statistics: UnsafeMutablePointer<Float>? = nil) -> Tensor {
        let (queries, keys) = (head.queries, head.keys)
        let scores = Tensor(uninitialized: [queries, keys])
        let (target, softmax) = (scores.pointer, kernels.pointee.attention.softmax_rows!)
        multiply(
            head.q, head.stride, .none, by: head.k, head.stride, .transposed, into: target, keys, m: queries, n: keys,
            k: head.width)
        pool.run(tasks: queries) { row, _ in
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
        _ a: UnsafePointer<Float>, _ aStride: Int, _ transposeA: Transposition, by b: UnsafePointer<Float>,
        _ bStride: Int, _ transposeB: Transposition, into c: UnsafeMutablePointer<Float>, _ cStride: Int, m: Int,
        n: Int, k: Int
    ) {
        var plan = plan(m: m, n: n, k: k)
        (plan.a, plan.b, plan.c) = (a, b, c)
        (plan.lda, plan.ldb, plan.ldc) = (Int64(aStride), Int64(bStride), Int64(cStride))
        plan.a_kind = transposeA == .none ? CK_A_ROWS : CK_A_COLUMNS
        plan.b_kind = transposeB == .none ? CK_B_ROWS : CK_B_COLUMNS
        run(plan)
    }
}

/// One head of one item of an attention: its matrices, and where its results lie.
private struct AttentionHead {
    let q, k, v: UnsafePointer<Float>
    /// Elements from the start of a tensor like q, or like k and v, to this head's.
    let qStart, kStart: Int
    let queries, keys, width: Int
    /// Elements between tokens, in all of the tensors.
    let stride: Int
    let scale: Float
    let causal: Bool

    static func all(_ plan: ck_attention) -> [AttentionHead] {
        (0..<Int(plan.batch * plan.heads)).map { index in
            let (item, head) = (index / Int(plan.heads), index % Int(plan.heads))
            let (queries, keys, width) = (Int(plan.queries), Int(plan.keys), Int(plan.width))
            let stride = Int(plan.q_stride)
            let (qStart, kStart) = (
                item * queries * stride + head * width, item * keys * stride + head * width
            )
            return AttentionHead(
                q: plan.q + qStart, k: plan.k + kStart, v: plan.v + kStart, qStart: qStart, kStart: kStart,
                queries: queries, keys: keys, width: width, stride: stride, scale: plan.scale,
                causal: plan.causal != 0)
        }
    }
}
