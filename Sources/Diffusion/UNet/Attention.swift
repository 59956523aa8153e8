import Compute

/// Multi-head attention with q, k, v projections without bias and an output projection with one.
package struct CrossAttention: Sendable {
    let toQ: Linear
    let toK: Linear
    let toV: Linear
    let toOut: Linear
    let heads: Int

    init(_ loader: ParameterLoader, _ name: String, width: Int, contextWidth: Int, heads: Int) throws {
        toQ = try Linear(loader, "\(name).to_q", width, width, hasBias: false)
        toK = try Linear(loader, "\(name).to_k", contextWidth, width, hasBias: false)
        toV = try Linear(loader, "\(name).to_v", contextWidth, width, hasBias: false)
        toOut = try Linear(loader, "\(name).to_out.0", width, width)
        self.heads = heads
    }

    /// x [n, t, width] looks at `context` [n, l, contextWidth].
    func callAsFunction(_ tape: Tape, _ x: Variable, context: Variable) -> Variable {
        let attended = tape.attention(toQ(tape, x), toK(tape, context), toV(tape, context), heads: heads)
        return toOut(tape, attended)
    }
}
