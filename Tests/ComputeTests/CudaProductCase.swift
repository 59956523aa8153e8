import CKernels
import Testing

@testable import Compute

/// A product of the contract with operands, for tests of a device's kernels.
///
/// `@unchecked Sendable`: the layout holds no addresses.
struct CudaProductCase: CustomTestStringConvertible, @unchecked Sendable {
    let name: String
    let layout: ck_gemm
    let a, b, c: Tensor
    var rowBias, columnBias: Tensor?

    var testDescription: String { name }

    /// `counts` are the elements of A, B and C. All values are multiplied by `scale`.
    private init(
        _ name: String, _ layout: ck_gemm, _ counts: (Int, Int, Int),
        biases: (row: Bool, column: Bool) = (false, false),
        scale: Float = 1
    ) {
        self.name = name
        self.layout = layout
        func values(_ count: Int, _ seed: UInt64) -> Tensor {
            Tensor(Samples.tensor([count], seed).floats.map { $0 * scale }, shape: [count])
        }
        (a, b, c) = (values(counts.0, 1), values(counts.1, 2), values(counts.2, 3))
        rowBias = biases.row ? values(Int(layout.m), 4) : nil
        columnBias = biases.column ? values(Int(layout.n), 5) : nil
    }

    /// All kinds of operands, whole chunks and parts, groups, segments, batches; extents on both sides of a tile's.
    static let all: [CudaProductCase] =
        [
            matrix("rows by columns", m: 140, n: 68, k: 300, CK_A_ROWS, CK_B_COLUMNS, biases: (false, true)),
            matrix("rows by columns, one chunk", m: 64, n: 64, k: 256, CK_A_ROWS, CK_B_COLUMNS, biases: (true, false)),
            matrix("rows by rows", m: 129, n: 72, k: 516, CK_A_ROWS, CK_B_ROWS),
            matrix("columns by rows", m: 132, n: 12, k: 260, CK_A_COLUMNS, CK_B_ROWS, segments: 3),
            matrix("columns by columns", m: 5, n: 67, k: 257, CK_A_COLUMNS, CK_B_COLUMNS, biases: (true, true)),
            matrix("ragged", m: 33, n: 9, k: 77, CK_A_ROWS, CK_B_COLUMNS, biases: (false, true)),
            matrix("ragged columns by rows", m: 9, n: 131, k: 771, CK_A_COLUMNS, CK_B_ROWS, segments: 2),
            matrix("one", m: 1, n: 1, k: 1, CK_A_ROWS, CK_B_ROWS),
            // Each chain ends with the sign of its last term, which is too small to be more than a sign.
            matrix("signs of zeros", m: 33, n: 20, k: 76, CK_A_ROWS, CK_B_COLUMNS, scale: 0x1p-100),
            matrix("signs of zeros, ragged", m: 33, n: 21, k: 77, CK_A_ROWS, CK_B_ROWS, scale: 0x1p-100),
            // A chain starts with +0, whatever zeros its terms are.
            matrix("zeros", m: 33, n: 20, k: 1, CK_A_ROWS, CK_B_ROWS, scale: 0),
            batch(inner: 1), batch(inner: 2),
        ] + convolutions

    private static func matrix(
        _ name: String, m: Int, n: Int, k: Int, _ left: ck_a_kind, _ right: ck_b_kind, segments: Int = 1,
        biases: (row: Bool, column: Bool) = (false, false), scale: Float = 1
    ) -> CudaProductCase {
        var layout = Product.layout(m: m, n: n, k: k)
        (layout.a_kind, layout.b_kind, layout.segments) = (left, right, Int64(segments))
        layout.lda = Int64(left == CK_A_ROWS ? k : m)
        layout.ldb = Int64(right == CK_B_ROWS ? n : k)
        layout.ldc = Int64(n)
        (layout.a_segment, layout.b_segment) = (Int64(m * k), Int64(n * k))
        layout.accumulate = segments > 1 ? 1 : 0
        return CudaProductCase(
            "\(name) \(m) × \(n), \(segments) · \(k)", layout, (m * k * segments, n * k * segments, m * n),
            biases: biases, scale: scale)
    }

    /// Three by `inner` products that lie in rows of one matrix, as heads do.
    private static func batch(inner: Int) -> CudaProductCase {
        let (outer, m, n, k) = (3, 10, 20, 260)
        var layout = Product.layout(m: m, n: n, k: k)
        layout.b_kind = CK_B_COLUMNS
        (layout.lda, layout.ldb, layout.ldc) = (Int64(inner * k), Int64(inner * k), Int64(inner * n))
        (layout.batch_outer, layout.batch_inner) = (Int64(outer), Int64(inner))
        (layout.a_outer, layout.a_inner) = (Int64(m * inner * k), Int64(k))
        (layout.b_outer, layout.b_inner) = (Int64(n * inner * k), Int64(k))
        (layout.c_outer, layout.c_inner) = (Int64(m * inner * n), Int64(n))
        return CudaProductCase(
            "batch \(outer) × \(inner)", layout,
            (outer * m * inner * k, outer * n * inner * k, outer * m * inner * n))
    }

    // MARK: Convolutions

    /// Over padded images [images, channels, height, width]: y.
    static func convolution(
        images: Int, channels: Int, out: Int, height: Int, width: Int, kernel: Int, stride: Int = 1
    ) -> ck_gemm {
        let (oh, ow) = ((height - kernel) / stride + 1, (width - kernel) / stride + 1)
        var layout = Product.layout(m: out, n: images * oh * ow, k: channels * kernel * kernel)
        layout.lda = layout.k
        layout.b_kind = CK_B_PATCHES
        layout.ldc = Int64(oh * ow)
        layout.group_columns = Int64(oh * ow)
        layout.c_group = Int64(out * oh * ow)
        layout.patches = patches(
            (0..<kernel * kernel).map { $0 / kernel * width + $0 % kernel }, channels: channels, height: height,
            width: width, stride: stride, outWidth: ow)
        return layout
    }

    private static func patches(
        _ offsets: [Int], channels: Int, height: Int, width: Int, stride: Int, outWidth: Int
    ) -> ck_patches {
        var patches = ck_patches()
        patches.taps = Int64(offsets.count)
        withUnsafeMutableBytes(of: &patches.tap_offset) { bytes in
            for (tap, offset) in offsets.enumerated() { bytes.bindMemory(to: Int64.self)[tap] = Int64(offset) }
        }
        (patches.channel_stride, patches.image_stride) = (Int64(height * width), Int64(channels * height * width))
        (patches.row_stride, patches.column_stride) = (Int64(stride * width), Int64(stride))
        patches.out_width = Int64(outWidth)
        return patches
    }

    private static let convolutions: [CudaProductCase] = [
        forward(2, 33, 36, 10, 12, 3), forward(3, 5, 9, 7, 9, 3, stride: 2), forward(1, 6, 8, 9, 11, 7),
        forward(2, 40, 12, 6, 6, 1), forward(2, 7, 5, 5, 3, 1, stride: 2), forward(1, 3, 4, 5, 3, 3),
        forward(1, 8, 8, 50, 50, 3),
        inputGradient(1, 40, 36, 18, 18, taps: [0, 1, 2, 3, 4, 5, 6, 7, 8]),
        inputGradient(2, 9, 7, 6, 7, taps: [0, 1, 2, 3, 4, 5, 6, 7, 8]),
        inputGradient(1, 70, 8, 18, 18, taps: [0, 2, 6, 8]), inputGradient(2, 70, 8, 5, 5, taps: [4]),
        inputGradient(1, 12, 8, 3, 4, taps: [0], of: 1),
        weightGradient(2, 36, 10, 12, 14, 3), weightGradient(3, 5, 4, 9, 7, 3, stride: 2),
        weightGradient(2, 8, 6, 18, 18, 1), weightGradient(1, 2, 3, 9, 9, 7),
        weightGradient(2, 70, 3, 5, 5, 1, stride: 2),
    ]

    private static func forward(
        _ images: Int, _ channels: Int, _ out: Int, _ height: Int, _ width: Int, _ kernel: Int, stride: Int = 1
    ) -> CudaProductCase {
        let layout = convolution(
            images: images, channels: channels, out: out, height: height, width: width, kernel: kernel, stride: stride)
        return CudaProductCase(
            "y of \(images)×\(channels)×\(height)×\(width) → \(out), kernel \(kernel), stride \(stride)", layout,
            (Int(layout.m * layout.k), images * channels * height * width, Int(layout.m * layout.n)),
            biases: (true, false))
    }

    /// Of a padded dy [images, out, height, width], over the `taps` of a kernel of `all`.
    private static func inputGradient(
        _ images: Int, _ out: Int, _ channels: Int, _ height: Int, _ width: Int, taps: [Int], of all: Int = 9
    ) -> CudaProductCase {
        let (oh, ow) = (height - 2, width - 2)
        var layout = Product.layout(m: channels, n: images * oh * ow, k: out * taps.count)
        layout.a_kind = CK_A_CONV_WEIGHT
        layout.lda = Int64(channels)
        layout.b_kind = CK_B_PATCHES
        layout.ldc = Int64(oh * ow)
        layout.group_columns = Int64(oh * ow)
        layout.c_group = Int64(channels * oh * ow)
        layout.patches = patches(
            taps.map { (8 - $0) / 3 * width + (8 - $0) % 3 }, channels: out, height: height, width: width, stride: 1,
            outWidth: ow)
        layout.patches.weight_taps = Int64(all)
        withUnsafeMutableBytes(of: &layout.patches.weight_tap) { bytes in
            for (place, tap) in taps.enumerated() { bytes.bindMemory(to: Int64.self)[place] = Int64(tap) }
        }
        return CudaProductCase(
            "dx of \(images)×\(out)×\(height)×\(width) → \(channels), taps \(taps)", layout,
            (out * channels * all, images * out * height * width, Int(layout.m * layout.n)))
    }

    private static func weightGradient(
        _ images: Int, _ channels: Int, _ out: Int, _ height: Int, _ width: Int, _ kernel: Int, stride: Int = 1
    ) -> CudaProductCase {
        let y = convolution(
            images: 1, channels: channels, out: out, height: height, width: width, kernel: kernel, stride: stride)
        var layout = Product.layout(m: out, n: Int(y.k), k: Int(y.n))
        layout.segments = Int64(images)
        layout.lda = y.n
        layout.a_segment = Int64(out) * y.n
        layout.b_kind = CK_B_PATCHES_T
        layout.b_segment = Int64(channels * height * width)
        layout.patches = y.patches
        layout.ldc = layout.n
        layout.accumulate = 1
        return CudaProductCase(
            "dW of \(images)×\(channels)×\(height)×\(width) → \(out), kernel \(kernel), stride \(stride)", layout,
            (images * out * Int(y.n), images * channels * height * width, Int(layout.m * layout.n)))
    }
}
