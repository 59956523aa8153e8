import CCuda
import CKernels

/// How a product is computed on a device: how its operands are fetched, in which tiles, how its chunks are added up. All of
/// it gives the same bits; what is chosen is the fastest by a model of the device.
struct CudaProductPlan {
    /// How tiles of an operand come into shared memory, as in `product_loader.h`: four inner indices or four rows (columns)
    /// at a time, or value by value.
    enum Way: String, CaseIterable {
        case k4, i4, k1, i1
    }
    /// Outputs of a block.
    enum Tile: String, CaseIterable {
        /// 128 × 64, 16 × 8 a thread.
        case large
        /// 64 × 128, 16 × 8 a thread: for results whose rows do not fill large tiles.
        case wide
        /// 64 × 64, 8 × 8 a thread.
        case small
        /// 64 × 64, with 64-bit distances.
        case far

        var rows: Int { self == .large ? 128 : 64 }
        var columns: Int { self == .wide ? 128 : 64 }
        /// Blocks that fit on a multiprocessor, at least.
        var blocks: Int { self == .large || self == .wide ? Int(CU_LARGE_BLOCKS) : Int(CU_SMALL_BLOCKS) }

        /// Whether there are kernels for these ways.
        func takes(_ a: Way, _ b: Way) -> Bool {
            switch self {
            case .large: a == .k4 || (a == .i4 && (b == .i4 || b == .i1))
            case .wide: (a == .i4 && (b == .i4 || b == .i1)) || (a == .k4 && b == .k1)
            case .small:
                switch (a, b) {
                case (.k4, _), (.i4, .i4), (.i4, .i1), (.k1, .k1), (.k1, .i1), (.i1, .i1): true
                default: false
                }
            case .far: a == .k1 && b == .k1
            }
        }
    }
    /// How the chunks of an output come together.
    enum Adding {
        /// There is one.
        case alone
        /// A tile's blocks add their chunks to C one after the other.
        case turns
        /// Chunks are laid down apart, and another kernel adds them.
        case scratch
    }
    /// What is done to a convolution's weight first, so that neighbouring rows lie side by side.
    enum Turning {
        case none
        /// [out][inner index] turned.
        case rows
        /// [out][in][taps] turned to [out][taps that take part][in].
        case taps
    }

    /// The ways in which the operands are fetched best.
    let wanted: (a: Way, b: Way)
    var tile: Tile
    /// The ways of the kernel.
    var ways: (a: Way, b: Way)
    var adding: Adding
    let turning: Turning
    /// The operands' axes, their addresses and tables of taps aside.
    let a, b: CudaProductOperand
    let layout: ck_gemm

    /// Chunks of all segments.
    var chunks: Int { Int(layout.segments) * ((Int(layout.k) + 255) / 256) }
    /// Products of the batch.
    var items: Int { Int(layout.batch_outer * layout.batch_inner) }
    /// Tiles of C down and across.
    var tiles: (m: Int, n: Int) { tiles(of: tile) }
    /// Floats of a row of the scratch.
    var pitch: Int { (Int(layout.n) + 3) / 4 * 4 }
    /// Floats of the chunks laid apart.
    var scratchCount: Int { adding == .scratch ? chunks * items * Int(layout.m) * pitch : 0 }
    /// Floats of the turned weight.
    var turnedCount: Int { turning == .none ? 0 : Int(layout.m * layout.k) }
    /// Bytes that are taken besides the operands.
    var workBytes: Int { (scratchCount + turnedCount) * MemoryLayout<Float>.stride }

    /// The plan for `layout`; `isAligned` says of the operands whether their first elements lie on 16 bytes.
    init(_ layout: ck_gemm, isAligned: (a: Bool, b: Bool), multiprocessors: Int) {
        precondition(
            max(layout.m, layout.n, layout.k) < Int32.max - 256, "a product of \(layout.m) × \(layout.n) × \(layout.k)")
        self.layout = layout
        turning = CudaProductPlan.turning(layout, isAligned: isAligned.a)
        a = CudaProductOperand(left: layout, turning: turning)
        b = CudaProductOperand(right: layout)
        wanted = (
            a.way(extent: Int(layout.m), layout, isAligned: isAligned.a || turning != .none),
            b.way(extent: Int(layout.n), layout, isAligned: isAligned.b)
        )
        (tile, adding) = (.small, .alone)
        let isFar =
            a.reach(rows: 128, of: Int(layout.m), layout) > Int(Int32.max)
            || b.reach(rows: 64, of: Int(layout.n), layout) > Int(Int32.max)
        if isFar {
            (tile, ways) = (.far, (.k1, .k1))
        } else {
            ways = CudaProductPlan.compiled(wanted)
        }
        choose(multiprocessors)
    }

    /// The pair of ways for which there are kernels and which fetches as many values at once as can be.
    private static func compiled(_ wanted: (a: Way, b: Way)) -> (a: Way, b: Way) {
        switch wanted {
        case (.k4, _), (.i4, .i4), (.i4, .i1): wanted
        case (.k1, .i4), (.k1, .i1): (.k1, .i1)
        case (.i1, .i4), (.i1, .i1): (.i1, .i1)
        default: (.k1, .k1)
        }
    }

    /// A weight is turned where that is paid back: it costs two passes over its memory, and saves a part of the work on each
    /// column. What a convolution's y gains by it is little, for the weight lies by inner index already.
    private static func turning(_ layout: ck_gemm, isAligned: Bool) -> Turning {
        guard layout.b_kind == CK_B_PATCHES, layout.m % 4 == 0, layout.batch_outer * layout.batch_inner == 1,
            layout.segments == 1
        else { return .none }
        switch layout.a_kind {
        case CK_A_ROWS where layout.lda == layout.k && layout.n >= 2048: return .rows
        case CK_A_CONV_WEIGHT where layout.lda == layout.m && layout.patches.weight_taps > 1 && layout.n >= 256:
            return .taps
        default: return .none
        }
    }

    // MARK: Choosing

    private func tiles(of tile: Tile) -> (m: Int, n: Int) {
        ((Int(layout.m) + tile.rows - 1) / tile.rows, (Int(layout.n) + tile.columns - 1) / tile.columns)
    }

    /// Chooses tile and adding: the pair for which the model says the least time.
    private mutating func choose(_ multiprocessors: Int) {
        var least = Double.infinity
        for tile in tile == .far ? [.far] : [Tile.large, .wide, .small] where tile.takes(ways.a, ways.b) {
            let addings: [Adding] = chunks == 1 ? [.alone] : [.turns, .scratch]
            for adding in addings {
                let time = microseconds(tile, adding, multiprocessors)
                if time < least { (least, self.tile, self.adding) = (time, tile, adding) }
            }
        }
    }

    /// Floats of the scratch at most.
    static let mostScratch = 40_000_000

    /// The time that the product takes, roughly, from what was measured on an H200, a multiprocessor's share each:
    /// - 180,000 fused multiply-adds a microsecond in large tiles, 0.98 of that in wide ones, which fetch more, 0.86 in
    ///   small ones; a multiprocessor with one block is busy with half of itself; a block begins and ends in the time of 24
    ///   inner indices;
    /// - a block's turn is 3 µs; the blocks of one tile that run at the same time wait for each other;
    /// - 23,000 bytes of scratch a microsecond, written and read, and 3 µs for the kernel that adds.
    private func microseconds(_ tile: Tile, _ adding: Adding, _ multiprocessors: Int) -> Double {
        let (down, across) = tiles(of: tile)
        let places = down * across * items
        let rounds = (places * chunks + multiprocessors - 1) / multiprocessors
        let depth = Double(layout.segments * layout.k) / Double(chunks) + 24
        let rate = 180_000 * (tile == .large ? 1 : tile == .wide ? 0.98 : 0.86)
        let computing = Double(max(2, rounds) * tile.rows * tile.columns) * depth / rate
        switch adding {
        case .alone: return computing
        case .turns:
            let atOnce = min(chunks, max(1, multiprocessors * tile.blocks / places))
            return max(computing, 3 * Double(chunks)) + (atOnce > 1 ? 3 * Double(atOnce) : 0)
        case .scratch:
            let count = chunks * items * Int(layout.m) * pitch
            guard count <= CudaProductPlan.mostScratch else { return .infinity }
            return computing + 3 + Double(8 * count) / Double(23_000 * multiprocessors)
        }
    }
}
