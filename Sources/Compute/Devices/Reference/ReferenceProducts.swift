import CKernels

/// Products and attention by the kernels.
extension ReferenceDevice {
    func product(_ product: Product) {
        var plan = product.addressed
        withUnsafePointer(to: &plan) { plan in
            var cut = kernels.gemm.cut(plan, Int64(pool.workers))
            withUnsafePointer(to: &cut) { cut in
                let task = kernels.gemm.task!
                pool.run(tasks: Int(cut.pointee.tasks), scratchBytes: cut.pointee.workspace) { index, scratch in
                    task(plan, cut, Int64(index), scratch)
                }
            }
        }
    }

    func attention(_ attention: Attention, _ o: Tensor, _ statistics: Tensor) {
        var plan = attention.addressed
        let (table, output, notes) = (kernels.attention, o.pointer, statistics.pointer)
        withUnsafePointer(to: &plan) { plan in
            var cut = table.forward_cut(plan, Int64(pool.workers))
            withUnsafePointer(to: &cut) { cut in
                pool.run(tasks: Int(cut.pointee.tasks), scratchBytes: cut.pointee.workspace) { task, scratch in
                    table.forward(plan, cut, output, notes, Int64(task), scratch)
                }
            }
        }
    }

    func attentionBackward(_ attention: Attention, _ gradients: AttentionGradients) {
        var plan = attention.addressed
        var backward = ck_attention_backward()
        backward.o = UnsafePointer(gradients.o.pointer)
        backward.statistics = UnsafePointer(gradients.statistics.pointer)
        backward.d_o = UnsafePointer(gradients.gradient.pointer)
        backward.dq = gradients.dq.pointer
        backward.dk = gradients.dk.pointer
        backward.dv = gradients.dv.pointer
        let table = kernels.attention
        withUnsafePointer(to: &plan) { plan in
            let cut = table.backward_cut(plan)
            withUnsafePointer(to: &backward) { backward in
                pool.run(tasks: Int(cut.tasks), scratchBytes: cut.workspace) { task, scratch in
                    table.backward(plan, backward, Int64(task), scratch)
                }
            }
        }
    }

    func softmaxRows(_ x: Tensor) {
        let (width, target, softmax) = (x.shape.last!, x.pointer, kernels.attention.softmax_rows!)
        overRowSpans(x.count / width, width) { softmax(target + $0.lowerBound * width, $0.count, width) }
    }
}

extension Attention {
    /// The shape with the operands' addresses in the host's memory, as the kernels take it.
    fileprivate var addressed: ck_attention {
        var plan = ck_attention()
        plan.q = UnsafePointer(q.pointer)
        plan.k = UnsafePointer(k.pointer)
        plan.v = UnsafePointer(v.pointer)
        plan.batch = Int64(q.shape[0])
        plan.heads = Int64(heads)
        plan.queries = Int64(q.shape[1])
        plan.keys = Int64(k.shape[1])
        plan.width = Int64(width)
        plan.q_stride = Int64(q.shape[2])
        plan.kv_stride = Int64(q.shape[2])
        plan.scale = scale
        plan.causal = causal ? 1 : 0
        return plan
    }
}
