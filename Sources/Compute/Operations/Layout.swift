/// Blocks of equal length that are copied from one tensor into another; all counts are elements.
package struct BlockCopy: Sendable {
    /// Where the first block lies, and the distance from one to the next: in what is read, in what is written.
    let from, fromEvery, to, toEvery: Int
    /// Elements of a block, and how many blocks there are.
    let length, count: Int
}

extension Engine {
    /// Swaps the last two axes: [n, a, b] becomes [n, b, a].
    package func transposed(_ x: Tensor) -> Tensor {
        result("transpose", [x], [x.shape[0], x.shape[2], x.shape[1]]) { .transpose(x, to: $0) }
    }

    /// Joins a [n, ca, …] and b [n, cb, …] along the second axis.
    package func concatenated(_ a: Tensor, _ b: Tensor) -> Tensor {
        begin("concatenate", [a, b])
        precondition(a.shape[0] == b.shape[0] && a.shape.dropFirst(2) == b.shape.dropFirst(2))
        let n = a.shape[0]
        let y = tensor([n, a.shape[1] + b.shape[1]] + a.shape.dropFirst(2))
        let (sa, sb) = (a.count / n, b.count / n)
        for (part, place, size) in [(a, 0, sa), (b, sa, sb)] {
            let blocks = BlockCopy(from: 0, fromEvery: size, to: place, toEvery: sa + sb, length: size, count: n)
            device.run(.copyBlocks(part, blocks, to: y))
        }
        end([y])
        return y
    }

    /// Channels `range` of x [n, c, …].
    package func channels(_ range: Range<Int>, of x: Tensor) -> Tensor {
        begin("channels", [x])
        let (n, area) = (x.shape[0], x.count / x.shape[0] / x.shape[1])
        let y = tensor([n, range.count] + x.shape.dropFirst(2))
        let blocks = BlockCopy(
            from: range.lowerBound * area, fromEvery: x.shape[1] * area, to: 0, toEvery: range.count * area,
            length: range.count * area, count: n)
        device.run(.copyBlocks(x, blocks, to: y))
        end([y])
        return y
    }

    /// The squares of `edge` pixels of x [n, c, h, w] that do not overlap, from the top left: [n, squares, c·edge·edge], in a
    /// square channel by channel and row by row. Pixels behind the last whole square are left out.
    package func patches(of x: Tensor, edge: Int) -> Tensor {
        let (n, channels, rows, columns) = (x.shape[0], x.shape[1], x.shape[2] / edge, x.shape[3] / edge)
        return result("patches", [x], [n, rows * columns, channels * edge * edge]) { .patches(x, edge: edge, to: $0) }
    }

    /// The pixels [n, c, h, w] = `shape` that `patches` [n, squares, c·edge·edge] were taken from; 0 where there were none.
    package func assembled(_ patches: Tensor, edge: Int, shape: [Int]) -> Tensor {
        begin("assemble patches", [patches])
        let x = zeros(shape)
        device.run(.assemblePatches(patches, edge: edge, to: x))
        end([x])
        return x
    }

    /// Stacks tensors of one shape's tail along the first axis. Parts that lie on the host are brought over into their places.
    package func stacked(_ parts: [Tensor]) -> Tensor {
        begin("stack", parts)
        let y = tensor([parts.reduce(0) { $0 + $1.shape[0] }] + parts[0].shape.dropFirst())
        var row = 0
        for part in parts {
            precondition(part.shape.dropFirst() == parts[0].shape.dropFirst())
            copy(part, to: y.slice(row..<row + part.shape[0]))
            row += part.shape[0]
        }
        end([y])
        return y
    }

    /// Nearest-neighbour upsampling of x [n, c, h, w] to [n, c, height, width].
    package func upsampledNearest(_ x: Tensor, height: Int, width: Int) -> Tensor {
        result("upsample", [x], [x.shape[0], x.shape[1], height, width]) { .upsample(x, to: $0) }
    }

    /// The gradient of `upsampledNearest` for an input of [n, c, h, w].
    package func upsampledNearestBackward(_ dy: Tensor, inputShape: [Int]) -> Tensor {
        result("upsample backward", [dy], inputShape) { .upsampleBackward(dy, to: $0) }
    }
}

extension Tape {
    /// [n, a, b] to [n, b, a].
    package func transposed(_ x: Variable) -> Variable {
        record(engine.transposed(x.value), from: [x]) { [unowned self, x = x.node] dy in
            accumulate(engine.transposed(dy), into: x)
        }
    }

    /// The same numbers under another shape.
    package func reshaped(_ x: Variable, _ shape: [Int]) -> Variable {
        record(x.value.reshaped(shape), from: [x]) { [unowned self, to = x.node, inputShape = x.shape] dy in
            accumulate(dy.reshaped(inputShape), into: to)
        }
    }

    /// a ‖ b along the channels.
    package func concatenated(_ a: Variable, _ b: Variable) -> Variable {
        let (left, right) = (a.shape[1], b.shape[1])
        return record(engine.concatenated(a.value, b.value), from: [a, b]) {
            [unowned self, a = a.node, b = b.node] dy in
            accumulate(engine.channels(0..<left, of: dy), into: a)
            accumulate(engine.channels(left..<left + right, of: dy), into: b)
        }
    }

    /// Nearest-neighbour upsampling to `height` × `width`.
    package func upsampledNearest(_ x: Variable, height: Int, width: Int) -> Variable {
        let y = engine.upsampledNearest(x.value, height: height, width: width)
        return record(y, from: [x]) { [unowned self, to = x.node, inputShape = x.shape] dy in
            accumulate(engine.upsampledNearestBackward(dy, inputShape: inputShape), into: to)
        }
    }

    /// x [n, t, d] with the row [d] before each sample's rows: [n, t + 1, d].
    package func prepended(_ row: Parameter, to x: Variable) -> Variable {
        let (samples, tokens, width) = (x.shape[0], x.shape[1], x.shape[2])
        let first = engine.stacked([Tensor](repeating: row.value.reshaped([1, 1, width]), count: samples))
        return record(engine.concatenated(first, x.value), from: [x], parameters: [row]) {
            [unowned self, x = x.node] dy in
            if let sum = row.gradientSum(on: engine) {
                engine.accumulateColumnSums(engine.channels(0..<1, of: dy), into: sum)
            }
            accumulate(engine.channels(1..<1 + tokens, of: dy), into: x)
        }
    }
}
