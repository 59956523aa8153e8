import Checkpoints

/// Whether one tensor is another with its axes exchanged.
struct AxisPermutation {
    let left: CheckpointTensor
    let right: CheckpointTensor

    /// More axes are not looked at: there are 24 orders of four.
    private static let mostAxes = 4
    /// Elements that are looked at before all are.
    private static let sample = 64

    /// Axis i of `right` is axis `result[i]` of `left`; `nil` where no order of the axes explains the elements.
    /// - Throws: what reading throws.
    func find() throws -> [Int]? {
        let (rank, size) = (left.shape.count, left.type.bytesPerBlock)
        guard left.type == right.type, left.type.elementsPerBlock == 1, rank == right.shape.count,
            (2...Self.mostAxes).contains(rank), left.count == right.count, left.count > 1
        else { return nil }
        let orders = Self.orders(rank).filter { axes in
            axes != Array(0..<rank) && axes.map { left.shape[$0] } == right.shape
                // Moving axes of extent 1 moves nothing.
                && axes.filter { left.shape[$0] > 1 } != (0..<rank).filter { left.shape[$0] > 1 }
        }
        guard !orders.isEmpty else { return nil }
        let (from, to) = (try left.bytes(), try right.bytes())
        var a = [UInt8](repeating: 0, count: size)
        var b = a
        for axes in orders {
            var fits = true
            for probe in 0..<Self.sample where fits {
                // Spread over the tensor; an odd step meets every column.
                let place = (probe * (left.count / Self.sample | 1) + probe) % right.count
                let source = self.source(of: place, axes)
                try a.withUnsafeMutableBytes {
                    try from.read(source * size..<(source + 1) * size, into: $0.baseAddress!)
                }
                try b.withUnsafeMutableBytes { try to.read(place * size..<(place + 1) * size, into: $0.baseAddress!) }
                fits = a == b
            }
            if try fits && holds(axes) { return axes }
        }
        return nil
    }

    /// Whether all elements agree. Both tensors are held in memory meanwhile.
    private func holds(_ axes: [Int]) throws -> Bool {
        func whole(_ tensor: CheckpointTensor) throws -> [UInt8] {
            try [UInt8](unsafeUninitializedCapacity: tensor.byteCount) { buffer, count in
                try tensor.bytes().read(0..<tensor.byteCount, into: buffer.baseAddress!)
                count = tensor.byteCount
            }
        }
        let (from, to, size) = (try whole(left), try whole(right), left.type.bytesPerBlock)
        let strides = self.strides(axes)
        var index = [Int](repeating: 0, count: axes.count)
        var source = 0
        for place in 0..<right.count {
            for byte in 0..<size where from[source * size + byte] != to[place * size + byte] { return false }
            var axis = axes.count - 1
            while axis >= 0 {
                index[axis] += 1
                source += strides[axis]
                if index[axis] < right.shape[axis] { break }
                source -= strides[axis] * right.shape[axis]
                index[axis] = 0
                axis -= 1
            }
        }
        return true
    }

    /// Steps in `left` for each axis of `right`.
    private func strides(_ axes: [Int]) -> [Int] {
        axes.map { left.shape[($0 + 1)...].reduce(1, *) }
    }

    private func source(of place: Int, _ axes: [Int]) -> Int {
        var (rest, source) = (place, 0)
        for (axis, stride) in zip(right.shape.indices, strides(axes)).reversed() {
            source += rest % right.shape[axis] * stride
            rest /= right.shape[axis]
        }
        return source
    }

    private static func orders(_ rank: Int) -> [[Int]] {
        guard rank > 0 else { return [[]] }
        return orders(rank - 1).flatMap { order in
            (0...order.count).map { Array(order[..<$0]) + [rank - 1] + Array(order[$0...]) }
        }.sorted { $0.lexicographicallyPrecedes($1) }
    }
}
