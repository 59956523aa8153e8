import CCuda
import Core

/// Adafactor by kernels.
extension CudaDevice {
    /// A stack of matrices.
    func adafactor(
        _ constants: AdafactorConstants, _ parameter: Tensor, _ rowMeans: Tensor, _ columnMeans: Tensor,
        _ gradient: Tensor
    ) {
        var arguments = self.arguments(constants, parameter, gradient)
        let (rows, columns) = (gradient.shape[gradient.shape.count - 2], gradient.shape[gradient.shape.count - 1])
        guard gradient.count > 0 else { return }
        let matrices = gradient.count / (rows * columns)
        (arguments.row_means, arguments.column_means) = (write(rowMeans), write(columnMeans))
        (arguments.matrices, arguments.rows, arguments.columns) = (Int64(matrices), Int64(rows), Int64(columns))
        if rows * columns <= Int(CU_SMALL_MATRIX) {
            let update = scratch(bytes: gradient.byteCount)
            arguments.u = update.pointer()
            arguments.kind = Int32(CU_UPDATE_MADE)
            updateSmall(arguments)
            descend(arguments)
        } else {
            let factors = scratch(bytes: factorsBytes(rowMeans, columnMeans, rows: rows))
            arguments.row_factors = factors.pointer()
            arguments.column_factors = arguments.row_factors + rowMeans.count
            arguments.kind = Int32(CU_UPDATE_FACTORED)
            updateRowMeans(&arguments)
            updateColumnMeans(&arguments)
            let means = arguments.column_factors + columnMeans.count
            sumRows(
                "sum_rows", arguments.row_means, to: means, CudaRows(matrices, width: rows), divisor: Float(rows))
            arguments.matrix_means = UnsafePointer(means)
            launchEach("adafactor_factors", arguments, count: rowMeans.count + columnMeans.count)
            descend(arguments)
        }
    }

    /// A tensor that keeps all its squares.
    func adafactor(_ constants: AdafactorConstants, _ parameter: Tensor, _ squares: Tensor, _ gradient: Tensor) {
        guard gradient.count > 0 else { return }
        var arguments = self.arguments(constants, parameter, gradient)
        arguments.squares = write(squares)
        arguments.kind = Int32(CU_UPDATE_WHOLE)
        launchEach("adafactor_squares", arguments, count: gradient.count)
        descend(arguments)
    }

    /// What an update takes beside its operands; all of it is kept until the update is queued.
    func adafactorBytes(_ rowMeans: Tensor, _ columnMeans: Tensor, _ gradient: Tensor) -> Int {
        let (rows, columns) = (gradient.shape[gradient.shape.count - 2], gradient.shape[gradient.shape.count - 1])
        if rows * columns <= Int(CU_SMALL_MATRIX) { return gradient.byteCount + adafactorWholeBytes(gradient) }
        let parts = CudaColumns(samples: gradient.count / (rows * columns), rows: rows, width: columns)
        let work = [
            CudaRows(rowMeans.count, width: columns).partialBytes, parts.partsBytes(chains: parts.chunks),
            CudaRows(parts.samples, width: rows).partialBytes, adafactorWholeBytes(gradient),
        ]
        return factorsBytes(rowMeans, columnMeans, rows: rows) + work.reduce(0, +)
    }

    /// The sums of u's squares, and the factor of u.
    func adafactorWholeBytes(_ gradient: Tensor) -> Int {
        (gradient.count.groups(of: 4096) + 1) * MemoryLayout<Float>.stride
    }

    /// Factors of rows and columns, and a mean for each matrix.
    private func factorsBytes(_ rowMeans: Tensor, _ columnMeans: Tensor, rows: Int) -> Int {
        (rowMeans.count + columnMeans.count + rowMeans.count / rows) * MemoryLayout<Float>.stride
    }

    private func arguments(
        _ constants: AdafactorConstants, _ parameter: Tensor, _ gradient: Tensor
    ) -> cu_adafactor {
        var arguments = cu_adafactor()
        (arguments.p, arguments.g, arguments.count) = (write(parameter), read(gradient), Int64(gradient.count))
        (arguments.decay, arguments.one_minus_decay) = (constants.decay, constants.oneMinusDecay)
        (arguments.eps, arguments.clip_threshold) = (constants.eps, constants.clipThreshold)
        (arguments.minus_weight_decay, arguments.rate) = (-constants.weightDecay, constants.rate)
        return arguments
    }

    /// Means and u, a thread for each matrix.
    private func updateSmall(_ arguments: cu_adafactor) {
        let (rows, columns) = (Int(arguments.rows), Int(arguments.columns))
        let pitch = (rows * columns + rows + columns) | 1
        let threads = pitch <= 32 ? 256 : 64
        launch(
            "adafactor_small", arguments, blocks: (Int(arguments.matrices).groups(of: threads), 1, 1),
            threads: threads, sharedBytes: threads * pitch * MemoryLayout<Float>.stride)
    }

    private func updateRowMeans(_ arguments: inout cu_adafactor) {
        let cut = CudaRows(Int(arguments.matrices * arguments.rows), width: Int(arguments.columns))
        let partial = scratch(bytes: cut.partialBytes)
        (arguments.row_partial, arguments.row_pieces) = (partial.pointer(), Int32(cut.pieces))
        arguments.rows_each = Int32(cut.rowsEach)
        launch(
            "adafactor_rows", arguments, blocks: (cut.blocks, 1, 1), threads: 256,
            sharedBytes: CudaRows.sharedBytes)
        guard cut.pieces > 1 else { return }
        launch(
            "adafactor_long_rows", arguments, blocks: (cut.rows, 1, 1), threads: 256,
            sharedBytes: CudaRows.orderedSharedBytes)
    }

    private func updateColumnMeans(_ arguments: inout cu_adafactor) {
        let cut = CudaColumns(
            samples: Int(arguments.matrices), rows: Int(arguments.rows), width: Int(arguments.columns))
        let parts = scratch(bytes: cut.partsBytes(chains: cut.chunks))
        (arguments.column_parts, arguments.chunks) = (parts.pointer(), Int32(cut.chunks))
        arguments.tiles = Int32(cut.tiles)
        launch(
            "adafactor_columns", arguments, blocks: (cut.blocks, 1, 1), threads: 256,
            sharedBytes: CudaColumns.sharedBytes)
        if cut.chunks > 1 { launchEach("adafactor_long_columns", arguments, count: cut.samples * cut.width) }
    }

    /// The step along u, which its root mean square limits; the host does not wait for that.
    private func descend(_ given: cu_adafactor) {
        var arguments = given
        let pieces = Int(arguments.count).groups(of: 4096)
        let sums = scratch(bytes: (pieces + 1) * MemoryLayout<Float>.stride)
        (arguments.u_partial, arguments.u_pieces) = (sums.pointer(), Int32(pieces))
        arguments.factor = arguments.u_partial + pieces
        launch(
            "adafactor_update_sums", arguments, blocks: (pieces, 1, 1), threads: 256,
            sharedBytes: CudaRows.sharedBytes)
        launch(
            "adafactor_factor", arguments, blocks: (1, 1, 1), threads: 256,
            sharedBytes: CudaRows.orderedSharedBytes)
        launch("adafactor_descend", arguments, blocks: (pieces, 1, 1), threads: 256)
    }
}
