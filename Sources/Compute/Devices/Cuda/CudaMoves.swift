import CCuda

/// Copies in other arrangements on a device of NVIDIA's.
extension CudaDevice {
    func copy(_ x: Tensor, _ y: Tensor) {
        let arguments = cu_copy(
            y: UnsafeMutableRawPointer(bitPattern: writableAddress(y)), x: UnsafeRawPointer(bitPattern: address(x)),
            bytes: Int64(x.byteCount))
        launchEach("copy", arguments, count: (x.byteCount + 15) / 16)
    }

    func copyBlocks(_ x: Tensor, _ blocks: BlockCopy, _ y: Tensor) {
        let count = blocks.length * blocks.count
        guard count > 0 else { return }
        let arguments = cu_blocks(
            y: write(y), x: read(x), from: Int64(blocks.from), from_every: Int64(blocks.fromEvery),
            to: Int64(blocks.to), to_every: Int64(blocks.toEvery), count: Int64(count),
            length: cu_divisor(blocks.length))
        launchEach("copy_blocks", arguments, count: (count + 3) / 4)
    }

    private func moveRows(_ x: Tensor, from: [Int]?, _ y: Tensor, to: [Int]?, rows: Int, width: Int) {
        let count = rows * width
        guard count > 0 else { return }
        let arguments = cu_rows(
            y: write(y), x: read(x), from: from.map(places), to: to.map(places), count: Int64(count),
            width: cu_divisor(width))
        launchEach("move_rows", arguments, count: (count + 3) / 4)
    }

    private func places(_ places: [Int]) -> UnsafePointer<Int64> { upload(places.map(Int64.init)) }

    func gatherRows(_ x: Tensor, _ rows: [Int], _ y: Tensor) {
        guard !rows.isEmpty else { return }
        moveRows(x, from: rows, y, to: nil, rows: rows.count, width: x.count / x.shape[0])
    }

    func scatterRows(_ x: Tensor, _ rows: [Int], _ y: Tensor) {
        guard !rows.isEmpty else { return }
        let width = y.count / y.shape[0]
        // Threads write in no order: of several writes to one row only the last is made.
        let last = Dictionary(rows.enumerated().map { ($1, $0) }, uniquingKeysWith: { max($0, $1) })
        if last.count == rows.count {
            moveRows(x, from: nil, y, to: rows, rows: rows.count, width: width)
        } else {
            let kept = rows.indices.filter { last[rows[$0]] == $0 }
            moveRows(x, from: kept, y, to: kept.map { rows[$0] }, rows: kept.count, width: width)
        }
    }

    func accumulateRows(_ x: Tensor, _ rows: [Int], _ sum: Tensor) {
        let width = sum.shape[1]
        guard !rows.isEmpty && width > 0 else { return }
        // The places of each row of the sum, in their order.
        let order = rows.indices.sorted { (rows[$0], $0) < (rows[$1], $1) }
        let starts = order.indices.filter { $0 == 0 || rows[order[$0]] != rows[order[$0 - 1]] }
        let arguments = cu_accumulated_rows(
            sum: write(sum), x: read(x), rows: places(starts.map { rows[order[$0]] }),
            starts: places(starts + [order.count]), places: places(order), count: Int64(starts.count),
            width: Int64(width))
        launch(
            "accumulate_rows", arguments, blocks: ((width + 255) / 256, min(starts.count, 65_535), 1), threads: 256)
    }

    func transpose(_ x: Tensor, _ y: Tensor) {
        let (items, rows, columns) = (x.shape[0], x.shape[1], x.shape[2])
        guard x.count > 0 else { return }
        let (across, down) = ((columns + 31) / 32, (rows + 31) / 32)
        let tiles = items * across * down
        let arguments = cu_transpose(
            y: write(y), x: read(x), rows: Int64(rows), columns: Int64(columns), tiles: Int64(tiles),
            tiles_across: cu_divisor(across), tiles_down: cu_divisor(down))
        launch(
            "transpose", arguments, blocks: (min(tiles, Int(Int32.max)), 1, 1), threads: 256,
            sharedBytes: 32 * 33 * MemoryLayout<Float>.size)
    }

    func pad(_ x: Tensor, _ top: Int, _ left: Int, _ y: Tensor) {
        guard y.count > 0 else { return }
        let arguments = cu_pad(
            y: write(y), x: read(x), height: Int64(x.shape[2]), width: Int64(x.shape[3]), top: Int64(top),
            left: Int64(left), count: Int64(y.count), out_height: cu_divisor(y.shape[2]),
            out_width: cu_divisor(y.shape[3]))
        launchEach("pad", arguments, count: (y.count + 3) / 4)
    }

    func interleave(_ x: Tensor, _ row: Int, _ column: Int, _ stride: Int, _ y: Tensor) {
        guard x.count > 0 else { return }
        let arguments = cu_interleave(
            y: write(y), x: read(x), out_height: Int64(y.shape[2]), out_width: Int64(y.shape[3]), row: Int64(row),
            column: Int64(column), stride: Int64(stride), count: Int64(x.count), height: cu_divisor(x.shape[2]),
            width: cu_divisor(x.shape[3]))
        launchEach("interleave", arguments, count: x.count)
    }

    func patches(_ x: Tensor, _ edge: Int, _ y: Tensor) {
        let pixels = UnsafeMutablePointer(mutating: read(x))
        launchPatches("take_patches", pixels, write(y), pictures: x.shape, edge)
    }

    func assemblePatches(_ patches: Tensor, _ edge: Int, _ x: Tensor) {
        let taken = UnsafeMutablePointer(mutating: read(patches))
        launchPatches("assemble_patches", write(x), taken, pictures: x.shape, edge)
    }

    private func launchPatches(
        _ name: StaticString, _ pixels: UnsafeMutablePointer<Float>, _ patches: UnsafeMutablePointer<Float>,
        pictures: [Int], _ edge: Int
    ) {
        let (down, across) = (pictures[2] / edge, pictures[3] / edge)
        let count = pictures[0] * pictures[1] * down * across * edge * edge
        guard count > 0 else { return }
        let arguments = cu_patches(
            pixels: pixels, patches: patches, height: Int64(pictures[2]), width: Int64(pictures[3]),
            count: Int64(count), edge: cu_divisor(edge), channels: cu_divisor(pictures[1]),
            across: cu_divisor(across), down: cu_divisor(down))
        launchEach(name, arguments, count: count)
    }

    func upsample(_ x: Tensor, _ y: Tensor) {
        guard y.count > 0 else { return }
        let arguments = cu_upsample(
            y: write(y), x: read(x), height: Int64(x.shape[2]), width: Int64(x.shape[3]), count: Int64(y.count),
            out_height: cu_divisor(y.shape[2]), out_width: cu_divisor(y.shape[3]))
        launchEach("upsample", arguments, count: y.count)
    }

    func upsampleBackward(_ dy: Tensor, _ dx: Tensor) {
        guard dx.count > 0 else { return }
        let arguments = cu_upsample_backward(
            dx: write(dx), dy: read(dy), out_height: Int64(dy.shape[2]), out_width: Int64(dy.shape[3]),
            count: Int64(dx.count), height: cu_divisor(dx.shape[2]), width: cu_divisor(dx.shape[3]))
        launchEach("upsample_backward", arguments, count: dx.count)
    }
}
