import CCuda
import Synchronization

/// The memory of a device: blocks are asked of the driver once and used again, for the driver waits for all work each time.
///
/// A block that is let go may be used again at once, since all work is queued on one stream: what reads the old contents
/// runs before what writes the new ones. Whoever reads on another stream keeps its tensor until it is done.
///
/// `@unchecked Sendable`: what changes is behind the lock; the driver's functions may be called from any thread.
final class CudaMemory: @unchecked Sendable {
    /// Where the blocks are, and what is taken of them.
    struct State {
        /// Blocks that nobody uses, by size; within a size the last one let go is taken first.
        var unused: [Int: [cu_address]] = [:]
        /// Sizes of which there are unused blocks, ascending.
        var sizes: [Int] = []
        /// Bytes in use, the most at once since `beginPeak`, and bytes held of the driver.
        var (live, peak, held) = (0, 0, 0)
    }

    private let driver: CudaDriver
    private let context: cu_context
    private let state = Mutex(State())
    /// Whether blocks are used again. Without that each use is an allocation of its own, whose ends an emulator watches.
    private let keepsBlocks: Bool

    init(_ driver: CudaDriver, _ context: cu_context, keepsBlocks: Bool) {
        self.driver = driver
        self.context = context
        self.keepsBlocks = keepsBlocks
    }

    /// Bytes in use now, the most at once, and bytes held of the driver.
    var counts: (live: Int, peak: Int, held: Int) { state.withLock { ($0.live, $0.peak, $0.held) } }

    /// Forgets the peak so far.
    func beginPeak() { state.withLock { $0.peak = $0.live } }

    /// The size of the block that serves `byteCount`: few sizes, so that blocks fit again; at most an eighth is lost.
    static func blockSize(_ byteCount: Int) -> Int {
        let least = 512
        guard byteCount > least else { return least }
        // The driver hands out large blocks in pages of 2 MiB.
        let page = byteCount > 1 << 20 ? 2 << 20 : least
        let step = max(page, 1 << (Int.bitWidth - byteCount.leadingZeroBitCount - 4))
        return (byteCount + step - 1) / step * step
    }

    /// A block of at least `byteCount` bytes.
    /// - Throws: the driver's result if there is none.
    func take(_ byteCount: Int) -> (address: cu_address, size: Int, result: cu_result) {
        let size = keepsBlocks ? CudaMemory.blockSize(byteCount) : max(byteCount, 4)
        let found: (address: cu_address, size: Int)? = state.withLock { state in
            // A block a quarter larger than needed is not taken: it would be missed where it fits.
            guard let at = state.sizes.first(where: { $0 >= size }), at <= size + size / 4 else { return nil }
            let address = state.unused[at]!.removeLast()
            if state.unused[at]!.isEmpty {
                state.unused[at] = nil
                state.sizes.removeAll { $0 == at }
            }
            state.take(at)
            return (address, at)
        }
        if let found { return (found.address, found.size, 0) }
        var address: cu_address = 0
        _ = driver.functions.context_set_current(context)
        var result = driver.functions.memory_allocate(&address, size)
        if result == CU_OUT_OF_MEMORY {
            releaseUnused()
            result = driver.functions.memory_allocate(&address, size)
        }
        if result == 0 {
            state.withLock {
                $0.held += size
                $0.take(size)
            }
        }
        return (address, size, result)
    }

    /// Lets a block of `size` bytes go.
    func giveBack(_ address: cu_address, size: Int) {
        state.withLock { $0.live -= size }
        guard keepsBlocks else {
            _ = driver.functions.context_set_current(context)
            _ = driver.functions.memory_free(address)
            return state.withLock { $0.held -= size }
        }
        state.withLock { state in
            if state.unused[size, default: []].isEmpty {
                let place = state.sizes.firstIndex { $0 > size } ?? state.sizes.endIndex
                state.sizes.insert(size, at: place)
            }
            state.unused[size, default: []].append(address)
        }
    }

    /// Gives the driver all blocks that nobody uses; it waits until the work that is queued has run.
    func releaseUnused() {
        let blocks = state.withLock { state in
            let blocks = state.unused.flatMap { size, blocks in blocks.map { (size, $0) } }
            state.unused = [:]
            state.sizes = []
            state.held -= blocks.reduce(0) { $0 + $1.0 }
            return blocks
        }
        _ = driver.functions.context_set_current(context)
        for (_, address) in blocks { _ = driver.functions.memory_free(address) }
    }
}

extension CudaMemory.State {
    fileprivate mutating func take(_ size: Int) {
        live += size
        peak = max(peak, live)
    }
}

/// Memory that an operation takes beside its operands. It is let go with the object: what is queued by then runs before
/// anything that uses the block next.
final class CudaScratch {
    /// Where it begins.
    let address: UInt
    private let memory: CudaMemory
    private let size: Int

    init(_ memory: CudaMemory, _ address: cu_address, size: Int) {
        self.memory = memory
        self.address = UInt(address)
        self.size = size
    }

    /// The memory as elements of a type, for a kernel's arguments.
    func pointer<Element>(of type: Element.Type = Element.self) -> UnsafeMutablePointer<Element> {
        UnsafeMutablePointer(bitPattern: address)!
    }

    deinit { memory.giveBack(cu_address(address), size: size) }
}
