import CKernels

/// Which way a matrix of a product is read.
package enum Transposition: Sendable {
    case none
    case transposed
}

extension Engine {
    /// Matrix product over the last two axes: A [batch…, m, k] (or [batch…, k, m]) times B [batch…, k, n] (or
    /// [batch…, n, k]), equal leading axes. Result [batch…, m, n]; rule 2 of the contract.
    package func matmul(
        _ a: Tensor, _ b: Tensor, _ transposeA: Transposition = .none, _ transposeB: Transposition = .none
    ) -> Tensor {
        begin("matmul", [a, b])
        let (ra, rb) = (a.shape.count, b.shape.count)
        precondition(ra >= 2 && ra == rb && a.shape.dropLast(2) == b.shape.dropLast(2))
        let (m, k) =
            transposeA == .none ? (a.shape[ra - 2], a.shape[ra - 1]) : (a.shape[ra - 1], a.shape[ra - 2])
        let (k2, n) =
            transposeB == .none ? (b.shape[rb - 2], b.shape[rb - 1]) : (b.shape[rb - 1], b.shape[rb - 2])
        precondition(k == k2, "inner extents differ: \(a.shape) and \(b.shape)")
        let c = tensor(a.shape.dropLast(2) + [m, n])
        var layout = Product.layout(m: m, n: n, k: k)
        layout.a_kind = transposeA == .none ? CK_A_ROWS : CK_A_COLUMNS
        layout.b_kind = transposeB == .none ? CK_B_ROWS : CK_B_COLUMNS
        layout.lda = Int64(a.shape[ra - 1])
        layout.ldb = Int64(b.shape[rb - 1])
        layout.ldc = Int64(n)
        layout.batch_outer = Int64(a.shape.dropLast(2).reduce(1, *))
        layout.a_outer = Int64(m * k)
        layout.b_outer = Int64(k * n)
        layout.c_outer = Int64(m * n)
        device.run(.product(Product(.matrix, layout, a, b, to: c)))
        end([c])
        return c
    }
}
