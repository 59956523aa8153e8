/// Scaled dot-product attention of one shape (rule 5): what goes in, and what its gradients take besides.
package struct Attention {
    /// Queries [n, queries, heads·width], keys and values [n, keys, heads·width].
    package let q, k, v: Tensor
    /// How many heads share the last axis.
    package let heads: Int
    /// Whether query i sees keys 0…i only.
    package let causal: Bool

    init(_ q: Tensor, _ k: Tensor, _ v: Tensor, heads: Int, causal: Bool) {
        precondition(
            k.shape == [q.shape[0], k.shape[1], q.shape[2]] && v.shape == k.shape,
            "attention: \(q.shape), \(k.shape), \(v.shape)")
        precondition(q.shape[2] % heads == 0 && !(causal && k.shape[1] != q.shape[1]))
        (self.q, self.k, self.v) = (q, k, v)
        (self.heads, self.causal) = (heads, causal)
    }

    /// Numbers of a head.
    package var width: Int { q.shape[2] / heads }
    /// d^(−½): the division and the root are correctly rounded in double, then rounded once.
    package var scale: Float { Float(1.0 / Double(width).squareRoot()) }
}

/// What the backward pass of an attention has besides its inputs, and what it makes.
package struct AttentionGradients {
    /// The result's gradient, the result, and each query's maximum and sum.
    package let gradient, o, statistics: Tensor
    /// The gradients of queries, keys and values.
    package let dq, dk, dv: Tensor
}

extension Engine {
    /// Scaled dot-product attention (rule 5): q [n, queries, heads·d], k and v [n, keys, heads·d], scale d^(−½).
    /// With `causal`, query i sees keys 0…i. Gives the result [n, queries, heads·d] and, for the backward pass, each
    /// query's maximum and sum: [n, heads, 2, queries].
    package func attention(
        _ q: Tensor, _ k: Tensor, _ v: Tensor, heads: Int, causal: Bool = false
    ) -> (o: Tensor, statistics: Tensor) {
        begin("attention", [q, k, v])
        let attention = Attention(q, k, v, heads: heads, causal: causal)
        let (o, statistics) = (tensor(q.shape), tensor([q.shape[0], heads, 2, q.shape[1]]))
        device.run(.attention(attention, to: o, statistics: statistics))
        end([o, statistics])
        return (o, statistics)
    }

    /// Gradients of q, k and v. Probabilities are computed again from `attention`'s result and statistics.
    package func attentionBackward(
        _ gradient: Tensor, _ q: Tensor, _ k: Tensor, _ v: Tensor, o: Tensor, statistics: Tensor, heads: Int,
        causal: Bool = false
    ) -> (dq: Tensor, dk: Tensor, dv: Tensor) {
        begin("attention backward", [gradient, q, k, v, o, statistics])
        let gradients = AttentionGradients(
            gradient: gradient, o: o, statistics: statistics, dq: tensor(q.shape), dk: tensor(k.shape),
            dv: tensor(v.shape))
        device.run(.attentionBackward(Attention(q, k, v, heads: heads, causal: causal), gradients))
        end([gradients.dq, gradients.dk, gradients.dv])
        return (gradients.dq, gradients.dk, gradients.dv)
    }

    /// Softmax over the last axis.
    package func softmax(_ x: Tensor) -> Tensor {
        begin("softmax", [x])
        let y = x.copy()
        device.run(.softmaxRows(y))
        end([y])
        return y
    }
}

extension Tape {
    /// Scaled dot-product attention: q [n, queries, heads·d], k and v [n, keys, heads·d].
    package func attention(
        _ q: Variable, _ k: Variable, _ v: Variable, heads: Int, causal: Bool = false
    ) -> Variable {
        let (o, statistics) = engine.attention(q.value, k.value, v.value, heads: heads, causal: causal)
        let saved = (q: Saved(q.value), k: Saved(k.value), v: Saved(v.value), o: Saved(o))
        return record(o, from: [q, k, v]) { [unowned self, q = q.node, k = k.node, v = v.node] gradient in
            let (dq, dk, dv) = engine.attentionBackward(
                gradient, saved.q.value, saved.k.value, saved.v.value, o: saved.o.value, statistics: statistics,
                heads: heads, causal: causal)
            accumulate(dq, into: q)
            accumulate(dk, into: k)
            accumulate(dv, into: v)
        }
    }
}
