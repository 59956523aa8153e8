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
        let padded = padded(x, geometry)
        let y = Tensor(uninitialized: [n, out, size.height, size.width])
        let area = size.height * size.width
        var plan = plan(m: out, n: n * area, k: channels * kh * kw)
        plan.a = UnsafePointer(weight.pointer)
        plan.lda = Int64(channels * kh * kw)
        plan.b = UnsafePointer(padded.pointer)
        plan.b_kind = CK_B_PATCHES
        plan.patches = patches(
            padded, stride: geometry.stride, outWidth: size.width, offsets: tapOffsets(kh, kw, in: padded))
        plan.c = y.pointer
        plan.ldc = Int64(area)
        plan.group_columns = Int64(area)
        plan.c_group = Int64(out * area)
        plan.bias_row = bias.map { UnsafePointer($0.pointer) }
        run(plan)
        end([y])
        return y
    }

    /// The gradient of the input: a sum over (oc, kh, kw). With a stride an input pixel meets only every stride-th tap;
    /// the others take no part. Outputs beyond the border do, as +0.
    package func convolutionInputGradient(
        _ dy: Tensor, weight: Tensor, inputShape: [Int], _ geometry: ConvolutionGeometry
    ) -> Tensor {
        begin("convolution input gradient", [dy, weight])
        let (kh, kw) = (weight.shape[2], weight.shape[3])
        precondition(geometry.top < kh && geometry.left < kw && geometry.bottom < kh && geometry.right < kw)
        let dx = Tensor(uninitialized: inputShape)
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
        let part = isWhole ? dx : Tensor(zeros: [n, channels, height, width])
        if taps > 0 {
            let padded = spread(dy, height: rows.extent, width: columns.extent, top: rows.before, left: columns.before)
            var plan = plan(m: channels, n: n * height * width, k: out * taps)
            plan.a = UnsafePointer(weight.pointer)
            plan.a_kind = CK_A_CONV_WEIGHT
            plan.lda = Int64(channels)
            plan.b = UnsafePointer(padded.pointer)
            plan.b_kind = CK_B_PATCHES
            plan.patches = patches(
                padded, stride: 1, outWidth: width,
                offsets: rows.offsets.flatMap { row in columns.offsets.map { row * columns.extent + $0 } })
            let kernelTaps = rows.taps.flatMap { row in columns.taps.map { row * weight.shape[3] + $0 } }
            plan.patches.weight_taps = Int64(weight.shape[2] * weight.shape[3])
            withUnsafeMutableBytes(of: &plan.patches.weight_tap) { bytes in
                for (index, tap) in kernelTaps.enumerated() { bytes.bindMemory(to: Int64.self)[index] = Int64(tap) }
            }
            plan.c = part.pointer
            plan.ldc = Int64(height * width)
            plan.group_columns = Int64(height * width)
            plan.c_group = Int64(channels * height * width)
            withExtendedLifetime(padded) { run(plan) }
        }
        if isWhole { return }
        let (source, target, all) = (part.pointer, dx.pointer, (height: dx.shape[2], width: dx.shape[3]))
        pool.run(tasks: n * channels) { plane, _ in
            for row in 0..<height {
                let from = source + (plane * height + row) * width
                let to = target + (plane * all.height + rows.first + row * stride) * all.width + columns.first
                for column in 0..<width { to[column * stride] = from[column] }
            }
        }
    }

    /// `dW += Σ over (n, oh, ow)`, image after image.
    package func accumulateConvolutionWeightGradient(
        _ dy: Tensor, _ x: Tensor, into dw: Tensor, _ geometry: ConvolutionGeometry
    ) {
        begin("convolution weight gradient", [dy, x, dw])
        let (n, channels, out) = (x.shape[0], x.shape[1], dw.shape[0])
        let (kh, kw, area) = (dw.shape[2], dw.shape[3], dy.shape[2] * dy.shape[3])
        let padded = padded(x, geometry)
        var plan = plan(m: out, n: channels * kh * kw, k: area)
        plan.segments = Int64(n)
        plan.a = UnsafePointer(dy.pointer)
        plan.lda = Int64(area)
        plan.a_segment = Int64(out * area)
        plan.b = UnsafePointer(padded.pointer)
        plan.b_kind = CK_B_PATCHES_T
        plan.b_segment = Int64(padded.count / n)
        plan.patches = patches(
            padded, stride: geometry.stride, outWidth: dy.shape[3], offsets: tapOffsets(kh, kw, in: padded))
        plan.c = dw.pointer
        plan.ldc = Int64(channels * kh * kw)
        plan.accumulate = 1
        run(plan)
        end([dw])
    }

    /// `db[c] += Σ over (oh, ow)` of x [n, c, h, w] by rule 4, image after image.
    package func accumulateChannelSums(_ x: Tensor, into sums: Tensor) {
        begin("channel sums", [x, sums])
        let (n, channels, area) = (x.shape[0], x.shape[1], x.shape[2] * x.shape[3])
        let (source, target, sum) = (x.pointer, sums.pointer, kernels.pointee.reduce.sum!)
        pool.run(tasks: channels) { channel, _ in
            for image in 0..<n { target[channel] += sum(source + (image * channels + channel) * area, area) }
        }
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
        let y = Tensor(uninitialized: [x.shape[0], x.shape[1], height, width])
        let padding = ck_padding(
            height: Int64(x.shape[2]), width: Int64(x.shape[3]), out_height: Int64(height), out_width: Int64(width),
            top: Int64(top), left: Int64(left))
        let (source, target, pad) = (x.pointer, y.pointer, kernels.pointee.layout.pad!)
        let planes = x.shape[0] * x.shape[1]
        let perTask = max(1, Engine.span / max(1, height * width))
        pool.run(tasks: (planes + perTask - 1) / perTask) { task, _ in
            withUnsafePointer(to: padding) { padding in
                for plane in task * perTask..<min(planes, (task + 1) * perTask) {
                    pad(target + plane * height * width, source + plane * x.shape[2] * x.shape[3], padding)
                }
            }
        }
        return y
    }
}
