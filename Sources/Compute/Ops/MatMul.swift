import CKernels

/// Which way a matrix of a product is read.
package enum Transposition: Sendable {
    case none
    case transposed
}

extension Engine {
    /// Computes `plan`: on the workers (rule 2), or by OpenBLAS.
    func run(_ plan: ck_gemm) {
        guard backend == .reference else { return BLASProduct(plan, engine: self).run() }
        var plan = plan
        withUnsafePointer(to: &plan) { plan in
            var cut = kernels.pointee.gemm.cut(plan, Int64(pool.workers))
            withUnsafePointer(to: &cut) { cut in
                let task = kernels.pointee.gemm.task!
                pool.run(tasks: Int(cut.pointee.tasks), scratchBytes: cut.pointee.workspace) { index, scratch in
                    task(plan, cut, Int64(index), scratch)
                }
            }
        }
    }

    /// A plan with one segment, one group of columns and no batch.
    func plan(m: Int, n: Int, k: Int) -> ck_gemm {
        var plan = ck_gemm()
        plan.m = Int64(m)
        plan.n = Int64(n)
        plan.k = Int64(k)
        plan.segments = 1
        plan.group_columns = Int64(n)
        plan.batch_outer = 1
        plan.batch_inner = 1
        return plan
    }

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
        let c = Tensor(uninitialized: a.shape.dropLast(2) + [m, n])
        var plan = plan(m: m, n: n, k: k)
        plan.a = UnsafePointer(a.pointer)
        plan.b = UnsafePointer(b.pointer)
        plan.c = c.pointer
        plan.a_kind = transposeA == .none ? CK_A_ROWS : CK_A_COLUMNS
        plan.b_kind = transposeB == .none ? CK_B_ROWS : CK_B_COLUMNS
        plan.lda = Int64(a.shape[ra - 1])
        plan.ldb = Int64(b.shape[rb - 1])
        plan.ldc = Int64(n)
        plan.batch_outer = Int64(a.shape.dropLast(2).reduce(1, *))
        plan.a_outer = Int64(m * k)
        plan.b_outer = Int64(k * n)
        plan.c_outer = Int64(m * n)
        run(plan)
        end([c])
        return c
    }
}
