import CKernels

/// Sums by the kernels, in the contract's order.
extension ReferenceDevice {
    func meanSquaredDistances(_ x: Tensor, _ y: Tensor, _ means: Tensor) {
        let (size, target) = (x.count / x.shape[0], means.pointer)
        for sample in 0..<x.shape[0] {
            target[sample] =
                kernels.reduce.squared_distance(x.pointer + sample * size, y.pointer + sample * size, size)
                / Float(size)
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
        pool.run(tasks: channels) { channel, _ in
            for image in 0..<n { target[channel] += sum(source + (image * channels + channel) * area, area) }
        }
    }

    func firstNonFinite(_ x: Tensor, _ place: Tensor) {
        let index = kernels.reduce.first_non_finite(x.pointer, x.count)
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
