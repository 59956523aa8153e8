import CKernels
import Core

/// Adafactor by the kernels.
extension ReferenceDevice {
    func isSmall(_ gradient: Tensor) -> Bool {
        gradient.shape.suffix(2).reduce(1, *) <= Int(CK_SMALL_MATRIX)
    }

    /// A stack of matrices.
    func adafactor(
        _ constants: AdafactorConstants, _ parameter: Tensor, _ rowMeans: Tensor, _ columnMeans: Tensor,
        _ gradient: Tensor
    ) {
        let (rows, columns) = (gradient.shape[gradient.shape.count - 2], gradient.shape[gradient.shape.count - 1])
        let update =
            isSmall(gradient)
            ? smallMatrices(gradient, rowMeans, columnMeans, rows: rows, columns: columns, constants)
            : largeMatrices(gradient, rowMeans, columnMeans, rows: rows, columns: columns, constants)
        descend(parameter, update, constants)
    }

    /// A tensor that keeps all its squares.
    func adafactor(_ constants: AdafactorConstants, _ parameter: Tensor, _ squares: Tensor, _ gradient: Tensor) {
        let update = Tensor(uninitialized: gradient.shape)
        let (g, u, v, table) = (gradient.pointer, update.pointer, squares.pointer, kernels.elementwise)
        overSpans(gradient.count) { span in
            let (at, count) = (span.lowerBound, span.count)
            // The update's place holds s, then the root.
            table.mul(u + at, g + at, g + at, count)
            table.add_scalar(u + at, u + at, constants.eps, count)
            table.axpby(v + at, v + at, u + at, constants.decay, constants.oneMinusDecay, count)
            table.sqrt(u + at, v + at, count)
            table.div(u + at, g + at, u + at, count)
        }
        descend(parameter, update, constants)
    }

    /// Means and u, matrix after matrix.
    private func smallMatrices(
        _ gradient: Tensor, _ rowMeans: Tensor, _ columnMeans: Tensor, rows: Int, columns: Int,
        _ constants: AdafactorConstants
    ) -> Tensor {
        let update = Tensor(uninitialized: gradient.shape)
        let (g, u, r, c) = (gradient.pointer, update.pointer, rowMeans.pointer, columnMeans.pointer)
        let kernel = kernels.optimizer.adafactor!
        let constants = ck_adafactor(
            decay: constants.decay, one_minus_decay: constants.oneMinusDecay, eps: constants.eps)
        let size = rows * columns
        overRowSpans(gradient.count / size, size) { span in
            let at = span.lowerBound
            withUnsafePointer(to: constants) {
                kernel(u + at * size, r + at * rows, c + at * columns, g + at * size, $0, span.count, rows, columns)
            }
        }
        return update
    }

    /// Means and u, the rows and columns of a matrix shared among the workers.
    private func largeMatrices(
        _ gradient: Tensor, _ rowMeans: Tensor, _ columnMeans: Tensor, rows: Int, columns: Int,
        _ constants: AdafactorConstants
    ) -> Tensor {
        updateRowMeans(rowMeans, gradient, columns: columns, constants)
        updateColumnMeans(columnMeans, gradient, rows: rows, columns: columns, constants)
        let update = Tensor(uninitialized: gradient.shape)
        let (rowFactors, columnFactors) = (self.rowFactors(rowMeans, rows: rows), inverseRoots(columnMeans))
        let (g, u, r, c) = (gradient.pointer, update.pointer, rowFactors.pointer, columnFactors.pointer)
        let (multiply, scale) = (kernels.elementwise.mul!, kernels.elementwise.scale!)
        overRowSpans(rowMeans.count, columns) { span in
            for row in span {
                let target = u + row * columns
                multiply(target, g + row * columns, c + row / rows * columns, columns)
                scale(target, target, r[row], columns)
            }
        }
        return update
    }

    /// row ← row·b + (Σ s / columns)·(1 − b), the sum by rule 4.
    private func updateRowMeans(_ means: Tensor, _ gradient: Tensor, columns: Int, _ constants: AdafactorConstants) {
        let (g, mean, table) = (gradient.pointer, means.pointer, kernels)
        let perTask = max(1, ReferenceDevice.span / columns)
        let scratchBytes = perTask * columns * MemoryLayout<Float>.size
        pool.run(tasks: (means.count + perTask - 1) / perTask, scratchBytes: scratchBytes) { task, scratch in
            let span = task * perTask..<min(means.count, (task + 1) * perTask)
            let squares = scratch.assumingMemoryBound(to: Float.self)
            let (source, count) = (g + span.lowerBound * columns, span.count * columns)
            table.elementwise.mul(squares, source, source, count)
            table.elementwise.add_scalar(squares, squares, constants.eps, count)
            for row in span {
                let sum = table.reduce.sum(squares + (row - span.lowerBound) * columns, columns)
                mean[row] = mean[row] * constants.decay + (sum / Float(columns)) * constants.oneMinusDecay
            }
        }
    }

    /// column ← column·b + (Σ s / rows)·(1 − b), the sums of a matrix's columns by rule 4.
    private func updateColumnMeans(
        _ means: Tensor, _ gradient: Tensor, rows: Int, columns: Int, _ constants: AdafactorConstants
    ) {
        let (g, mean, table) = (gradient.pointer, means.pointer, kernels)
        // Small matrices go several to a task, large ones by blocks of columns.
        let width = min(columns, 256)
        let (blocks, height) = ((columns + width - 1) / width, min(rows, Contract.ref1.chunk))
        let units = means.count / columns * blocks
        let perTask = max(1, ReferenceDevice.span / (rows * width))
        let scratchBytes = (height + 1) * width * MemoryLayout<Float>.size
        pool.run(tasks: (units + perTask - 1) / perTask, scratchBytes: scratchBytes) { task, scratch in
            let sums = scratch.assumingMemoryBound(to: Float.self)
            let squares = sums + width
            for unit in task * perTask..<min(units, (task + 1) * perTask) {
                let from = unit % blocks * width
                let count = min(width, columns - from)
                let (matrix, target) = (g + unit / blocks * rows * columns, mean + unit / blocks * columns + from)
                table.elementwise.fill(sums, 0, count)
                for start in stride(from: 0, to: rows, by: height) {
                    let chunk = min(height, rows - start)
                    for row in 0..<chunk {
                        let source = matrix + (start + row) * columns + from
                        table.elementwise.mul(squares + row * count, source, source, count)
                    }
                    table.elementwise.add_scalar(squares, squares, constants.eps, chunk * count)
                    table.reduce.add_column_sums(sums, squares, chunk, count, 0, count)
                }
                for column in 0..<count {
                    target[column] =
                        target[column] * constants.decay + (sums[column] / Float(rows)) * constants.oneMinusDecay
                }
            }
        }
    }

    /// 1 / √(row / mean(row)), the mean over the rows of one matrix, its sum by rule 4.
    private func rowFactors(_ means: Tensor, rows: Int) -> Tensor {
        let factors = Tensor(uninitialized: means.shape)
        let (mean, factor, sum) = (means.pointer, factors.pointer, kernels.reduce.sum!)
        overRowSpans(means.count / rows, rows) { span in
            for matrix in span {
                let whole = sum(mean + matrix * rows, rows) / Float(rows)
                for row in matrix * rows..<(matrix + 1) * rows { factor[row] = 1 / (mean[row] / whole).squareRoot() }
            }
        }
        return factors
    }

    /// 1 / √x.
    private func inverseRoots(_ x: Tensor) -> Tensor {
        let roots = Tensor(uninitialized: x.shape)
        let (source, target) = (x.pointer, roots.pointer)
        overSpans(x.count) { for index in $0 { target[index] = 1 / source[index].squareRoot() } }
        return roots
    }

    /// p ← p + p·(−lr·λ), then p ← p + u·(−lr / max(1, rms / d)), where rms is √(Σu² / n), the sum by rule 4, the root in
    /// double, and the last factor is rounded once.
    private func descend(_ parameter: Tensor, _ update: Tensor, _ constants: AdafactorConstants) {
        let squares = sum(update, kernels.reduce.sum_of_squares!)
        let deviation = Float((Double(squares) / Double(update.count)).squareRoot())
        let factor = -Float(constants.rate / Double(max(1, deviation / constants.clipThreshold)))
        let (p, u, add) = (parameter.pointer, update.pointer, kernels.elementwise.add_scaled!)
        overSpans(parameter.count) { span in
            let at = span.lowerBound
            if constants.weightDecay != 0 { add(p + at, p + at, -constants.weightDecay, span.count) }
            add(p + at, u + at, factor, span.count)
        }
    }
}
