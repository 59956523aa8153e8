import CKernels

/// One product of the contract, `ck_gemm`, as calls of OpenBLAS: a call a segment and a group of columns. OpenBLAS
/// reads plain matrices only, so patches and a convolution's weight read for dX are laid out first.
///
/// The calls are made on the calling thread, with as many threads of OpenBLAS as the pool has workers; the workers wait
/// meanwhile.
struct OpenBLASProduct {
    private let plan: ck_gemm
    private let pool: WorkerPool
    private let m: Int
    private let k: Int
    /// Columns of a call, and how many calls a row of C takes.
    private let columns: Int
    private let groups: Int

    /// A plain matrix: where it is, the distance of its rows, and whether they are the columns that the plan means.
    private struct Operand {
        let start: UnsafePointer<Float>
        let stride: Int
        let transposition: Transposition
        /// Keeps laid out values alive.
        var storage: Tensor?
    }

    init(_ plan: ck_gemm, pool: WorkerPool) {
        self.plan = plan
        self.pool = pool
        (m, k, columns) = (Int(plan.m), Int(plan.k), Int(plan.group_columns))
        precondition(columns > 0 && Int(plan.n) % columns == 0, "groups of \(columns) in \(plan.n) columns")
        groups = Int(plan.n) / columns
    }

    /// Computes C = A·B (+ biases) or C += A·B for every product of the batch.
    func run() {
        for outer in 0..<plan.batch_outer {
            for inner in 0..<plan.batch_inner {
                let a = plan.a + Int(outer * plan.a_outer + inner * plan.a_inner)
                let b = plan.b + Int(outer * plan.b_outer + inner * plan.b_inner)
                let c = plan.c + Int(outer * plan.c_outer + inner * plan.c_inner)
                for segment in 0..<Int(plan.segments) { add(segment, a, b, into: c) }
                addBiases(to: c)
            }
        }
    }

    private func add(
        _ segment: Int, _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, into c: UnsafeMutablePointer<Float>
    ) {
        let left = left(a + segment * Int(plan.a_segment))
        for group in 0..<groups {
            let right = right(b + segment * Int(plan.b_segment), group)
            OpenBLAS.with(threads: pool.workers) {
                OpenBLAS.multiply(
                    m: m, n: columns, k: k, left.start, left.stride, left.transposition, right.start, right.stride,
                    right.transposition, beta: plan.accumulate != 0 || segment > 0 ? 1 : 0,
                    into: c + group * Int(plan.c_group), Int(plan.ldc))
            }
            withExtendedLifetime(right) {}
        }
        withExtendedLifetime(left) {}
    }

    private func addBiases(to c: UnsafeMutablePointer<Float>) {
        guard plan.bias_row != nil || plan.bias_column != nil else { return }
        pool.run(tasks: m) { row, _ in
            for group in 0..<groups {
                let line = c + group * Int(plan.c_group) + row * Int(plan.ldc)
                if let bias = plan.bias_row { for column in 0..<columns { line[column] += bias[row] } }
                if let bias = plan.bias_column {
                    for column in 0..<columns { line[column] += bias[group * columns + column] }
                }
            }
        }
    }

    // MARK: Operands

    /// Bytes of the matrices that are laid out for a call; of several calls the first one's are free before the next.
    var workBytes: Int {
        let isWeight = plan.a_kind == CK_A_CONV_WEIGHT && plan.patches.weight_taps != 1
        let arePatches = plan.b_kind == CK_B_PATCHES || plan.b_kind == CK_B_PATCHES_T
        return MemoryLayout<Float>.size
            * ((isWeight ? k * m : 0)
                + (arePatches && !isPicture(positions: plan.b_kind == CK_B_PATCHES ? columns : k) ? k * columns : 0))
    }

    /// Whether the patches of one picture are the picture itself: one tap at every pixel.
    private func isPicture(positions: Int) -> Bool {
        let patches = plan.patches
        return patches.taps == 1 && patches.column_stride == 1
            && (patches.row_stride == patches.out_width || positions <= Int(patches.out_width))
    }

    private func left(_ a: UnsafePointer<Float>) -> Operand {
        switch plan.a_kind {
        case CK_A_ROWS: return Operand(start: a, stride: Int(plan.lda), transposition: .none)
        case CK_A_COLUMNS: return Operand(start: a, stride: Int(plan.lda), transposition: .transposed)
        case CK_A_CONV_WEIGHT: return weight(a)
        default: preconditionFailure("an operand of a kind that is not known here: \(plan.a_kind)")
        }
    }

    /// A weight [OC, IC, all taps] as [(oc, tap), ic], of the taps that take part.
    private func weight(_ a: UnsafePointer<Float>) -> Operand {
        let (taps, all, inputs) = (Int(plan.patches.taps), Int(plan.patches.weight_taps), Int(plan.lda))
        if all == 1 { return Operand(start: a, stride: inputs, transposition: .transposed) }
        let chosen = withUnsafeBytes(of: plan.patches.weight_tap) { bytes in
            (0..<taps).map { Int(bytes.load(fromByteOffset: $0 * 8, as: Int64.self)) }
        }
        let matrix = Tensor(uninitialized: [k, m])
        let target = matrix.pointer
        pool.run(tasks: k / taps) { output, _ in
            for (place, tap) in chosen.enumerated() {
                let line = target + (output * taps + place) * m
                for input in 0..<m { line[input] = a[(output * inputs + input) * all + tap] }
            }
        }
        return Operand(start: UnsafePointer(target), stride: m, transposition: .transposed, storage: matrix)
    }

    private func right(_ b: UnsafePointer<Float>, _ group: Int) -> Operand {
        let stride = Int(plan.ldb)
        switch plan.b_kind {
        case CK_B_ROWS: return Operand(start: b + group * columns, stride: stride, transposition: .none)
        case CK_B_COLUMNS:
            return Operand(start: b + group * columns * stride, stride: stride, transposition: .transposed)
        case CK_B_PATCHES:
            return patches(b + group * Int(plan.patches.image_stride), rows: k, positions: columns, .none)
        case CK_B_PATCHES_T:
            precondition(groups == 1, "transposed patches in groups")
            return patches(b, rows: columns, positions: k, .transposed)
        default: preconditionFailure("an operand of a kind that is not known here: \(plan.b_kind)")
        }
    }

    /// The patches of one picture as [(channel, tap), position]; where a patch is one pixel the picture is that already.
    private func patches(
        _ picture: UnsafePointer<Float>, rows: Int, positions: Int, _ transposition: Transposition
    ) -> Operand {
        let patches = plan.patches
        let (taps, width, channel) = (Int(patches.taps), Int(patches.out_width), Int(patches.channel_stride))
        let (down, across) = (Int(patches.row_stride), Int(patches.column_stride))
        if isPicture(positions: positions) {
            let first = withUnsafeBytes(of: patches.tap_offset) { Int($0.load(as: Int64.self)) }
            return Operand(start: picture + first, stride: channel, transposition: transposition)
        }
        let matrix = Tensor(uninitialized: [rows, positions])
        let target = matrix.pointer
        pool.run(tasks: rows) { row, _ in
            let offset = withUnsafeBytes(of: patches.tap_offset) {
                Int($0.load(fromByteOffset: row % taps * 8, as: Int64.self))
            }
            let (line, source) = (target + row * positions, picture + row / taps * channel + offset)
            for first in stride(from: 0, to: positions, by: width) {
                let (to, from) = (line + first, source + first / width * down)
                let count = min(width, positions - first)
                if across == 1 {
                    to.update(from: from, count: count)
                } else {
                    for column in 0..<count { to[column] = from[column * across] }
                }
            }
        }
        return Operand(
            start: UnsafePointer(target), stride: positions, transposition: transposition, storage: matrix)
    }
}
