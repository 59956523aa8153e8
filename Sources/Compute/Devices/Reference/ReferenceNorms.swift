import CKernels
import Core

/// Normalisations by the kernels.
extension ReferenceDevice {
    func groupNorm(_ norm: Normalization, _ y: Tensor, _ statistics: Tensor) {
        let (x, groups, eps) = (norm.x, norm.groups, norm.eps)
        let (n, channels) = (x.shape[0], x.shape[1])
        let (perGroup, area) = (channels / groups, x.count / n / channels)
        let (source, target, notes) = (x.pointer, y.pointer, statistics.pointer)
        let (w, b, table) = (norm.weight.pointer, norm.bias.pointer, kernels.norm)
        let forward = norm.silu ? table.group_silu_forward! : table.group_forward!
        overRowSpans(n * groups, perGroup * area) {
            for group in $0 {
                let (at, channel) = (group * perGroup * area, group % groups * perGroup)
                forward(target + at, source + at, w + channel, b + channel, perGroup, area, eps, notes + 2 * group)
            }
        }
    }

    /// Shape of the sums of each image, which are added to the weight's and the bias's gradients in turn.
    func partialSums(_ norm: Normalization) -> [Int] { [2, norm.x.shape[0], norm.x.shape[1]] }

    func groupNormBackward(_ norm: Normalization, _ gradients: NormalizationGradients) {
        let (x, groups, silu) = (norm.x, norm.groups, norm.silu)
        let (n, channels) = (x.shape[0], x.shape[1])
        let (perGroup, area) = (channels / groups, x.count / n / channels)
        let parts = Tensor(uninitialized: partialSums(norm))
        let (source, gradient, target) = (x.pointer, gradients.dy.pointer, gradients.dx.pointer)
        let (w, b, notes, part) = (
            norm.weight.pointer, norm.bias.pointer, gradients.statistics.pointer, parts.pointer
        )
        let table = kernels.norm
        overRowSpans(n * groups, perGroup * area, scratchBytes: perGroup * area * 4) { span, scratch in
            let space = scratch.assumingMemoryBound(to: Float.self)
            for group in span {
                let (at, channel, image) = (group * perGroup * area, group % groups * perGroup, group / groups)
                let sums = part + image * channels + channel
                let (to, from, incoming, note) = (target + at, source + at, gradient + at, notes + 2 * group)
                if silu {
                    table.group_silu_backward(
                        to, from, incoming, w + channel, b + channel, perGroup, area, note, sums, sums + n * channels,
                        space)
                } else {
                    table.group_backward(
                        to, from, incoming, w + channel, perGroup, area, note, sums, sums + n * channels, space)
                }
            }
        }
        for (sums, offset) in [(gradients.dweight, 0), (gradients.dbias, n * channels)] {
            guard let sums = sums?.pointer else { continue }
            for image in 0..<n {
                for channel in 0..<channels { sums[channel] += part[offset + image * channels + channel] }
            }
        }
    }

    func layerNorm(_ norm: Normalization, _ y: Tensor, _ statistics: Tensor) {
        let (x, width, eps) = (norm.x, norm.weight.count, norm.eps)
        let (source, target, notes) = (x.pointer, y.pointer, statistics.pointer)
        let (w, b, forward) = (norm.weight.pointer, norm.bias.pointer, kernels.norm.layer_forward!)
        overRowSpans(x.count / width, width) { range in
            let at = range.lowerBound * width
            forward(target + at, source + at, w, b, range.count, width, eps, notes + 2 * range.lowerBound)
        }
    }

    /// Shape of the sums of each chunk of rows, which are added to the weight's and the bias's gradients in ascending order.
    func partialRowSums(_ norm: Normalization) -> [Int] {
        let (width, samples, chunk) = (norm.weight.count, norm.x.shape[0], Contract.ref1.chunk)
        return [2, samples * ((norm.x.count / width / samples + chunk - 1) / chunk), width]
    }

    func layerNormBackward(_ norm: Normalization, _ gradients: NormalizationGradients) {
        let (x, width, samples, chunk) = (norm.x, norm.weight.count, norm.x.shape[0], Contract.ref1.chunk)
        let rows = x.count / width / samples
        let parts = Tensor(uninitialized: partialRowSums(norm))
        let chunks = parts.shape[1] / samples
        let (source, gradient, target) = (x.pointer, gradients.dy.pointer, gradients.dx.pointer)
        let (w, notes, part) = (norm.weight.pointer, gradients.statistics.pointer, parts.pointer)
        let (backward, all) = (kernels.norm.layer_backward!, samples * chunks * width)
        pool.run(tasks: samples * chunks) { task, _ in
            let first = task / chunks * rows + task % chunks * chunk
            let (at, count) = (first * width, min(chunk, rows - task % chunks * chunk))
            backward(
                target + at, part + task * width, part + all + task * width, source + at, gradient + at, w, count,
                width, notes + 2 * first)
        }
        for (sums, offset) in [(gradients.dweight, 0), (gradients.dbias, all)] {
            guard let sums = sums?.pointer else { continue }
            for task in 0..<samples * chunks {
                for column in 0..<width { sums[column] += part[offset + task * width + column] }
            }
        }
    }
}
