import Tensors

/// im2col: the patches of one picture as a matrix [channels · kernel², outputs], as a BLAS needs them.
struct PatchMatrix {
    let shape: ConvolutionShape
    /// Overwritten by every `fill`.
    let matrix: Tensor

    init(_ shape: ConvolutionShape) {
        self.shape = shape
        matrix = Tensor(zeros: [shape.inner, shape.outSize * shape.outSize])
    }

    /// Lays out the patches of `picture` [1, channels, size, size]; `engine`'s workers share the channels.
    func fill(from picture: Tensor, engine: Engine) {
        let (source, target) = (picture.pointer, matrix.pointer)
        let (taps, area) = (shape.kernel * shape.kernel, shape.outSize * shape.outSize)
        engine.pool.run(tasks: shape.channels) { channel, _ in
            let plane = source + channel * shape.size * shape.size
            for tap in 0..<taps { fillRow(target + (channel * taps + tap) * area, from: plane, tap: tap) }
        }
    }

    private func fillRow(_ target: UnsafeMutablePointer<Float>, from plane: UnsafeMutablePointer<Float>, tap: Int) {
        let (size, outSize, stride, margin) = (shape.size, shape.outSize, shape.stride, shape.kernel / 2)
        let (down, across) = (tap / shape.kernel - margin, tap % shape.kernel - margin)
        for row in 0..<outSize {
            let (line, from) = (target + row * outSize, row * stride + down)
            guard from >= 0, from < size else {
                line.update(repeating: 0, count: outSize)
                continue
            }
            let first = across < 0 ? (-across + stride - 1) / stride : 0
            let last = min(outSize, (size - across + stride - 1) / stride)
            for column in 0..<first { line[column] = 0 }
            let read = plane + from * size + across
            if stride == 1 {
                (line + first).update(from: read + first, count: last - first)
            } else {
                for column in first..<last { line[column] = read[column * stride] }
            }
            for column in last..<outSize { line[column] = 0 }
        }
    }
}
