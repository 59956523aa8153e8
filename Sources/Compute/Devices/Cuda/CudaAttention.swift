import CCuda

/// Attention by kernels of `attention.h` and `attention_backward.h`.
extension CudaDevice {
    func attention(_ attention: Attention, _ o: Tensor, _ statistics: Tensor) {
        guard o.count > 0 else { return }
        var arguments = arguments(attention)
        arguments.o = write(o)
        arguments.statistics = write(statistics)
        arguments.aligned = isAligned(arguments, [])
        let plan = CudaAttentionPlan(attention, multiprocessors: hardware.multiprocessors)
        let name: StaticString =
            switch kernelWidth(attention, arguments) {
            case 40: "attention_40"
            case 64: "attention_64"
            case 80: "attention_80"
            case 160: "attention_160"
            case nil where attention.width <= Self.step: "attention_any"
            default: "attention_wide"
            }
        launchAttention(name, arguments, blocks: plan.queryTiles * plan.heads)
    }

    func attentionBackward(_ attention: Attention, _ gradients: AttentionGradients) {
        guard attention.q.count > 0 else { return }
        let plan = CudaAttentionPlan(attention, multiprocessors: hardware.multiprocessors).following(choice)
        run(attention, gradients, plan)
    }

    /// The way back as `plan` has it, whose bits are the same in any case.
    func run(_ attention: Attention, _ gradients: AttentionGradients, _ plan: CudaAttentionPlan) {
        let rows = scratch(bytes: plan.rowBytes)
        var backward = cu_attention_backward()
        backward.attention = arguments(attention)
        let (o, statistics) = (read(gradients.o), read(gradients.statistics))
        backward.attention.o = UnsafeMutablePointer(mutating: o)
        backward.attention.statistics = UnsafeMutablePointer(mutating: statistics)
        backward.d_o = read(gradients.gradient)
        backward.rows = UnsafePointer(rows.pointer())
        backward.dq = write(gradients.dq)
        backward.dk = write(gradients.dk)
        backward.dv = write(gradients.dv)
        backward.attention.aligned = isAligned(
            backward.attention,
            [
                backward.d_o, UnsafePointer(backward.dq), UnsafePointer(backward.dk), UnsafePointer(backward.dv),
            ])
        let shape = backward.attention
        launch(
            "attention_rows",
            cu_attention_rows(
                o: o, d_o: backward.d_o, statistics: statistics, rows: rows.pointer(), items: shape.items,
                heads: shape.heads, queries: shape.queries, width: shape.width),
            blocks: (min((plan.heads * plan.queries + 15) / 16, 1 << 20), 1, 1), threads: 256, sharedBytes: 256 * 4)

        let parts = plan.parts > 1 ? scratch(bytes: plan.partBytes) : nil
        backward.parts = parts?.pointer()
        backward.chunks = Int32(plan.parts)
        let ds = plan.headsAtOnce > 0 ? scratch(bytes: plan.dsBytes) : nil
        backward.ds = ds?.pointer()
        backward.ds_row = Int32(plan.dsRow)
        let width = kernelWidth(attention, shape)
        let step = ds == nil ? plan.heads : plan.headsAtOnce
        for first in stride(from: 0, to: plan.heads, by: step) {
            let count = min(step, plan.heads - first)
            backward.first_head = Int32(first)
            backward.heads = Int32(count)
            let ofKeys = plan.keyTiles * plan.parts * count
            let name: StaticString =
                switch width {
                case 40: "attention_backward_40"
                case 64: "attention_backward_64"
                case 80: "attention_backward_80"
                case 160: "attention_backward_160"
                case nil where attention.width <= Self.step: "attention_backward_any"
                default: "attention_backward_wide"
                }
            launchAttention(name, backward, blocks: ds == nil ? ofKeys + plan.queryTiles * count : ofKeys)
            guard ds != nil else { continue }
            let second: StaticString =
                switch width {
                case 40: "attention_queries_40"
                case 64: "attention_queries_64"
                case 80: "attention_queries_80"
                case 160: "attention_queries_160"
                default: "attention_queries_any"
                }
            launchAttention(second, backward, blocks: plan.queryTiles * count)
        }
        guard let parts else { return }
        let count = attention.k.count
        launchEach(
            "attention_add_parts",
            cu_attention_parts(
                parts: parts.pointer(), dk: backward.dk, dv: backward.dv, count: Int64(count),
                row: Int64(attention.k.shape[2]), chunks: Int32(plan.parts), keys: shape.keys, causal: shape.causal),
            count: 2 * count)
    }

    /// Bytes beside the operands of the way back.
    func workBytes(_ attention: Attention) -> Int {
        CudaAttentionPlan(attention, multiprocessors: hardware.multiprocessors).workBytes
    }

    func softmaxRows(_ x: Tensor) {
        guard let width = x.shape.last, x.count > 0 else { return }
        let rows = x.count / width
        launch(
            "softmax_rows", cu_softmax_rows(x: write(x), rows: Int64(rows), width: Int64(width)),
            blocks: (min(rows, hardware.multiprocessors * 8), 1, 1), threads: 256, sharedBytes: (256 + 16 + 1) * 4)
    }

    /// Rows that a step goes through, a chunk of rule 2.
    private static let step = Int(CU_ATTENTION_STEP)

    private func launchAttention<Arguments>(_ name: StaticString, _ arguments: Arguments, blocks: Int) {
        launch(
            name, arguments, blocks: (blocks, 1, 1), threads: Int(CU_ATTENTION_THREADS),
            sharedBytes: Int(CU_ATTENTION_SHARED_BYTES))
    }

    private func arguments(_ attention: Attention) -> cu_attention {
        var plan = cu_attention()
        (plan.q, plan.k, plan.v) = (read(attention.q), read(attention.k), read(attention.v))
        plan.q_stride = Int64(attention.q.shape[2])
        plan.kv_stride = Int64(attention.q.shape[2])
        plan.items = Int32(attention.q.shape[0])
        plan.heads = Int32(attention.heads)
        plan.queries = Int32(attention.q.shape[1])
        plan.keys = Int32(attention.k.shape[1])
        plan.width = Int32(attention.width)
        plan.scale = attention.scale
        plan.causal = attention.causal ? 1 : 0
        return plan
    }

    /// Whether all rows begin at multiples of 16 bytes and have whole quads of numbers.
    private func isAligned(_ plan: cu_attention, _ others: [UnsafePointer<Float>]) -> Int32 {
        let rows = others + [plan.q, plan.k, plan.v, UnsafePointer(plan.o)]
        return plan.width % 4 == 0 && rows.allSatisfy { UInt(bitPattern: $0) % 16 == 0 } ? 1 : 0
    }

    /// The width that a kernel has been made for, if it is this one's and all rows are aligned.
    private func kernelWidth(_ attention: Attention, _ plan: cu_attention) -> Int? {
        plan.aligned == 1 && [40, 64, 80, 160].contains(attention.width) ? attention.width : nil
    }
}
