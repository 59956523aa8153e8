import CKernels

extension Engine {
    /// Scaled dot-product attention (rule 5): q [n, queries, heads·d], k and v [n, keys, heads·d], scale d^(−½).
    /// With `causal`, query i sees keys 0…i. Gives the result [n, queries, heads·d] and, for the backward pass, each
    /// query's maximum and sum: [n, heads, 2, queries].
    package func attention(
        _ q: Tensor, _ k: Tensor, _ v: Tensor, heads: Int, causal: Bool = false
    ) -> (o: Tensor, statistics: Tensor) {
        guard backend == .reference else { return composedAttention(q, k, v, heads: heads, causal: causal) }
        begin("attention", [q, k, v])
        let o = Tensor(uninitialized: q.shape)
        let statistics = Tensor(uninitialized: [q.shape[0], heads, 2, q.shape[1]])
        var plan = attentionPlan(q, k, v, heads: heads, causal: causal)
        let (table, output, notes) = (kernels.pointee.attention, o.pointer, statistics.pointer)
        withUnsafePointer(to: &plan) { plan in
            var cut = table.forward_cut(plan, Int64(pool.workers))
            withUnsafePointer(to: &cut) { cut in
                pool.run(tasks: Int(cut.pointee.tasks), scratchBytes: cut.pointee.workspace) { task, scratch in
                    table.forward(plan, cut, output, notes, Int64(task), scratch)
                }
            }
        }
        end([o, statistics])
        return (o, statistics)
    }

    /// Gradients of q, k and v. Probabilities are computed again from `attention`'s result and statistics.
    package func attentionBackward(
        _ gradient: Tensor, _ q: Tensor, _ k: Tensor, _ v: Tensor, o: Tensor, statistics: Tensor, heads: Int,
        causal: Bool = false
    ) -> (dq: Tensor, dk: Tensor, dv: Tensor) {
        guard backend == .reference else {
            return composedAttentionBackward(gradient, q, k, v, heads: heads, causal: causal)
        }
        begin("attention backward", [gradient, q, k, v, o, statistics])
        let (dq, dk, dv) = (
            Tensor(uninitialized: q.shape), Tensor(uninitialized: k.shape), Tensor(uninitialized: v.shape)
        )
        var plan = attentionPlan(q, k, v, heads: heads, causal: causal)
        var backward = ck_attention_backward()
        backward.o = UnsafePointer(o.pointer)
        backward.statistics = UnsafePointer(statistics.pointer)
        backward.d_o = UnsafePointer(gradient.pointer)
        backward.dq = dq.pointer
        backward.dk = dk.pointer
        backward.dv = dv.pointer
        let table = kernels.pointee.attention
        withUnsafePointer(to: &plan) { plan in
            let cut = table.backward_cut(plan)
            withUnsafePointer(to: &backward) { backward in
                pool.run(tasks: Int(cut.tasks), scratchBytes: cut.workspace) { task, scratch in
                    table.backward(plan, backward, Int64(task), scratch)
                }
            }
        }
        end([dq, dk, dv])
        return (dq, dk, dv)
    }

    /// Softmax over the last axis.
    package func softmax(_ x: Tensor) -> Tensor {
        begin("softmax", [x])
        let y = x.copy()
        let (width, target, softmax) = (x.shape.last!, y.pointer, kernels.pointee.attention.softmax_rows!)
        pool.run(tasks: x.count / width) { row, _ in softmax(target + row * width, 1, width) }
        end([y])
        return y
    }

    func attentionPlan(_ q: Tensor, _ k: Tensor, _ v: Tensor, heads: Int, causal: Bool) -> ck_attention {
        let (n, queries, inner, keys) = (q.shape[0], q.shape[1], q.shape[2], k.shape[1])
        precondition(
            k.shape == [n, keys, inner] && v.shape == k.shape, "attention: \(q.shape), \(k.shape), \(v.shape)")
        precondition(inner % heads == 0 && !(causal && keys != queries))
        let width = inner / heads
        var plan = ck_attention()
        plan.q = UnsafePointer(q.pointer)
        plan.k = UnsafePointer(k.pointer)
        plan.v = UnsafePointer(v.pointer)
        plan.batch = Int64(n)
        plan.heads = Int64(heads)
        plan.queries = Int64(queries)
        plan.keys = Int64(keys)
        plan.width = Int64(width)
        plan.q_stride = Int64(inner)
        plan.kv_stride = Int64(inner)
        // d^(−½): the division and the root are correctly rounded in double, then rounded once.
        plan.scale = Float(1.0 / Double(width).squareRoot())
        plan.causal = causal ? 1 : 0
        return plan
    }
}
