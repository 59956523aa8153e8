import CCuda
import CKernels

/// Products.
extension CudaDevice {
    func product(_ product: Product) {
        let layout = product.layout
        let (a, b) = (read(product.a), read(product.b))
        let plan = CudaProductPlan(
            layout, isAligned: (a.isAligned, b.isAligned), multiprocessors: hardware.multiprocessors
        ).following(choice)
        var work = cu_product()
        work.c = write(product.c)
        work.bias_row = product.rowBias.map(read)
        work.bias_column = product.columnBias.map(read)
        run(plan, work, a, b)
    }

    /// Bytes that `product` takes beside its operands.
    func workBytes(_ product: Product) -> Int {
        CudaProductPlan(
            product.layout, isAligned: (product.a.offset % 16 == 0, product.b.offset % 16 == 0),
            multiprocessors: hardware.multiprocessors
        ).workBytes
    }

    /// Queues a product as planned. `work` has the addresses of C and of the biases. A batch whose blocks are more than
    /// `mostBlocks`, a grid's limit, is cut.
    func run(
        _ plan: CudaProductPlan, _ work: cu_product, _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>,
        mostBlocks: Int = Int(Int32.max)
    ) {
        var work = work
        let layout = plan.layout
        let turned = plan.turning == .none ? nil : scratch(bytes: plan.turnedCount * MemoryLayout<Float>.stride)
        if let turned { turnWeight(plan, a, to: turned.pointer()) }
        let left = turned.map { UnsafePointer<Float>($0.pointer()) } ?? a
        work.a = addressed(plan.a, left)
        work.b = addressed(plan.b, b)
        (work.m, work.n, work.k) = (Int32(layout.m), Int32(layout.n), Int32(layout.k))
        work.chunks = Int32(plan.chunks)
        work.accumulate = layout.accumulate
        work.group = Int32(layout.group_columns)
        (work.ldc, work.c_group, work.c_outer, work.c_inner) = (
            layout.ldc, layout.c_group, layout.c_outer, layout.c_inner
        )
        let strides = [layout.n, layout.ldc, layout.group_columns, layout.c_group, layout.c_outer, layout.c_inner]
        work.aligned = UnsafePointer(work.c).isAligned && strides.allSatisfy { $0 % 4 == 0 } ? 1 : 0
        work.batch_inner = Int32(layout.batch_inner)
        (work.tiles_m, work.tiles_n) = (Int32(plan.tiles.m), Int32(plan.tiles.n))
        work.pitch = Int32(plan.pitch)
        let blocks = plan.tiles.m * plan.tiles.n * plan.chunks * Int(layout.batch_inner)
        let outers = max(1, mostBlocks / blocks)
        for first in stride(from: 0, to: Int(layout.batch_outer), by: outers) {
            var part = work
            let count = min(outers, Int(layout.batch_outer) - first)
            part.items = Int32(count * Int(layout.batch_inner))
            part.a.p += first * Int(layout.a_outer)
            part.b.p += first * Int(layout.b_outer)
            part.c += first * Int(layout.c_outer)
            launch(plan, part, blocks: blocks * count)
        }
    }

    private func launch(_ plan: CudaProductPlan, _ work: cu_product, blocks: Int) {
        var work = work
        switch plan.adding {
        case .alone: break
        case .turns: work.turns = turns(1 + Int(work.tiles_m) * Int(work.tiles_n) * Int(work.items))
        case .scratch:
            let count = plan.chunks * Int(work.items) * Int(work.m) * plan.pitch
            work.scratch = scratch(bytes: count * MemoryLayout<Float>.stride).pointer()
        }
        launch(plan.kernel, work, blocks: (blocks, 1, 1), threads: 64, sharedBytes: plan.sharedBytes)
        if plan.adding == .scratch {
            launchEach(
                "product_combine", work, count: Int(work.items) * Int(work.m) * plan.pitch / 4)
        }
    }

    /// Zeros for tickets and turns. A kernel leaves them as it found them.
    private func turns(_ count: Int) -> UnsafeMutablePointer<Int32> {
        var capacity = 4096
        while capacity < count { capacity *= 2 }
        return UnsafeMutablePointer(
            mutating: table(CudaTurns(capacity: capacity)) { [Int32](repeating: 0, count: capacity) })
    }

    private func addressed(_ operand: CudaProductOperand, _ p: UnsafePointer<Float>) -> cu_operand {
        var found = cu_operand()
        found.p = p + operand.start
        (found.index, found.k) = (operand.index, operand.k)
        if let taps = operand.taps {
            let offsets = table(CudaTaps(offsets: taps.offsets)) { taps.offsets }
            if taps.areInner { found.k.table = offsets } else { found.index.table = offsets }
        }
        (found.segment, found.outer, found.inner) = (Int64(operand.segment), Int64(operand.outer), Int64(operand.inner))
        return found
    }

    /// Queues the turning of a convolution's weight.
    private func turnWeight(
        _ plan: CudaProductPlan, _ weight: UnsafePointer<Float>, to turned: UnsafeMutablePointer<Float>
    ) {
        let (m, k) = (Int(plan.layout.m), Int(plan.layout.k))
        switch plan.turning {
        case .none: break
        case .rows:
            let work = cu_turn(y: turned, x: weight, rows: Int32(m), columns: Int32(k))
            launch(
                "turn", work, blocks: (((k + 31) / 32) * ((m + 31) / 32), 1, 1), threads: 256,
                sharedBytes: 32 * 33 * MemoryLayout<Float>.stride)
        case .taps:
            let taps = CudaProductOperand.weightTaps(plan.layout)
            let all = Int(plan.layout.patches.weight_taps)
            let (channels, rows) = (k / taps.count, Int(CU_TURN_ROWS))
            let work = cu_turn_taps(
                y: turned, x: weight, table: table(CudaTaps(offsets: taps)) { taps }, channels: Int32(channels),
                rows: Int32(m), all: Int32(all), taps: Int32(taps.count))
            launch(
                "turn_taps", work, blocks: (channels * ((m + rows - 1) / rows), 1, 1), threads: rows,
                sharedBytes: rows * all * MemoryLayout<Float>.stride)
        }
    }
}

/// The key of a table of taps.
private struct CudaTaps: Hashable {
    let offsets: [Int32]
}

/// The key of the zeros for tickets and turns.
private struct CudaTurns: Hashable {
    let capacity: Int
}

extension UnsafePointer<Float> {
    /// Whether it lies on 16 bytes.
    fileprivate var isAligned: Bool { UInt(bitPattern: self) % 16 == 0 }
}

extension CudaProductPlan {
    /// The name of the kernel.
    var kernel: StaticString {
        switch (tile, ways.a, ways.b) {
        case (.large, .k4, .k4): "product_large_k4_k4"
        case (.large, .k4, .i4): "product_large_k4_i4"
        case (.large, .k4, .k1): "product_large_k4_k1"
        case (.large, .k4, .i1): "product_large_k4_i1"
        case (.large, .i4, .i4): "product_large_i4_i4"
        case (.large, .i4, .i1): "product_large_i4_i1"
        case (.wide, .k4, .k1): "product_wide_k4_k1"
        case (.wide, .i4, .i4): "product_wide_i4_i4"
        case (.wide, .i4, .i1): "product_wide_i4_i1"
        case (.small, .k4, .k4): "product_small_k4_k4"
        case (.small, .k4, .i4): "product_small_k4_i4"
        case (.small, .k4, .k1): "product_small_k4_k1"
        case (.small, .k4, .i1): "product_small_k4_i1"
        case (.small, .i4, .i4): "product_small_i4_i4"
        case (.small, .i4, .i1): "product_small_i4_i1"
        case (.small, .k1, .k1): "product_small_k1_k1"
        case (.small, .k1, .i1): "product_small_k1_i1"
        case (.small, .i1, .i1): "product_small_i1_i1"
        case (.far, _, _): "product_far"
        default: preconditionFailure("no kernel fetches by \(ways) into \(tile) tiles")
        }
    }

    /// Shared memory of a block: where the chunk's inner indices lie, tiles, and the block's number.
    var sharedBytes: Int {
        let slices = [ways.a, ways.b].count { $0 == .k1 || $0 == .i1 } * 256 * (tile == .far ? 8 : 4)
        let (stages, depth) = (Int(CU_PRODUCT_STAGES), Int(CU_PRODUCT_DEPTH))
        let width = tile.rows + tile.columns + 2 * Int(CU_PRODUCT_PAD)
        return slices + stages * depth * width * MemoryLayout<Float>.stride + 16
    }
}
