import CKernels

/// The geometry of a 2-D convolution.
package struct ConvolutionGeometry: Sendable, Equatable {
    /// Distance between output positions in the input.
    package var stride: Int
    /// Rows of zeros above and below, columns left and right.
    package var top, bottom, left, right: Int

    /// Equal padding on every side.
    package init(stride: Int = 1, padding: Int = 0) {
        self.init(stride: stride, top: padding, bottom: padding, left: padding, right: padding)
    }

    /// Padding by side, such as right and bottom only in the autoencoder's downsampling.
    package init(stride: Int, top: Int, bottom: Int, left: Int, right: Int) {
        self.stride = stride
        self.top = top
        self.bottom = bottom
        self.left = left
        self.right = right
    }

    func outputSize(_ height: Int, _ width: Int, _ kernelHeight: Int, _ kernelWidth: Int) -> (height: Int, width: Int) {
        (
            (height + top + bottom - kernelHeight) / stride + 1,
            (width + left + right - kernelWidth) / stride + 1
        )
    }
}

extension Engine {
    /// 2-D convolution by rule 3: x [n, in, h, w], weight [out, in, kh, kw], bias [out]. Result [n, out, oh, ow].
    package func convolution(_ x: Tensor, weight: Tensor, bias: Tensor?, _ geometry: ConvolutionGeometry) -> Tensor {
        begin("convolution", [x, weight, bias])
        let (n, channels, out) = (x.shape[0], x.shape[1], weight.shape[0])
        let (kh, kw) = (weight.shape[2], weight.shape[3])
        precondition(weight.shape[1] == channels, "convolution: input \(x.shape), weight \(weight.shape)")
        let size = geometry.outputSize(x.shape[2], x.shape[3], kh, kw)
        let y = tensor([n, out, size.height, size.width])
        let rows = rowsAtOnce(x, geometry, size.height, kernelHeight: kh)
        for first in stride(from: 0, to: size.height, by: rows) {
            let strip = first..<min(size.height, first + rows)
            let padded =
                strip.count == size.height
                ? padded(x, geometry)
                : spread(
                    x, height: (strip.count - 1) * geometry.stride + kh,
                    width: x.shape[3] + geometry.left + geometry.right, top: geometry.top - first * geometry.stride,
                    left: geometry.left)
            let area = strip.count * size.width
            var layout = Product.layout(m: out, n: n * area, k: channels * kh * kw)
            layout.lda = Int64(channels * kh * kw)
            layout.b_kind = CK_B_PATCHES
            layout.patches = patches(
                padded, stride: geometry.stride, outWidth: size.width, offsets: tapOffsets(kh, kw, in: padded))
            layout.ldc = Int64(size.height * size.width)
            layout.group_columns = Int64(area)
            layout.c_group = Int64(out * size.height * size.width)
            device.run(
                .product(Product(.y, layout, weight, padded, to: y.from(first * size.width), rowBias: bias)))
        }
        end([y])
        return y
    }

    /// Output rows that are computed from one padded copy of their input rows. No bit depends on it: rule 3 says what each
    /// output is a sum of.
    private func rowsAtOnce(
        _ x: Tensor, _ geometry: ConvolutionGeometry, _ height: Int, kernelHeight: Int
    ) -> Int {
        let width = x.shape[3] + geometry.left + geometry.right
        let isPadded = geometry.top + geometry.bottom + geometry.left + geometry.right > 0
        let rowBytes = x.shape[0] * x.shape[1] * width * DType.f32.byteCount
        guard isPadded, (x.shape[2] + geometry.top + geometry.bottom) * rowBytes > paddedBytes else { return height }
        let rows = paddedBytes / rowBytes
        return min(height, max(1, (rows - kernelHeight) / geometry.stride + 1))
    }

    /// The gradient of the input: a sum over (oc, kh, kw). With a stride an input pixel meets only every stride-th tap;
    /// the others take no part. Outputs beyond the border do, as +0.
    package func convolutionInputGradient(
        _ dy: Tensor, weight: Tensor, inputShape: [Int], _ geometry: ConvolutionGeometry
    ) -> Tensor {
        begin("convolution input gradient", [dy, weight])
        let (kh, kw) = (weight.shape[2], weight.shape[3])
        precondition(geometry.top < kh && geometry.left < kw && geometry.bottom < kh && geometry.right < kw)
        let dx = tensor(inputShape)
        let rows = InputGradientAxis.all(
            size: inputShape[2], outputs: dy.shape[2], kernel: kh, before: geometry.top, geometry.stride)
        let columns = InputGradientAxis.all(
            size: inputShape[3], outputs: dy.shape[3], kernel: kw, before: geometry.left, geometry.stride)
        for row in rows {
            for column in columns { inputGradient(dy, weight, into: dx, row, column, stride: geometry.stride) }
        }
        end([dx])
        return dx
    }

    /// The pixels of `dx` in rows and columns of one class each: a product of its own, laid out between the others.
    private func inputGradient(
        _ dy: Tensor, _ weight: Tensor, into dx: Tensor, _ rows: InputGradientAxis, _ columns: InputGradientAxis,
        stride: Int
    ) {
        let (n, channels, out) = (dx.shape[0], dx.shape[1], weight.shape[0])
        let (height, width, taps) = (rows.count, columns.count, rows.taps.count * columns.taps.count)
        let isWhole = stride == 1
        let part = isWhole ? dx : zeros([n, channels, height, width])
        if taps > 0 {
            let padded = spread(dy, height: rows.extent, width: columns.extent, top: rows.before, left: columns.before)
            var layout = Product.layout(m: channels, n: n * height * width, k: out * taps)
            layout.a_kind = CK_A_CONV_WEIGHT
            layout.lda = Int64(channels)
            layout.b_kind = CK_B_PATCHES
            layout.patches = patches(
                padded, stride: 1, outWidth: width,
                offsets: rows.offsets.flatMap { row in columns.offsets.map { row * columns.extent + $0 } })
            let kernelTaps = rows.taps.flatMap { row in columns.taps.map { row * weight.shape[3] + $0 } }
            layout.patches.weight_taps = Int64(weight.shape[2] * weight.shape[3])
            withUnsafeMutableBytes(of: &layout.patches.weight_tap) { bytes in
                for (index, tap) in kernelTaps.enumerated() { bytes.bindMemory(to: Int64.self)[index] = Int64(tap) }
            }
            layout.ldc = Int64(height * width)
            layout.group_columns = Int64(height * width)
            layout.c_group = Int64(channels * height * width)
            device.run(.product(Product(.dx, layout, weight, padded, to: part)))
        }
        if isWhole { return }
        device.run(.interleave(part, row: rows.first, column: columns.first, stride: stride, to: dx))
    }

    /// `dW += Σ over (n, oh, ow)`, image after image.
    package func accumulateConvolutionWeightGradient(
        _ dy: Tensor, _ x: Tensor, into dw: Tensor, _ geometry: ConvolutionGeometry
    ) {
        begin("convolution weight gradient", [dy, x, dw])
        let (n, channels, out) = (x.shape[0], x.shape[1], dw.shape[0])
        let (kh, kw, area) = (dw.shape[2], dw.shape[3], dy.shape[2] * dy.shape[3])
        let padded = padded(x, geometry)
        var layout = Product.layout(m: out, n: channels * kh * kw, k: area)
        layout.segments = Int64(n)
        layout.lda = Int64(area)
        layout.a_segment = Int64(out * area)
        layout.b_kind = CK_B_PATCHES_T
        layout.b_segment = Int64(padded.count / n)
        layout.patches = patches(
            padded, stride: geometry.stride, outWidth: dy.shape[3], offsets: tapOffsets(kh, kw, in: padded))
        layout.ldc = Int64(channels * kh * kw)
        layout.accumulate = 1
        device.run(.product(Product(.dW, layout, dy, padded, to: dw)))
        end([dw])
    }

    /// `db[c] += Σ over (oh, ow)` of x [n, c, h, w] by rule 4, image after image.
    package func accumulateChannelSums(_ x: Tensor, into sums: Tensor) {
        begin("channel sums", [x, sums])
        device.run(.channelSums(x, into: sums))
        end([sums])
    }

    /// Where each tap lies from a patch's first element.
    private func tapOffsets(_ kh: Int, _ kw: Int, in input: Tensor) -> [Int] {
        (0..<kh).flatMap { row in (0..<kw).map { row * input.shape[3] + $0 } }
    }

    private func patches(_ input: Tensor, stride: Int, outWidth: Int, offsets: [Int]) -> ck_patches {
        precondition(offsets.count <= 49, "kernels of more than 49 taps are not supported")
        let (channels, height, width) = (input.shape[1], input.shape[2], input.shape[3])
        var patches = ck_patches()
        patches.taps = Int64(offsets.count)
        withUnsafeMutableBytes(of: &patches.tap_offset) { bytes in
            for (index, offset) in offsets.enumerated() { bytes.bindMemory(to: Int64.self)[index] = Int64(offset) }
        }
        patches.channel_stride = Int64(height * width)
        patches.row_stride = Int64(stride * width)
        patches.column_stride = Int64(stride)
        patches.out_width = Int64(outWidth)
        patches.image_stride = Int64(channels * height * width)
        return patches
    }

    private func padded(_ x: Tensor, _ geometry: ConvolutionGeometry) -> Tensor {
        if geometry.top + geometry.bottom + geometry.left + geometry.right == 0 { return x }
        return spread(
            x, height: x.shape[2] + geometry.top + geometry.bottom, width: x.shape[3] + geometry.left + geometry.right,
            top: geometry.top, left: geometry.left)
    }

    /// Every channel of `x` laid into an image of zeros; what lies outside of it is cut off.
    private func spread(_ x: Tensor, height: Int, width: Int, top: Int, left: Int) -> Tensor {
        let y = tensor([x.shape[0], x.shape[1], height, width])
        device.run(.pad(x, top: top, left: left, to: y))
        return y
    }
}

extension Tape {
    /// 2-D convolution: x [n, in, h, w], weight [out, in, kh, kw], bias [out].
    package func convolution(
        _ x: Variable, _ weight: Parameter, _ bias: Parameter?, _ geometry: ConvolutionGeometry
    ) -> Variable {
        let y = engine.convolution(x.value, weight: weight.value, bias: bias?.value, geometry)
        // Only the weight's gradient needs the input.
        let kept = weight.isTrainable ? Saved(x.value) : nil
        return record(y, from: [x], parameters: [weight, bias]) {
            [unowned self, to = x.node, inputShape = x.shape] dy in
            if let kept, let sum = weight.gradientSum(on: engine) {
                engine.accumulateConvolutionWeightGradient(dy, kept.value, into: sum, geometry)
            }
            if let sum = bias?.gradientSum(on: engine) { engine.accumulateChannelSums(dy, into: sum) }
            accumulate(
                engine.convolutionInputGradient(dy, weight: weight.value, inputShape: inputShape, geometry), into: to)
        }
    }
}
