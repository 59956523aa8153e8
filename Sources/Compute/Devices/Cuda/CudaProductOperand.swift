import CCuda
import CKernels

/// How an operand of a product is read on a device: element (x, k) lies at index(x) + k(k) from its start.
struct CudaProductOperand {
    /// The axis of its rows (of the left operand; of the right one, its columns), and that of the inner index.
    private(set) var index = cu_axis(plain: 1), k = cu_axis(plain: 1)
    /// Where the taps lie from a channel's first element, and whether the inner index counts them, or else the rows. The
    /// axis wants them as its table.
    private(set) var taps: (offsets: [Int32], areInner: Bool)?
    /// The first element of all.
    private(set) var start = 0
    /// Elements between segments, and between the products of a batch.
    private(set) var segment = 0, outer = 0, inner = 0

    /// The left operand. A turned weight lies as [inner index][row].
    init(left layout: ck_gemm, turning: CudaProductPlan.Turning) {
        (segment, outer, inner) = (Int(layout.a_segment), Int(layout.a_outer), Int(layout.a_inner))
        switch layout.a_kind {
        case _ where turning != .none: k = cu_axis(plain: layout.m)
        case CK_A_ROWS: index = cu_axis(plain: layout.lda)
        case CK_A_COLUMNS: k = cu_axis(plain: layout.lda)
        case CK_A_CONV_WEIGHT:
            let all = layout.patches.weight_taps
            index = cu_axis(plain: all)
            setTaps(CudaProductOperand.weightTaps(layout), areInner: true, stride: layout.lda * all)
        default: preconditionFailure("an operand of a kind that is not known here: \(layout.a_kind)")
        }
    }

    /// The right operand.
    init(right layout: ck_gemm) {
        (segment, outer, inner) = (Int(layout.b_segment), Int(layout.b_outer), Int(layout.b_inner))
        let patches = layout.patches
        switch layout.b_kind {
        case CK_B_ROWS: k = cu_axis(plain: layout.ldb)
        case CK_B_COLUMNS: index = cu_axis(plain: layout.ldb)
        case CK_B_PATCHES:
            index = cu_axis(positions: patches, count: layout.group_columns)
            if layout.n > layout.group_columns {
                index.group = Int32(layout.group_columns)
                index.group_stride = patches.image_stride
            }
            setTaps(CudaProductOperand.tapOffsets(layout), areInner: true, stride: patches.channel_stride)
        case CK_B_PATCHES_T:
            k = cu_axis(positions: patches, count: layout.k)
            setTaps(CudaProductOperand.tapOffsets(layout), areInner: false, stride: patches.channel_stride)
        default: preconditionFailure("an operand of a kind that is not known here: \(layout.b_kind)")
        }
    }

    /// An axis of (channel, tap). One tap needs no table.
    private mutating func setTaps(_ offsets: [Int32], areInner: Bool, stride: Int64) {
        var axis = cu_axis(plain: stride)
        if offsets.count == 1 {
            start = Int(offsets[0])
        } else {
            axis.inner = Int32(offsets.count)
            taps = (offsets, areInner)
        }
        if areInner { k = axis } else { index = axis }
    }

    /// Where the taps of the patches lie from their first elements.
    private static func tapOffsets(_ layout: ck_gemm) -> [Int32] {
        withUnsafeBytes(of: layout.patches.tap_offset) { bytes in
            bytes.bindMemory(to: Int64.self).prefix(Int(layout.patches.taps)).map(Int32.init)
        }
    }

    /// The taps of the weight that take part.
    static func weightTaps(_ layout: ck_gemm) -> [Int32] {
        withUnsafeBytes(of: layout.patches.weight_tap) { bytes in
            bytes.bindMemory(to: Int64.self).prefix(Int(layout.patches.taps)).map(Int32.init)
        }
    }

    /// How it is fetched best; `extent` are its rows (or columns).
    func way(extent: Int, _ layout: ck_gemm, isAligned: Bool) -> CudaProductPlan.Way {
        let strides = [start, segment, outer, inner, Int(index.group_stride)]
        let isAligned = isAligned && strides.allSatisfy { $0 % 4 == 0 } && index.isPlain && k.isPlain
        if k.isPlain, k.stride == 1, index.group == 0 {
            return isAligned && index.stride % 4 == 0 && layout.k % 4 == 0 ? .k4 : .k1
        }
        if index.isPlain, index.stride == 1 {
            return isAligned && k.stride % 4 == 0 && extent % 4 == 0 && index.group % 4 == 0 ? .i4 : .i1
        }
        if let taps { return taps.areInner ? .i1 : .k1 }
        return index.neighbours < k.neighbours ? .i1 : .k1
    }

    /// How far apart two elements of `rows` neighbouring rows and one chunk may lie, at most.
    func reach(rows: Int, of extent: Int, _ layout: ck_gemm) -> Int {
        index.reach(min(rows, extent), taps?.offsets) + k.reach(min(256, Int(layout.k)), taps?.offsets)
    }
}

extension cu_axis {
    /// Every position `stride` from the one before.
    fileprivate init(plain stride: Int64) {
        self.init()
        inner = 1
        self.stride = stride
    }

    /// The `count` positions of a convolution's outputs in its input; plain where they lie one after the other.
    fileprivate init(positions patches: ck_patches, count: Int64) {
        self.init(plain: patches.column_stride)
        if count <= patches.out_width || patches.row_stride == patches.out_width * patches.column_stride { return }
        inner = Int32(patches.out_width)
        stride = patches.row_stride
        inner_stride = patches.column_stride
    }

    /// Whether all positions of a group are `stride` apart.
    fileprivate var isPlain: Bool { inner == 1 }
    /// The distance of most neighbours.
    fileprivate var neighbours: Int { isPlain ? Int(stride) : max(1, Int(inner_stride)) }

    /// How far apart two of `count` neighbouring positions may lie, at most.
    fileprivate func reach(_ count: Int, _ taps: [Int32]?) -> Int {
        var reach = 0
        var count = count
        if group > 0 {
            reach = (count / Int(group) + 1) * Int(group_stride)
            count = Int(group)
        }
        if isPlain { return reach + count * Int(stride) }
        let rest = max(Int(inner) * Int(inner_stride), taps.map { Int($0.max()! - min(0, $0.min()!)) } ?? 0)
        return reach + (count / Int(inner) + 1) * Int(stride) + rest
    }
}
