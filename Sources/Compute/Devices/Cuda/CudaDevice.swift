import CCuda
import Core
import Synchronization

/// A device of NVIDIA's, by kernels that give the contract's bits. What it computes is queued on one stream, in order; it is
/// waited for where the host reads.
///
/// `@unchecked Sendable`: one thread at a time runs operations; any thread may let tensors go or read them.
package final class CudaDevice: Device, CustomStringConvertible, @unchecked Sendable {
    package var hasOwnMemory: Bool { true }
    /// What it is.
    package let hardware: CudaHardware
    /// Who speaks to it.
    package let driver: CudaDriver
    /// How many bytes crossed between the host's memory and the device's, and how often the host waited.
    package struct Traffic: Sendable, Equatable {
        /// Bytes to the device, to the host.
        package var toDevice = 0, toHost = 0
        /// Times that the host waited for the device.
        package var waits = 0
    }
    /// What has crossed since the device was opened.
    package var traffic: Traffic { counted.withLock { $0 } }
    private let counted = Mutex(Traffic())

    /// What a trial asks for in the place of what plans choose.
    var choice = CudaChoice()
    /// The kernels that have been started.
    var kernelsUsed: Set<String> { program.kernelsUsed }

    let memory: CudaMemory
    private let context: cu_context
    let stream: cu_stream
    let lanes = CudaLanes()
    private let program: CudaProgram
    private let fail: @Sendable (CudaError) -> Never
    private var tables: [AnyHashable: CudaScratch] = [:]
    /// Memory beside the operands of the operation that runs: scratch, small data, copies of operands that lie on the host.
    private var kept: [CudaScratch] = []
    /// Results whose place is the host's memory, until the operation has run.
    private var writesBack: [(scratch: CudaScratch, tensor: Tensor)] = []

    /// Opens device `index` of `driver`. Machine code is kept in the folder `cache`, if one is named.
    ///
    /// `fail` is called when the device fails in the middle of its work, which an operation cannot answer for.
    /// - Throws: `CudaError` if there is no such device, or it cannot run the kernels.
    package init(
        _ driver: CudaDriver, index: Int = 0, cache: String? = nil, keepsBlocks: Bool = true,
        fail: @escaping @Sendable (CudaError) -> Never = { fatalError($0.description) }
    ) throws(CudaError) {
        self.driver = driver
        self.fail = fail
        let functions = driver.functions
        hardware = try CudaHardware(driver, index: index)
        guard hardware.isUsable else {
            throw .tooOld(device: hardware.name, capability: hardware.capabilityText)
        }
        let doing = "opening \(hardware.name)"
        var context: cu_context?
        try driver.check(functions.context_retain(&context, hardware.handle), doing)
        try driver.check(functions.context_set_current(context), doing)
        self.context = context!
        var stream: cu_stream?
        try driver.check(functions.stream_create(&stream, UInt32(CU_STREAM_NON_BLOCKING)), doing)
        self.stream = stream!
        program = try CudaProgram(driver, hardware, cache: cache)
        memory = CudaMemory(driver, context!, keepsBlocks: keepsBlocks)
    }

    deinit {
        tables = [:]
        kept = []
        memory.releaseUnused()
        lanes.release(driver.functions)
        _ = driver.functions.stream_destroy(stream)
        _ = driver.functions.context_release(hardware.handle)
    }

    /// Its name and its maker's: "cuda:0 (NVIDIA H200)".
    package var description: String { "\(DeviceName.cuda(hardware.index)) (\(hardware.name))" }

    /// The digest of what the kernels were compiled from.
    package var programDigest: Digest { program.digest }

    /// The digest of the kernels' machine code.
    package var codeDigest: Digest { program.code }

    // MARK: Memory

    /// Bytes in use now, the most at once since `beginPeak`, and bytes held of the driver.
    package var memoryUse: (live: Int, peak: Int, held: Int) { memory.counts }

    /// Forgets the peak so far.
    package func beginPeak() { memory.beginPeak() }

    package func occupied(byteCount: Int) -> Int { CudaMemory.blockSize(byteCount) }
    /// What the driver has, and the blocks that are held for nobody; a thirty-second part of all is left to the driver, which
    /// takes memory of its own for what kernels spill and for the program.
    package var freeMemory: Int? {
        makeCurrent()
        var (free, total) = (0, 0)
        check(driver.functions.memory_info(&free, &total), "asking for the memory that is free")
        let counts = memory.counts
        return max(0, free + counts.held - counts.live - total / 32)
    }

    package func allocate(byteCount: Int) -> Storage {
        let (address, size) = take(byteCount)
        return Storage(on: self, address: UInt(address), byteCount: byteCount) { [memory] in
            memory.giveBack(address, size: size)
        }
    }

    private func take(_ byteCount: Int) -> (cu_address, Int) {
        let (address, size, result) = memory.take(byteCount)
        if result == CU_OUT_OF_MEMORY { failForMemory(size) }
        check(result, "allocating \(size) bytes")
        return (address, size)
    }

    private func failForMemory(_ asked: Int) -> Never {
        var (free, total) = (0, 0)
        _ = driver.functions.memory_info(&free, &total)
        fail(.outOfMemory(device: hardware.name, asked: asked, inUse: memory.counts.live, free: free, total: total))
    }

    /// Memory for the operation that runs; its contents are undefined. It is kept until all of the operation is queued, also
    /// where the source has no more use for it: a block that were let go earlier could be given out again within.
    func scratch(bytes: Int) -> CudaScratch {
        let scratch = block(bytes: bytes)
        kept.append(scratch)
        return scratch
    }

    private func block(bytes: Int) -> CudaScratch {
        let (address, size) = take(bytes)
        return CudaScratch(memory, address, size: size)
    }

    package func read(_ storage: Storage, at offset: Int, into target: UnsafeMutableRawBufferPointer) {
        guard target.count > 0 else { return }
        makeCurrent()
        let from = cu_address(address(of: storage)) + cu_address(offset)
        check(driver.functions.copy_to_host(target.baseAddress, from, target.count, stream), "copying to the host")
        count { $0.toHost += target.count }
        wait()
    }

    package func reader() -> any DeviceReader { CudaReader(self) }

    /// Counts bytes that a reader has copied.
    func noteRead(_ bytes: Int) { count { $0.toHost += bytes } }

    package func write(_ source: UnsafeRawBufferPointer, to storage: Storage, at offset: Int) {
        guard source.count > 0 else { return }
        makeCurrent()
        copy(source, to: address(of: storage) + UInt(offset))
    }

    /// Queues a copy. The source may be let go when this returns: of memory that is not pinned, as none is here, the driver has
    /// taken the bytes by then, unless the device reads that memory by itself.
    private func copy(_ source: UnsafeRawBufferPointer, to address: UInt) {
        let result = driver.functions.copy_to_device(cu_address(address), source.baseAddress, source.count, stream)
        check(result, "copying to the device")
        count { $0.toDevice += source.count }
        if hardware.readsHostMemory { wait() }
    }

    /// Waits until all that is queued has run.
    package func wait() {
        makeCurrent()
        check(driver.functions.stream_synchronize(stream), "computing")
        count { $0.waits += 1 }
    }

    private func count(_ change: (inout Traffic) -> Void) { counted.withLock { change(&$0) } }

    func makeCurrent() { check(driver.functions.context_set_current(context), "choosing the device") }

    func check(_ result: cu_result, _ doing: @autoclosure () -> String) {
        do { try driver.check(result, doing()) } catch { fail(error) }
    }

    // MARK: Operands

    func address(of storage: Storage) -> UInt {
        guard case .device(let device, let address) = storage.residence, device === self else {
            preconditionFailure("a tensor of another device")
        }
        return address
    }

    /// The address of a tensor's first byte. What lies on the host is brought over for the operation that runs.
    func address(_ tensor: Tensor) -> UInt {
        guard case .host = tensor.storage.residence else { return address(of: tensor.storage) + UInt(tensor.offset) }
        let scratch = scratch(bytes: tensor.byteCount)
        copy(tensor.bytes, to: scratch.address)
        return scratch.address
    }

    /// The address of a Float32 tensor that a kernel reads.
    func read(_ tensor: Tensor) -> UnsafePointer<Float> {
        precondition(tensor.dtype == .f32, "expected F32, found \(tensor.dtype.rawValue)")
        return UnsafePointer(bitPattern: address(tensor))!
    }

    /// The address of a Float32 tensor that a kernel writes, or changes. What lies on the host is copied back when the
    /// operation has run.
    func write(_ tensor: Tensor) -> UnsafeMutablePointer<Float> {
        precondition(tensor.dtype == .f32, "expected F32, found \(tensor.dtype.rawValue)")
        return UnsafeMutablePointer(bitPattern: writableAddress(tensor))!
    }

    /// As `write`, of any type.
    func writableAddress(_ tensor: Tensor) -> UInt {
        guard case .host = tensor.storage.residence else { return address(tensor) }
        let scratch = scratch(bytes: tensor.byteCount)
        copy(tensor.bytes, to: scratch.address)
        writesBack.append((scratch, tensor))
        return scratch.address
    }

    /// Plain data for the launches of the operation that runs.
    func upload<Element: BitwiseCopyable>(_ values: [Element]) -> UnsafePointer<Element> {
        let scratch = scratch(bytes: max(1, values.count) * MemoryLayout<Element>.stride)
        values.withUnsafeBytes { copy($0, to: scratch.address) }
        return UnsafePointer(scratch.pointer(of: Element.self))
    }

    /// A table in the device's memory, made when `key` is first asked for and kept.
    func table(_ key: some Hashable & Sendable, _ make: () -> [Int32]) -> UnsafePointer<Int32> {
        if let known = tables[AnyHashable(key)] { return UnsafePointer(known.pointer()) }
        let values = make()
        let scratch = block(bytes: max(1, values.count) * MemoryLayout<Int32>.stride)
        values.withUnsafeBytes { copy($0, to: scratch.address) }
        tables[AnyHashable(key)] = scratch
        return UnsafePointer(scratch.pointer())
    }

    // MARK: Running

    /// Threads of a block of kernels that go over elements.
    static let elementThreads = 256

    /// Queues the kernel `name`, which takes `arguments`.
    func launch<Arguments>(
        _ name: StaticString, _ arguments: Arguments, blocks: (x: Int, y: Int, z: Int), threads: Int,
        sharedBytes: Int = 0
    ) {
        let kernel: cu_function
        do {
            kernel = try program.kernel(name.description, sharedBytes: sharedBytes)
        } catch { fail(error) }
        var arguments = arguments
        func start() -> cu_result {
            withUnsafeMutablePointer(to: &arguments) { arguments in
                var list: UnsafeMutableRawPointer? = UnsafeMutableRawPointer(arguments)
                return driver.functions.launch(
                    kernel, UInt32(blocks.x), UInt32(blocks.y), UInt32(blocks.z), UInt32(threads), 1, 1,
                    UInt32(sharedBytes), stream, &list, nil)
            }
        }
        var result = start()
        // At a kernel's first start the driver takes memory for what its threads spill.
        if result == CU_OUT_OF_MEMORY {
            memory.releaseUnused()
            result = start()
            if result == CU_OUT_OF_MEMORY { failForMemory(0) }
        }
        check(result, "starting the kernel \(name)")
    }

    /// Queues a kernel that goes over `count` elements with EACH.
    func launchEach<Arguments>(_ name: StaticString, _ arguments: Arguments, count: Int) {
        guard count > 0 else { return }
        let most = hardware.multiprocessors * 16
        let blocks = min(most, (count + CudaDevice.elementThreads - 1) / CudaDevice.elementThreads)
        launch(name, arguments, blocks: (blocks, 1, 1), threads: CudaDevice.elementThreads)
    }

    package func run(_ operation: Operation) {
        makeCurrent()
        compute(operation)
        for (scratch, tensor) in writesBack {
            let target = tensor.storage.base + tensor.offset
            check(
                driver.functions.copy_to_host(target, cu_address(scratch.address), tensor.byteCount, stream),
                "copying to the host")
            count { $0.toHost += tensor.byteCount }
        }
        if !writesBack.isEmpty { wait() }
        writesBack.removeAll(keepingCapacity: true)
        kept.removeAll(keepingCapacity: true)
    }

    private func compute(_ operation: Operation) {
        switch operation {
        // Products and sums of products
        case .product(let x): product(x)
        case .attention(let attention, let o, let statistics): self.attention(attention, o, statistics)
        case .attentionBackward(let attention, let gradients): attentionBackward(attention, gradients)
        case .softmaxRows(let x): softmaxRows(x)
        // Normalisation
        case .groupNorm(let norm, let y, let statistics): groupNorm(norm, y, statistics)
        case .groupNormBackward(let norm, let gradients): groupNormBackward(norm, gradients)
        case .layerNorm(let norm, let y, let statistics): layerNorm(norm, y, statistics)
        case .layerNormBackward(let norm, let gradients): layerNormBackward(norm, gradients)
        // Element by element
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
        // Sums
        case .sum(let x, let y): sum(x, y)
        case .sumOfSquares(let x, let y): sumOfSquares(x, y)
        case .meanSquaredDistances(let x, let y, let means): meanSquaredDistances(x, y, means)
        case .planeSums(let x, let y): planeSums(x, y)
        case .columnSums(let x, let y): columnSums(x, y)
        case .channelSums(let x, let y): channelSums(x, y)
        case .firstNonFinite(let x, let place): firstNonFinite(x, place)
        case .cosines(let a, let b, let pairs, let found): cosines(a, b, pairs, found)
        case .cosineGradients(let a, let b, let pulls, let sum): cosineGradients(a, b, pulls, sum)
        // Moves
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
        // Random numbers
        case .draw(let distribution, let stream, let start, let y): draw(distribution, stream, start, y)
        // Updates in place
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

    package func workBytes(of operation: Operation) -> Int {
        switch operation {
        case .product(let x): workBytes(x)
        case .groupNorm(let norm, _, _): groupNormBytes(norm)
        case .groupNormBackward(let norm, _): groupNormBackwardBytes(norm)
        case .layerNormBackward(let norm, _): layerNormBackwardBytes(norm)
        case .sum(let x, _), .sumOfSquares(let x, _): CudaRows(1, width: x.count).partialBytes
        case .meanSquaredDistances(let x, _, let y), .planeSums(let x, let y):
            CudaRows(y.count, width: x.count / y.count).partialBytes
        case .columnSums(let x, let y): columnSumsBytes(x, y)
        case .channelSums(let x, _): channelSumsBytes(x)
        case .adafactor(_, _, let rows, let columns, let gradient): adafactorBytes(rows, columns, gradient)
        case .adafactorWhole(_, _, _, let gradient): adafactorWholeBytes(gradient)
        case .attentionBackward(let attention, _): workBytes(attention)
        default: 0
        }
    }
}
