extension Tape {
    /// Scaled dot-product attention: q [n, queries, heads·d], k and v [n, keys, heads·d].
    package func attention(
        _ q: Variable, _ k: Variable, _ v: Variable, heads: Int, causal: Bool = false
    ) -> Variable {
        let (o, statistics) = engine.attention(q.value, k.value, v.value, heads: heads, causal: causal)
        return record(o, from: [q, k, v]) { [unowned self] gradient in
            let (dq, dk, dv) = engine.attentionBackward(
                gradient, q.value, k.value, v.value, o: o, statistics: statistics, heads: heads, causal: causal)
            accumulate(dq, into: q.node)
            accumulate(dk, into: k.node)
            accumulate(dv, into: v.node)
        }
    }
}
