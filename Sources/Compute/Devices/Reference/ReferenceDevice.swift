import CKernels

/// The host's processor by the kernels of `CKernels`: the bits of the contract, whatever the instruction set and however
/// many the workers.
package final class ReferenceDevice: Device {
    let pool: WorkerPool
    /// Kernels of the instruction set.
    let kernels: ck_kernels
    package var hasOwnMemory: Bool { false }

    init(isa: ISA, pool: WorkerPool) {
        self.pool = pool
        kernels = isa.kernels
    }

    package func allocate(byteCount: Int) -> Storage { Storage(byteCount: byteCount) }

    package func read(_ storage: Storage, at offset: Int, into target: UnsafeMutableRawBufferPointer) {
        target.copyMemory(from: UnsafeRawBufferPointer(start: storage.base + offset, count: target.count))
    }

    package func write(_ source: UnsafeRawBufferPointer, to storage: Storage, at offset: Int) {
        UnsafeMutableRawBufferPointer(start: storage.base + offset, count: source.count).copyMemory(from: source)
    }

    package func workBytes(of operation: Operation) -> Int {
        switch operation {
        case .groupNormBackward(let norm, _): partialSums(norm).reduce(4, *)
        case .layerNormBackward(let norm, _): partialRowSums(norm).reduce(4, *)
        case .adafactorWhole(_, _, _, let gradient): gradient.byteCount
        case .adafactor(_, _, let rows, let columns, let gradient):
            gradient.byteCount + (isSmall(gradient) ? 0 : rows.byteCount + columns.byteCount)
        default: 0
        }
    }

    package func run(_ operation: Operation) {
        switch operation {
        case .product(let x): product(x)
        case .attention(let x, let o, let statistics): attention(x, o, statistics)
        case .attentionBackward(let x, let gradients): attentionBackward(x, gradients)
        case .softmaxRows(let x): softmaxRows(x)
        case .groupNorm(let x, let y, let statistics): groupNorm(x, y, statistics)
        case .groupNormBackward(let x, let gradients): groupNormBackward(x, gradients)
        case .layerNorm(let x, let y, let statistics): layerNorm(x, y, statistics)
        case .layerNormBackward(let x, let gradients): layerNormBackward(x, gradients)
        case .activation(let activation, let x, let y): apply(activation, x, y)
        case .activationBackward(let activation, let dy, let x, let dx): applyBackward(activation, dy, x, dx)
        case .function(let function, let x, let y): apply(function, x, y)
        case .geglu(let x, let y): geglu(x, y)
        case .gegluBackward(let dy, let x, let dx): gegluBackward(dy, x, dx)
        case .arithmetic(let function, let a, let b, let y): combine(function, a, b, y)
        case .scale(let x, let s, let y): scale(x, s, y)
        case .blend(let a, let alpha, let b, let beta, let y): blend(a, alpha, b, beta, y)
        case .addPerChannel(let x, let e, let y): addPerChannel(x, e, y)
        case .addRows(let x, let rows, let y): addRows(x, rows, y)
        case .perSample(let formula, let a, let b, let y): perSample(formula, a, b, y)
        case .sum(let x, let y): y.pointer[0] = sum(x, kernels.reduce.sum!)
        case .sumOfSquares(let x, let y): y.pointer[0] = sum(x, kernels.reduce.sum_of_squares!)
        case .meanSquaredDistances(let x, let y, let means): meanSquaredDistances(x, y, means)
        case .planeSums(let x, let y): planeSums(x, y)
        case .columnSums(let x, let y): columnSums(x, y)
        case .channelSums(let x, let y): channelSums(x, y)
        case .firstNonFinite(let x, let place): firstNonFinite(x, place)
        case .cosines(let a, let b, let pairs, let found): cosines(a, b, pairs, found)
        case .cosineGradients(let a, let b, let pulls, let sum): cosineGradients(a, b, pulls, sum)
        case .fill(let x, let value): fill(x, value)
        case .copy(let x, let y): copy(x, y)
        case .copyBlocks(let x, let blocks, let y): copyBlocks(x, blocks, y)
        case .gatherRows(let x, let rows, let y): gatherRows(x, rows, y)
        case .scatterRows(let x, let rows, let y): scatterRows(x, rows, y)
        case .accumulateRows(let x, let rows, let sum): accumulateRows(x, rows, sum)
        case .transpose(let x, let y): transpose(x, y)
        case .pad(let x, let top, let left, let y): pad(x, top, left, y)
        case .interleave(let x, let row, let column, let stride, let y): interleave(x, row, column, stride, y)
        case .patches(let x, let edge, let y): patches(x, edge, y)
        case .assemblePatches(let patches, let edge, let x): assemblePatches(patches, edge, x)
        case .upsample(let x, let y): upsample(x, y)
        case .upsampleBackward(let dy, let dx): upsampleBackward(dy, dx)
        case .draw(let distribution, let stream, let start, let y): draw(distribution, stream, start, y)
        case .adamW(let constants, let parameter, let first, let second, let gradient):
            adamW(constants, parameter, first, second, gradient)
        case .adafactor(let constants, let parameter, let rows, let columns, let gradient):
            adafactor(constants, parameter, rows, columns, gradient)
        case .adafactorWhole(let constants, let parameter, let squares, let gradient):
            adafactor(constants, parameter, squares, gradient)
        case .gradientDescent(let constants, let parameter, let sum, let gradient):
            gradientDescent(constants, parameter, sum, gradient)
        case .movingAverage(let average, let parameter, let decay): movingAverage(average, parameter, decay)
        }
    }

    /// Elements that a task of an elementwise operation handles at most.
    static let span = 16_384
    /// Elements of a task that only moves or adds up what it reads; whole blocks of a sum.
    static let longSpan = 65_536
    /// Elements up to which an operation is done before a thread is awake.
    static let short = 32_768

    /// Elements of a task of `count`: so many that all tasks take far longer than handing them over, and so few that sixteen
    /// workers end at about the same time.
    static func span(of count: Int) -> Int { min(span, max(4096, (count / 64 + 1023) / 1024 * 1024)) }

    /// Runs `body(range)` over `count` elements in spans of a length that depends on `count` alone.
    func overSpans(_ count: Int, _ body: (Range<Int>) -> Void) {
        overSpans(count, of: ReferenceDevice.span(of: count), body)
    }

    /// Runs `body(range)` over `count` elements in spans of `span`.
    func overSpans(_ count: Int, of span: Int, _ body: (Range<Int>) -> Void) {
        pool.run(tasks: (count + span - 1) / span, isShort: count <= ReferenceDevice.short) { task, _ in
            body(task * span..<min(count, (task + 1) * span))
        }
    }

    /// Runs `body(rows)` over `rows` rows of `width` elements in spans of whole rows, whose number depends on both alone.
    func overRowSpans(_ rows: Int, _ width: Int, _ body: (Range<Int>) -> Void) {
        overRowSpans(rows, width, scratchBytes: 0) { span, _ in body(span) }
    }

    /// The same with scratch memory.
    func overRowSpans(
        _ rows: Int, _ width: Int, scratchBytes: Int, _ body: (Range<Int>, UnsafeMutableRawPointer) -> Void
    ) {
        let perTask = max(1, ReferenceDevice.span(of: rows * width) / max(1, width))
        let isShort = rows * width <= ReferenceDevice.short
        pool.run(tasks: (rows + perTask - 1) / perTask, scratchBytes: scratchBytes, isShort: isShort) { task, scratch in
            body(task * perTask..<min(rows, (task + 1) * perTask), scratch)
        }
    }
}
