import CKernels

extension Engine {
    /// Swaps the last two axes: [n, a, b] becomes [n, b, a].
    package func transposed(_ x: Tensor) -> Tensor {
        begin("transpose", [x])
        let (n, rows, columns) = (x.shape[0], x.shape[1], x.shape[2])
        let y = Tensor(uninitialized: [n, columns, rows])
        let (source, target, transpose) = (x.pointer, y.pointer, kernels.pointee.layout.transpose!)
        pool.run(tasks: n) { image, _ in
            transpose(target + image * rows * columns, source + image * rows * columns, rows, columns)
        }
        end([y])
        return y
    }

    /// Joins a [n, ca, …] and b [n, cb, …] along the second axis.
    package func concatenated(_ a: Tensor, _ b: Tensor) -> Tensor {
        begin("concatenate", [a, b])
        precondition(a.shape[0] == b.shape[0] && a.shape.dropFirst(2) == b.shape.dropFirst(2))
        let n = a.shape[0]
        let y = Tensor(uninitialized: [n, a.shape[1] + b.shape[1]] + a.shape.dropFirst(2))
        let (sa, sb) = (a.count / n, b.count / n)
        for image in 0..<n {
            (y.pointer + image * (sa + sb)).update(from: a.pointer + image * sa, count: sa)
            (y.pointer + image * (sa + sb) + sa).update(from: b.pointer + image * sb, count: sb)
        }
        end([y])
        return y
    }

    /// Channels `range` of x [n, c, …].
    package func channels(_ range: Range<Int>, of x: Tensor) -> Tensor {
        begin("channels", [x])
        let (n, area) = (x.shape[0], x.count / x.shape[0] / x.shape[1])
        let y = Tensor(uninitialized: [n, range.count] + x.shape.dropFirst(2))
        for image in 0..<n {
            (y.pointer + image * range.count * area).update(
                from: x.pointer + (image * x.shape[1] + range.lowerBound) * area, count: range.count * area)
        }
        end([y])
        return y
    }

    /// The squares of `edge` pixels of x [n, c, h, w] that do not overlap, from the top left: [n, squares, c·edge·edge], in a
    /// square channel by channel and row by row. Pixels behind the last whole square are left out.
    package func patches(of x: Tensor, edge: Int) -> Tensor {
        begin("patches", [x])
        let (n, channels, rows, columns) = (x.shape[0], x.shape[1], x.shape[2] / edge, x.shape[3] / edge)
        let y = Tensor(uninitialized: [n, rows * columns, channels * edge * edge])
        let (source, target) = (x.pointer, y.pointer)
        Engine.eachPatchRow(x.shape, edge) { pixel, place in
            (target + place).update(from: source + pixel, count: edge)
        }
        end([y])
        return y
    }

    /// The pixels [n, c, h, w] = `shape` that `patches` [n, squares, c·edge·edge] were taken from; 0 where there were none.
    package func assembled(_ patches: Tensor, edge: Int, shape: [Int]) -> Tensor {
        begin("assemble patches", [patches])
        let x = Tensor(zeros: shape)
        let (source, target) = (patches.pointer, x.pointer)
        Engine.eachPatchRow(shape, edge) { pixel, place in
            (target + pixel).update(from: source + place, count: edge)
        }
        end([x])
        return x
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

    /// Stacks tensors of one shape's tail along the first axis.
    package func stacked(_ parts: [Tensor]) -> Tensor {
        begin("stack", parts)
        let y = Tensor(uninitialized: [parts.reduce(0) { $0 + $1.shape[0] }] + parts[0].shape.dropFirst())
        var at = y.pointer
        for part in parts {
            precondition(part.shape.dropFirst() == parts[0].shape.dropFirst())
            at.update(from: part.pointer, count: part.count)
            at += part.count
        }
        end([y])
        return y
    }

    /// Nearest-neighbour upsampling of x [n, c, h, w] to [n, c, height, width].
    package func upsampledNearest(_ x: Tensor, height: Int, width: Int) -> Tensor {
        begin("upsample", [x])
        let (h, w) = (x.shape[2], x.shape[3])
        let y = Tensor(uninitialized: [x.shape[0], x.shape[1], height, width])
        let (source, target, upsample) = (x.pointer, y.pointer, kernels.pointee.layout.upsample_nearest!)
        pool.run(tasks: x.shape[0] * x.shape[1]) { plane, _ in
            upsample(target + plane * height * width, source + plane * h * w, h, w, height, width)
        }
        end([y])
        return y
    }

    /// The gradient of `upsampledNearest` for an input of [n, c, h, w].
    package func upsampledNearestBackward(_ dy: Tensor, inputShape: [Int]) -> Tensor {
        begin("upsample backward", [dy])
        let (h, w, height, width) = (inputShape[2], inputShape[3], dy.shape[2], dy.shape[3])
        let dx = Tensor(uninitialized: inputShape)
        let (source, target) = (dy.pointer, dx.pointer)
        let backward = kernels.pointee.layout.upsample_nearest_backward!
        pool.run(tasks: inputShape[0] * inputShape[1]) { plane, _ in
            backward(target + plane * h * w, source + plane * height * width, h, w, height, width)
        }
        end([dx])
        return dx
    }

    /// Rows of `table` [vocabulary, width] picked by `ids`; result [ids.count, width] under `shape` + [width].
    package func embedding(_ ids: [Int], table: Tensor, shape: [Int]) -> Tensor {
        begin("embedding", [table])
        let width = table.shape[1]
        let y = Tensor(uninitialized: shape + [width])
        for (row, id) in ids.enumerated() {
            precondition(id >= 0 && id < table.shape[0], "token id \(id) outside the table of \(table.shape[0])")
            (y.pointer + row * width).update(from: table.pointer + id * width, count: width)
        }
        end([y])
        return y
    }

    /// `dtable[id] += dy` row after row, in the order of `ids`.
    package func accumulateEmbeddingGradient(_ dy: Tensor, ids: [Int], into dtable: Tensor) {
        begin("embedding gradient", [dy, dtable])
        let width = dtable.shape[1]
        for (row, id) in ids.enumerated() {
            let (source, target) = (dy.pointer + row * width, dtable.pointer + id * width)
            for column in 0..<width { target[column] += source[column] }
        }
        end([dtable])
    }
}
