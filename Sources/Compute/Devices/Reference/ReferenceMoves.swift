import CKernels

/// Copies in other arrangements.
extension ReferenceDevice {
    func fill(_ x: Tensor, _ value: Float) {
        let target = x.pointer
        overSpans(x.count, of: ReferenceDevice.longSpan) {
            (target + $0.lowerBound).initialize(repeating: value, count: $0.count)
        }
    }

    func copy(_ x: Tensor, _ y: Tensor) {
        let (source, target) = (x.storage.base + x.offset, y.storage.base + y.offset)
        overSpans(x.byteCount, of: 4 * ReferenceDevice.longSpan) {
            (target + $0.lowerBound).copyMemory(from: source + $0.lowerBound, byteCount: $0.count)
        }
    }

    func copyBlocks(_ x: Tensor, _ blocks: BlockCopy, _ y: Tensor) {
        let (source, target) = (x.pointer + blocks.from, y.pointer + blocks.to)
        overRowSpans(blocks.count, blocks.length) {
            for block in $0 {
                (target + block * blocks.toEvery).update(from: source + block * blocks.fromEvery, count: blocks.length)
            }
        }
    }

    func gatherRows(_ x: Tensor, _ rows: [Int], _ y: Tensor) {
        let (source, target, width) = (x.pointer, y.pointer, x.count / x.shape[0])
        overRowSpans(rows.count, width) {
            for place in $0 { (target + place * width).update(from: source + rows[place] * width, count: width) }
        }
    }

    func scatterRows(_ x: Tensor, _ rows: [Int], _ y: Tensor) {
        let (source, target, width) = (x.pointer, y.pointer, y.count / y.shape[0])
        for (place, row) in rows.enumerated() {
            (target + row * width).update(from: source + place * width, count: width)
        }
    }

    func accumulateRows(_ x: Tensor, _ rows: [Int], _ sum: Tensor) {
        let width = sum.shape[1]
        for (place, row) in rows.enumerated() {
            let (source, target) = (x.pointer + place * width, sum.pointer + row * width)
            for column in 0..<width { target[column] += source[column] }
        }
    }

    func transpose(_ x: Tensor, _ y: Tensor) {
        let (rows, columns) = (x.shape[1], x.shape[2])
        let (source, target, transpose) = (x.pointer, y.pointer, kernels.layout.transpose!)
        // Bands of rows: a task writes whole pieces of a cache line of every column.
        let band = max(16, ReferenceDevice.span(of: x.count) / columns / 16 * 16)
        let bands = (rows + band - 1) / band
        pool.run(tasks: x.shape[0] * bands, isShort: x.count <= ReferenceDevice.short) { task, _ in
            let (at, first) = (task / bands * rows * columns, task % bands * band)
            transpose(target + at, source + at, rows, columns, first, min(rows, first + band))
        }
    }

    func pad(_ x: Tensor, _ top: Int, _ left: Int, _ y: Tensor) {
        let (height, width, size) = (y.shape[2], y.shape[3], x.shape[2] * x.shape[3])
        let padding = ck_padding(
            height: Int64(x.shape[2]), width: Int64(x.shape[3]), out_height: Int64(height), out_width: Int64(width),
            top: Int64(top), left: Int64(left))
        let (source, target, pad) = (x.pointer, y.pointer, kernels.layout.pad!)
        overRowSpans(x.shape[0] * x.shape[1], height * width) { planes in
            withUnsafePointer(to: padding) { padding in
                for plane in planes { pad(target + plane * height * width, source + plane * size, padding) }
            }
        }
    }

    func interleave(_ x: Tensor, _ first: Int, _ firstColumn: Int, _ stride: Int, _ y: Tensor) {
        let (height, width) = (x.shape[2], x.shape[3])
        let (source, target, all) = (x.pointer, y.pointer, (height: y.shape[2], width: y.shape[3]))
        overRowSpans(x.shape[0] * x.shape[1] * height, width) {
            for line in $0 {
                let (from, plane, row) = (source + line * width, line / height, line % height)
                let to = target + (plane * all.height + first + row * stride) * all.width + firstColumn
                for column in 0..<width { to[column * stride] = from[column] }
            }
        }
    }

    func patches(_ x: Tensor, _ edge: Int, _ y: Tensor) {
        let (source, target) = (x.pointer, y.pointer)
        ReferenceDevice.eachPatchRow(x.shape, edge) { pixel, place in
            (target + place).update(from: source + pixel, count: edge)
        }
    }

    func assemblePatches(_ patches: Tensor, _ edge: Int, _ x: Tensor) {
        let (source, target) = (patches.pointer, x.pointer)
        ReferenceDevice.eachPatchRow(x.shape, edge) { pixel, place in
            (target + pixel).update(from: source + place, count: edge)
        }
    }

    /// Where each row of each square lies: in the picture, and among the squares.
    private static func eachPatchRow(_ shape: [Int], _ edge: Int, _ body: (_ pixel: Int, _ place: Int) -> Void) {
        let (channels, height, width) = (shape[1], shape[2], shape[3])
        var place = 0
        for image in 0..<shape[0] {
            for top in 0..<height / edge {
                for left in 0..<width / edge {
                    for channel in 0..<channels {
                        for row in 0..<edge {
                            body(
                                ((image * channels + channel) * height + top * edge + row) * width + left * edge, place)
                            place += edge
                        }
                    }
                }
            }
        }
    }

    func upsample(_ x: Tensor, _ y: Tensor) {
        let (h, w, height, width) = (x.shape[2], x.shape[3], y.shape[2], y.shape[3])
        let (source, target, upsample) = (x.pointer, y.pointer, kernels.layout.upsample_nearest!)
        overRowSpans(x.shape[0] * x.shape[1], height * width) {
            for plane in $0 { upsample(target + plane * height * width, source + plane * h * w, h, w, height, width) }
        }
    }

    func upsampleBackward(_ dy: Tensor, _ dx: Tensor) {
        let (h, w, height, width) = (dx.shape[2], dx.shape[3], dy.shape[2], dy.shape[3])
        let (source, target) = (dy.pointer, dx.pointer)
        let backward = kernels.layout.upsample_nearest_backward!
        overRowSpans(dx.shape[0] * dx.shape[1], height * width) {
            for plane in $0 { backward(target + plane * h * w, source + plane * height * width, h, w, height, width) }
        }
    }
}
