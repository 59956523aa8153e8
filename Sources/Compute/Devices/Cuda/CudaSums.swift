import CCuda

/// Sums by kernels, in the contract's order.
extension CudaDevice {
    func sum(_ x: Tensor, _ y: Tensor) { sumRows("sum_rows", read(x), to: write(y), CudaRows(1, width: x.count)) }

    func sumOfSquares(_ x: Tensor, _ y: Tensor) {
        sumRows("sum_squares", read(x), to: write(y), CudaRows(1, width: x.count))
    }

    func meanSquaredDistances(_ x: Tensor, _ y: Tensor, _ means: Tensor) {
        let size = x.count / x.shape[0]
        let cut = CudaRows(x.shape[0], width: size)
        sumRows("sum_distances", read(x), minus: read(y), to: write(means), cut, divisor: Float(size))
    }

    func planeSums(_ x: Tensor, _ y: Tensor) {
        sumRows("sum_rows", read(x), to: write(y), CudaRows(y.count, width: x.count / y.count))
    }

    /// Sums by `kernel` of the rows of x, or of x and another, to y; divided by `divisor` if there is one.
    func sumRows(
        _ kernel: StaticString, _ x: UnsafePointer<Float>, minus other: UnsafePointer<Float>? = nil,
        to y: UnsafeMutablePointer<Float>, _ cut: CudaRows, divisor: Float? = nil
    ) {
        guard cut.rows > 0 else { return }
        let partial = scratch(bytes: cut.partialBytes)
        let arguments = cu_row_sums(
            x: x, other: other, partial: partial.pointer(), y: y, rows: Int64(cut.rows), width: Int64(cut.width),
            pieces: Int32(cut.pieces), rows_each: Int32(cut.rowsEach),
            then: Int32(divisor == nil ? CU_SUM_STORED : CU_SUM_DIVIDED), divisor: divisor ?? 1)
        launch(kernel, arguments, blocks: (cut.blocks, 1, 1), threads: 256, sharedBytes: CudaRows.sharedBytes)
        guard cut.pieces > 1 else { return }
        launch(
            "ordered_sums", arguments, blocks: (cut.rows, 1, 1), threads: 256,
            sharedBytes: CudaRows.orderedSharedBytes)
    }

    func columnSums(_ x: Tensor, _ y: Tensor) {
        guard x.count > 0 else { return }
        let cut = columns(x, y)
        let parts = scratch(bytes: cut.partsBytes(chains: cut.units))
        let sums = write(y)
        launch(
            "sum_columns",
            cu_column_sums(
                x: read(x), parts: parts.pointer(), y: sums, rows: Int64(cut.rows), width: Int64(cut.width),
                chunks: Int32(cut.chunks), tiles: Int32(cut.tiles), is_only: cut.units == 1 ? 1 : 0),
            blocks: (cut.blocks, 1, 1), threads: 256, sharedBytes: CudaColumns.sharedBytes)
        if cut.units > 1 { addParts(parts.pointer(), to: (sums, nil), units: cut.units, columns: cut.width) }
    }

    /// What column sums take beside their operands.
    func columnSumsBytes(_ x: Tensor, _ y: Tensor) -> Int {
        let cut = columns(x, y)
        return cut.partsBytes(chains: cut.units)
    }

    /// The columns of x that are summed up to y.
    func columns(_ x: Tensor, _ y: Tensor) -> CudaColumns {
        CudaColumns(samples: x.shape[0], rows: x.count / y.count / x.shape[0], width: y.count)
    }

    func channelSums(_ x: Tensor, _ sums: Tensor) {
        let cut = planes(x)
        let planes = scratch(bytes: cut.rows * MemoryLayout<Float>.stride)
        sumRows("sum_rows", read(x), to: planes.pointer(), cut)
        addParts(planes.pointer(), to: (write(sums), nil), units: x.shape[0], columns: x.shape[1])
    }

    /// What channel sums take beside their operands.
    func channelSumsBytes(_ x: Tensor) -> Int {
        let cut = planes(x)
        return cut.rows * MemoryLayout<Float>.stride + cut.partialBytes
    }

    /// The planes of x [n, c, …].
    private func planes(_ x: Tensor) -> CudaRows {
        let planes = x.shape[0] * x.shape[1]
        return CudaRows(planes, width: x.count / planes)
    }

    /// Adds `units` rows of parts to a sum of `columns` values in ascending order, and as many that follow to another.
    func addParts(
        _ parts: UnsafeMutablePointer<Float>, to sums: (UnsafeMutablePointer<Float>?, UnsafeMutablePointer<Float>?),
        units: Int, columns: Int
    ) {
        launchEach(
            "add_parts",
            cu_added_parts(
                y: sums, parts: (UnsafePointer(parts), UnsafePointer(parts + units * columns)), units: Int64(units),
                columns: Int64(columns)),
            count: sums.1 == nil ? columns : 2 * columns)
    }

    func firstNonFinite(_ x: Tensor, _ place: Tensor) {
        let blocks = max(1, min(hardware.multiprocessors * 8, x.count.groups(of: 2048)))
        let places = scratch(bytes: blocks * MemoryLayout<Int64>.stride)
        let arguments = cu_non_finite(
            x: read(x), places: places.pointer(), place: UnsafeMutablePointer(bitPattern: writableAddress(place)),
            count: Int64(x.count), blocks: Int64(blocks))
        let sharedBytes = 256 * MemoryLayout<Int64>.stride
        launch("find_non_finite", arguments, blocks: (blocks, 1, 1), threads: 256, sharedBytes: sharedBytes)
        guard blocks > 1 else { return }
        launch("first_place", arguments, blocks: (1, 1, 1), threads: 256, sharedBytes: sharedBytes)
    }

    func cosines(_ a: Tensor, _ b: Tensor, _ pairs: [CosinePair], _ found: Tensor) {
        guard !pairs.isEmpty else { return }
        let rows = upload(pairs.flatMap { [Int32($0.first), Int32($0.second)] })
        launch(
            "row_cosines",
            cu_cosines(
                a: read(a), b: read(b), rows: rows, found: UnsafeMutablePointer(bitPattern: writableAddress(found)),
                width: Int64(a.shape[1])),
            blocks: (pairs.count, 1, 1), threads: 64, sharedBytes: 3 * 64 * MemoryLayout<Double>.stride)
    }

    func cosineGradients(_ a: Tensor, _ b: Tensor, _ pulls: [CosinePull], _ sum: Tensor) {
        let shares = pulls.map { pull in
            cu_cosine_pull(
                cosine: pull.similarity.cosine, first_length: pull.similarity.lengths.first,
                second_length: pull.similarity.lengths.second, first: Int32(pull.pair.first),
                second: Int32(pull.pair.second), slope: pull.slope, unused: 0)
        }
        launchEach(
            "cosine_gradients",
            cu_cosine_gradients(
                a: read(a), b: read(b), pulls: upload(shares), sum: write(sum), width: Int64(a.shape[1]),
                count: Int64(a.count), pull_count: Int64(pulls.count)),
            count: a.count)
    }
}
