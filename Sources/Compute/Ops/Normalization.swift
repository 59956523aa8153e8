import CKernels

extension Engine {
    /// GroupNorm over x [n, c, …] in `groups` groups; weight and bias [c]; with `silu`, x·σ(x) of the result, at once.
    /// Returns the result and, per image and group, (mean, 1/√(variance + ε)) for the backward pass: [n, groups, 2].
    package func groupNorm(
        _ x: Tensor, groups: Int, weight: Tensor, bias: Tensor, eps: Float, silu: Bool = false
    ) -> (y: Tensor, statistics: Tensor) {
        begin("group norm", [x, weight, bias])
        let (n, channels) = (x.shape[0], x.shape[1])
        let (perGroup, area) = (channels / groups, x.count / n / channels)
        let (y, statistics) = (Tensor(uninitialized: x.shape), Tensor(uninitialized: [n, groups, 2]))
        let (source, target, notes) = (x.pointer, y.pointer, statistics.pointer)
        let (w, b, table) = (weight.pointer, bias.pointer, kernels.pointee.norm)
        let forward = silu ? table.group_silu_forward! : table.group_forward!
        pool.run(tasks: n * groups) { task, _ in
            let (at, channel) = (task * perGroup * area, task % groups * perGroup)
            forward(target + at, source + at, w + channel, b + channel, perGroup, area, eps, notes + 2 * task)
        }
        end([y, statistics])
        return (y, statistics)
    }

    /// The gradient of a GroupNorm's input; adds its weight's and bias's gradients image after image. `silu` as in the
    /// forward pass.
    package func groupNormBackward(
        _ dy: Tensor, x: Tensor, groups: Int, weight: Tensor, bias: Tensor, statistics: Tensor, dweight: Tensor?,
        dbias: Tensor?, silu: Bool = false
    ) -> Tensor {
        begin("group norm backward", [dy, x, weight, bias, statistics, dweight, dbias])
        let (n, channels) = (x.shape[0], x.shape[1])
        let (perGroup, area) = (channels / groups, x.count / n / channels)
        let dx = Tensor(uninitialized: x.shape)
        let parts = Tensor(uninitialized: [2, n, channels])
        let (source, gradient, target) = (x.pointer, dy.pointer, dx.pointer)
        let (w, b, notes, part) = (weight.pointer, bias.pointer, statistics.pointer, parts.pointer)
        let table = kernels.pointee.norm
        pool.run(tasks: n * groups, scratchBytes: perGroup * area * 4) { task, scratch in
            let (at, channel, image) = (task * perGroup * area, task % groups * perGroup, task / groups)
            let (sums, space) = (part + image * channels + channel, scratch.assumingMemoryBound(to: Float.self))
            let (to, from, incoming, note) = (target + at, source + at, gradient + at, notes + 2 * task)
            if silu {
                table.group_silu_backward(
                    to, from, incoming, w + channel, b + channel, perGroup, area, note, sums, sums + n * channels, space
                )
            } else {
                table.group_backward(
                    to, from, incoming, w + channel, perGroup, area, note, sums, sums + n * channels, space)
            }
        }
        for (sums, offset) in [(dweight, 0), (dbias, n * channels)] {
            guard let sums = sums?.pointer else { continue }
            for image in 0..<n {
                for channel in 0..<channels { sums[channel] += part[offset + image * channels + channel] }
            }
        }
        end([dx] + [dweight, dbias].compactMap(\.self))
        return dx
    }

    /// LayerNorm over the last axis; weight and bias [width]. Statistics are (mean, rstd) a row.
    package func layerNorm(_ x: Tensor, weight: Tensor, bias: Tensor, eps: Float) -> (y: Tensor, statistics: Tensor) {
        begin("layer norm", [x, weight, bias])
        let width = weight.count
        let rows = x.count / width
        let (y, statistics) = (Tensor(uninitialized: x.shape), Tensor(uninitialized: [rows, 2]))
        let (source, target, notes) = (x.pointer, y.pointer, statistics.pointer)
        let (w, b, forward) = (weight.pointer, bias.pointer, kernels.pointee.norm.layer_forward!)
        overRowSpans(rows, width) { range in
            let at = range.lowerBound * width
            forward(target + at, source + at, w, b, range.count, width, eps, notes + 2 * range.lowerBound)
        }
        end([y, statistics])
        return (y, statistics)
    }

    /// The gradient of a LayerNorm's input; adds its weight's and bias's gradients sample after sample (x's first axis).
    package func layerNormBackward(
        _ dy: Tensor, x: Tensor, weight: Tensor, statistics: Tensor, dweight: Tensor?, dbias: Tensor?
    ) -> Tensor {
        begin("layer norm backward", [dy, x, weight, statistics, dweight, dbias])
        let (width, samples) = (weight.count, x.shape[0])
        let rows = x.count / width / samples
        let chunks = (rows + 255) / 256
        let dx = Tensor(uninitialized: x.shape)
        // Each chunk of a column sum by itself; they are added in ascending order below.
        let parts = Tensor(uninitialized: [2, samples * chunks, width])
        let (source, gradient, target, part) = (x.pointer, dy.pointer, dx.pointer, parts.pointer)
        let (w, notes, backward) = (weight.pointer, statistics.pointer, kernels.pointee.norm.layer_backward!)
        let all = samples * chunks * width
        pool.run(tasks: samples * chunks) { task, _ in
            let first = task / chunks * rows + task % chunks * 256
            let (at, count) = (first * width, min(256, rows - task % chunks * 256))
            backward(
                target + at, part + task * width, part + all + task * width, source + at, gradient + at, w, count,
                width, notes + 2 * first)
        }
        for (sums, offset) in [(dweight, 0), (dbias, all)] {
            guard let sums = sums?.pointer else { continue }
            for task in 0..<samples * chunks {
                for column in 0..<width { sums[column] += part[offset + task * width + column] }
            }
        }
        end([dx] + [dweight, dbias].compactMap(\.self))
        return dx
    }
}
