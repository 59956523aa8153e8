import CCuda

/// Attention by kernels of `attention.h` and `attention_backward.h`.
extension CudaDevice {
    func attention(_ attention: Attention, _ o: Tensor, _ statistics: Tensor) {
        guard o.count > 0 else { return }
        var arguments = arguments(attention)
        arguments.o = write(o)
        arguments.statistics = write(statistics)
        arguments.aligned = isAligned(arguments, [])
        let tiles = attention.tiles(of: attention.q) * attention.headCount
        let name: StaticString =
            switch kernelWidth(attention, arguments) {
            case 40: "attention_40"
            case 64: "attention_64"
            case 80: "attention_80"
            case 160: "attention_160"
            case nil where attention.width <= Self.step: "attention_any"
            default: "attention_wide"
            }
        launchAttention(name, arguments, blocks: tiles)
    }

    func attentionBackward(_ attention: Attention, _ gradients: AttentionGradients) {
        guard attention.q.count > 0 else { return }
        let rows = scratch(bytes: attention.rowBytes)
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
            [backward.d_o, UnsafePointer(backward.dq), UnsafePointer(backward.dk), UnsafePointer(backward.dv)])
        let plan = backward.attention
        let queries = attention.headCount * attention.q.shape[1]
        launch(
            "attention_rows",
            cu_attention_rows(
                o: o, d_o: backward.d_o, statistics: statistics, rows: rows.pointer(), items: plan.items,
                heads: plan.heads, queries: plan.queries, width: plan.width),
            blocks: (min((queries + 15) / 16, 1 << 20), 1, 1), threads: 256, sharedBytes: 256 * 4)

        let chunks = attention.parts(multiprocessors: hardware.multiprocessors)
        let parts = chunks > 1 ? scratch(bytes: chunks * attention.partBytes) : nil
        backward.parts = parts?.pointer()
        backward.chunks = Int32(chunks)
        let (ofKeys, ofQueries) = (attention.tiles(of: attention.k), attention.tiles(of: attention.q))
        let name: StaticString =
            switch kernelWidth(attention, plan) {
            case 40: "attention_backward_40"
            case 64: "attention_backward_64"
            case 80: "attention_backward_80"
            case 160: "attention_backward_160"
            case nil where attention.width <= Self.step: "attention_backward_any"
            default: "attention_backward_wide"
            }
        launchAttention(name, backward, blocks: (ofKeys * chunks + ofQueries) * attention.headCount)
        guard let parts else { return }
        let count = attention.k.count
        launchEach(
            "attention_add_parts",
            cu_attention_parts(
                parts: parts.pointer(), dk: backward.dk, dv: backward.dv, count: Int64(count),
                row: Int64(attention.k.shape[2]), chunks: Int32(chunks), keys: plan.keys, causal: plan.causal),
            count: 2 * count)
    }

    /// Bytes beside the operands of the way back.
    func workBytes(_ attention: Attention) -> Int {
        let chunks = attention.parts(multiprocessors: hardware.multiprocessors)
        return attention.rowBytes + (chunks > 1 ? chunks * attention.partBytes : 0)
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

extension Attention {
    /// Heads of all items.
    fileprivate var headCount: Int { q.shape[0] * heads }
    /// Tiles of a head's queries (of q) or keys (of k).
    fileprivate func tiles(of side: Tensor) -> Int {
        (side.shape[1] + Int(CU_ATTENTION_TILE) - 1) / Int(CU_ATTENTION_TILE)
    }
    /// Bytes of D and 1 / l of all queries.
    fileprivate var rowBytes: Int { 2 * headCount * q.shape[1] * 4 }
    /// Bytes of what a chunk of queries adds to dk and dv.
    fileprivate var partBytes: Int { 2 * k.count * 4 }

    /// Into how many parts the queries are cut for dk and dv: one for each chunk where the tiles of keys alone would leave
    /// multiprocessors idle, as with the few keys of a caption. The bits are the same.
    fileprivate func parts(multiprocessors: Int) -> Int {
        let chunks = (q.shape[1] + Int(CU_ATTENTION_STEP) - 1) / Int(CU_ATTENTION_STEP)
        return tiles(of: k) * headCount < 2 * multiprocessors ? chunks : 1
    }
}
