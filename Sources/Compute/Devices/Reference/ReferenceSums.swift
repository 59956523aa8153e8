import CKernels
import Core
import Synchronization

/// Sums by the kernels, in the contract's order.
extension ReferenceDevice {
    /// What `kernel` sums over all elements, by rule 4: it computes the blocks, several to a task, and their sums are added here in
    /// ascending order, as it does itself.
    func sum(_ x: Tensor, _ kernel: (UnsafePointer<Float>?, Int) -> Float) -> Float {
        let (source, count) = (x.pointer, x.count)
        guard count > ReferenceDevice.longSpan else { return kernel(source, count) }
        let block = Contract.ref1.block
        let blocks = (count + block - 1) / block
        return withUnsafeTemporaryAllocation(of: Float.self, capacity: blocks) { buffer in
            let parts = buffer.baseAddress!
            overSpans(count, of: ReferenceDevice.longSpan) { span in
                for start in stride(from: span.lowerBound, to: span.upperBound, by: block) {
                    (parts + start / block).initialize(to: kernel(source + start, min(block, count - start)))
                }
            }
            var total = parts[0]
            for place in 1..<blocks { total += parts[place] }
            return total
        }
    }

    func meanSquaredDistances(_ x: Tensor, _ y: Tensor, _ means: Tensor) {
        let (size, target) = (x.count / x.shape[0], means.pointer)
        let (a, b, distance) = (x.pointer, y.pointer, kernels.reduce.squared_distance!)
        overRowSpans(x.shape[0], size) {
            for sample in $0 { target[sample] = distance(a + sample * size, b + sample * size, size) / Float(size) }
        }
    }

    func planeSums(_ x: Tensor, _ y: Tensor) {
        let (rows, width) = (y.count, x.count / y.count)
        let (source, target, sum) = (x.pointer, y.pointer, kernels.reduce.sum!)
        overRowSpans(rows, width) { for row in $0 { target[row] = sum(source + row * width, width) } }
    }

    func columnSums(_ x: Tensor, _ y: Tensor) {
        let (width, samples) = (y.count, x.shape[0])
        let rows = x.count / width / samples
        let (source, target, sum) = (x.pointer, y.pointer, kernels.reduce.add_column_sums!)
        // Columns of a task; no column's sum is cut.
        let strip = 256
        pool.run(tasks: (width + strip - 1) / strip) { task, _ in
            for sample in 0..<samples {
                sum(target, source + sample * rows * width, rows, width, task * strip, min(width, (task + 1) * strip))
            }
        }
    }

    func channelSums(_ x: Tensor, _ sums: Tensor) {
        let (n, channels, area) = (x.shape[0], x.shape[1], x.shape[2] * x.shape[3])
        let (source, target, sum) = (x.pointer, sums.pointer, kernels.reduce.sum!)
        overRowSpans(channels, n * area) {
            for channel in $0 {
                for image in 0..<n { target[channel] += sum(source + (image * channels + channel) * area, area) }
            }
        }
    }

    func firstNonFinite(_ x: Tensor, _ place: Tensor) {
        let (source, count, find) = (x.pointer, x.count, kernels.reduce.first_non_finite!)
        let first = Atomic<Int>(count)
        overSpans(count, of: ReferenceDevice.longSpan) {
            let found = find(source + $0.lowerBound, $0.count)
            if found < $0.count { first.min($0.lowerBound + found, ordering: .relaxed) }
        }
        let index = first.load(ordering: .relaxed)
        (place.storage.base + place.offset).storeBytes(of: index < x.count ? index + 1 : 0, as: Int.self)
    }

    func cosines(_ a: Tensor, _ b: Tensor, _ pairs: [CosinePair], _ found: Tensor) {
        let width = a.shape[1]
        let target = (found.storage.base + found.offset).assumingMemoryBound(to: Double.self)
        for (place, pair) in pairs.enumerated() {
            let (x, y) = (a.pointer + pair.first * width, b.pointer + pair.second * width)
            var (product, squareX, squareY) = (0.0, 0.0, 0.0)
            for index in 0..<width {
                product += Double(x[index]) * Double(y[index])
                squareX += Double(x[index]) * Double(x[index])
                squareY += Double(y[index]) * Double(y[index])
            }
            let lengths = (squareX.squareRoot(), squareY.squareRoot())
            target[3 * place] = product / (lengths.0 * lengths.1)
            (target[3 * place + 1], target[3 * place + 2]) = lengths
        }
    }

    func cosineGradients(_ a: Tensor, _ b: Tensor, _ pulls: [CosinePull], _ sum: Tensor) {
        let width = a.shape[1]
        for pull in pulls {
            let (first, lengths, cosine) = (pull.pair.first * width, pull.similarity.lengths, pull.similarity.cosine)
            let (x, y, target) = (a.pointer + first, b.pointer + pull.pair.second * width, sum.pointer + first)
            for index in 0..<width {
                let (u, v) = (Double(x[index]) / lengths.first, Double(y[index]) / lengths.second)
                target[index] += Float(Double(pull.slope) * ((v - cosine * u) / lengths.first))
            }
        }
    }
}
