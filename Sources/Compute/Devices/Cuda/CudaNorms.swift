import CCuda
import Core

/// Normalisations by kernels.
extension CudaDevice {
    /// The groups of a GroupNorm, and how they are shared among blocks of threads.
    private struct Groups {
        let images, channels, groups, perGroup, area: Int
        /// Values of a group, and blocks of 4,096 in it, of all images.
        let count, pieces: Int
        /// Groups of all images.
        var tasks: Int { images * groups }
        /// Channels whose sums a block of threads takes.
        var planesEach: Int { max(1, min(64, 4096 / max(1, area))) }
        /// What a group in shared memory takes: its values and its lanes' sums twice.
        var heldBytes: Int { (count + 2 * 17 * pieces) * MemoryLayout<Float>.stride }
        /// Every device that runs the kernels has so much shared memory for a block.
        var isHeld: Bool { heldBytes <= 96 << 10 }
        /// Sums of the pieces of all groups.
        var sumsBytes: Int { tasks * pieces * MemoryLayout<Float>.stride }

        init(_ norm: Normalization) {
            (images, channels, groups) = (norm.x.shape[0], norm.x.shape[1], norm.groups)
            (perGroup, area) = (channels / groups, norm.x.count / images / channels)
            count = perGroup * area
            pieces = count.groups(of: 4096)
        }
    }

    /// Small groups lie in shared memory; others are cut into pieces, and read three times.
    func groupNorm(_ norm: Normalization, _ y: Tensor, _ statistics: Tensor) {
        let cut = Groups(norm)
        let isInPlace = y.storage === norm.x.storage && y.offset == norm.x.offset
        let target = write(y)
        let sums = scratch(bytes: cut.isHeld ? 0 : 2 * cut.sumsBytes)
        let squares = sums.pointer(of: Float.self) + (cut.isHeld ? 0 : cut.tasks * cut.pieces)
        let arguments = cu_group_norm(
            x: isInPlace ? UnsafePointer(target) : read(norm.x), weight: read(norm.weight), bias: read(norm.bias),
            y: target, statistics: write(statistics), sums: sums.pointer(), squares: squares, count: Int64(cut.count),
            groups: Int32(cut.groups), channels: Int32(cut.perGroup), area: Int32(cut.area),
            pieces: Int32(cut.pieces), eps: norm.eps, silu: norm.silu ? 1 : 0)
        guard !cut.isHeld else {
            return launch(
                "group_norm_held", arguments, blocks: (cut.tasks, 1, 1), threads: 512, sharedBytes: cut.heldBytes)
        }
        let pieces = CudaRows(cut.tasks, width: cut.count)
        sumPieces(arguments.x, sums.pointer(), pieces)
        launch(
            "group_norm_squares", arguments, blocks: (pieces.blocks, 1, 1), threads: 256,
            sharedBytes: CudaRows.sharedBytes)
        launch(
            "group_norm_apply", arguments, blocks: (cut.tasks * cut.count.groups(of: 4096), 1, 1), threads: 256,
            sharedBytes: CudaRows.orderedSharedBytes)
    }

    /// The sums of the pieces of rows that have several.
    private func sumPieces(
        _ x: UnsafePointer<Float>, _ partial: UnsafeMutablePointer<Float>, _ cut: CudaRows
    ) {
        launch(
            "sum_rows",
            cu_row_sums(
                x: x, other: nil, partial: partial, y: nil, rows: Int64(cut.rows), width: Int64(cut.width),
                pieces: Int32(cut.pieces), rows_each: 1, then: Int32(CU_SUM_STORED), divisor: 1),
            blocks: (cut.blocks, 1, 1), threads: 256, sharedBytes: CudaRows.sharedBytes)
    }

    /// What the way of a GroupNorm takes beside its operands.
    func groupNormBytes(_ norm: Normalization) -> Int {
        let cut = Groups(norm)
        return cut.isHeld ? 0 : 2 * cut.sumsBytes
    }

    /// Both sums of each group and of each channel of each image.
    func groupNormBackwardBytes(_ norm: Normalization) -> Int {
        let cut = Groups(norm)
        return 2 * cut.sumsBytes + 2 * cut.images * cut.channels * MemoryLayout<Float>.stride
    }

    func groupNormBackward(_ norm: Normalization, _ gradients: NormalizationGradients) {
        let cut = Groups(norm)
        let sums = scratch(bytes: groupNormBackwardBytes(norm))
        let (s1, pieces, channels) = (
            sums.pointer(of: Float.self), cut.tasks * cut.pieces, cut.images * cut.channels
        )
        let planes = cut.perGroup.groups(of: cut.planesEach)
        let blocks = cut.tasks * cut.count.groups(of: 4096)
        let arguments = cu_group_norm_backward(
            x: read(norm.x), dy: read(gradients.dy), weight: read(norm.weight), bias: read(norm.bias),
            statistics: read(gradients.statistics), dx: write(gradients.dx), s1: s1, s2: s1 + pieces,
            dweights: s1 + 2 * pieces, dbiases: s1 + 2 * pieces + channels,
            dweight: gradients.dweight.map { write($0) }, dbias: gradients.dbias.map { write($0) },
            count: Int64(cut.count), images: Int64(cut.images), blocks: Int64(blocks), groups: Int32(cut.groups),
            channels: Int32(cut.perGroup), area: Int32(cut.area), pieces: Int32(cut.pieces),
            planes_each: Int32(cut.planesEach), plane_blocks: Int32(planes), silu: norm.silu ? 1 : 0)
        launch(
            "group_norm_sums", arguments, blocks: (cut.tasks * (cut.pieces + planes), 1, 1), threads: 256,
            sharedBytes: 2 * CudaRows.sharedBytes)
        launch(
            "group_norm_backward", arguments, blocks: (blocks + cut.channels.groups(of: 256), 1, 1),
            threads: 256, sharedBytes: CudaRows.orderedSharedBytes)
    }

    /// Rows of a LayerNorm that a block of threads takes, and its shared memory.
    private static let layerRows = 8
    private static let layerSharedBytes = 2 * 2 * layerRows * 17 * MemoryLayout<Float>.stride

    func layerNorm(_ norm: Normalization, _ y: Tensor, _ statistics: Tensor) {
        let width = norm.weight.count
        let rows = norm.x.count / width
        guard rows > 0 else { return }
        launch(
            "layer_norm",
            cu_layer_norm(
                x: read(norm.x), weight: read(norm.weight), bias: read(norm.bias), y: write(y),
                statistics: write(statistics), rows: Int64(rows), width: Int64(width), eps: norm.eps),
            blocks: (rows.groups(of: CudaDevice.layerRows), 1, 1), threads: 16 * CudaDevice.layerRows,
            sharedBytes: CudaDevice.layerSharedBytes)
    }

    /// The chains of both parameters' sums.
    func layerNormBackwardBytes(_ norm: Normalization) -> Int { 2 * columns(norm.x, norm.weight).partsBytes }

    func layerNormBackward(_ norm: Normalization, _ gradients: NormalizationGradients) {
        let cut = columns(norm.x, norm.weight)
        let (rows, width) = (cut.samples * cut.rows, cut.width)
        guard rows > 0 else { return }
        let (x, dy, notes) = (read(norm.x), read(gradients.dy), read(gradients.statistics))
        launch(
            "layer_norm_backward",
            cu_layer_norm_backward(
                x: x, dy: dy, weight: read(norm.weight), statistics: notes, dx: write(gradients.dx),
                rows: Int64(rows), width: Int64(width)),
            blocks: (rows.groups(of: CudaDevice.layerRows), 1, 1), threads: 16 * CudaDevice.layerRows,
            sharedBytes: CudaDevice.layerSharedBytes)
        guard gradients.dweight != nil || gradients.dbias != nil else { return }
        let parts = scratch(bytes: layerNormBackwardBytes(norm))
        let dweights = parts.pointer(of: Float.self)
        launch(
            "layer_norm_sums",
            cu_layer_norm_sums(
                x: x, dy: dy, statistics: notes, dweights: dweights, dbiases: dweights + cut.units * width,
                rows: Int64(cut.rows),
                width: Int64(width), chunks: Int32(cut.chunks), tiles: Int32(cut.tiles)),
            blocks: (cut.blocks, 1, 1), threads: 256, sharedBytes: CudaColumns.sharedBytes)
        addParts(
            dweights, to: (gradients.dweight.map { write($0) }, gradients.dbias.map { write($0) }),
            units: cut.units, columns: width)
    }
}
