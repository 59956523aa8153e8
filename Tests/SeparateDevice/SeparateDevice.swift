import Compute
import Synchronization

/// A device for tests with a memory of its own: its tensors lie in hidden memory of the host, and operations run on the
/// reference device over views of it. It refuses operands that lie on the host, as no real device does, so that every value
/// that crosses is brought over by somebody on purpose; and it counts what crosses.
///
/// `@unchecked Sendable`: what changes is behind a lock.
package final class SeparateDevice: Device, @unchecked Sendable {
    /// What has crossed between the host's memory and the device's.
    package struct Traffic: Sendable, Equatable {
        /// Bytes to the device, and copies.
        package var toDevice = 0, writes = 0
        /// Bytes to the host, and copies.
        package var toHost = 0, reads = 0
        /// Operations.
        package var operations = 0
        /// The largest copies either way.
        package var largestWrite = 0, largestRead = 0
    }

    private let inner: any Device
    private let state = Mutex(Traffic())

    /// A device that computes as `inner` does, a device of the host.
    package init(_ inner: any Device, freeMemory: Int? = nil) { (self.inner, self.freeMemory) = (inner, freeMemory) }

    package var hasOwnMemory: Bool { true }
    /// As much as is said to be there; nothing is refused.
    package let freeMemory: Int?

    /// What has crossed since the last call.
    package func takeTraffic() -> Traffic {
        state.withLock { traffic in
            defer { traffic = Traffic() }
            return traffic
        }
    }

    /// Memory that is full of NaN, so that what is read before it is written shows.
    package func allocate(byteCount: Int) -> Storage {
        let hidden = Storage(byteCount: byteCount)
        hidden.base.initializeMemory(as: UInt8.self, repeating: 0xFF, count: byteCount)
        return Storage(on: self, address: UInt(bitPattern: hidden.base), byteCount: byteCount) {
            hidden.base.initializeMemory(as: UInt8.self, repeating: 0xFF, count: byteCount)
        }
    }

    private func address(_ storage: Storage) -> UnsafeMutableRawPointer {
        guard case .device(let device, let address) = storage.residence, device === self,
            let pointer = UnsafeMutableRawPointer(bitPattern: address)
        else { fatalError("an operand lies on the host, or on another device") }
        return pointer
    }

    package func run(_ operation: Operation) {
        let views = operation.mapping { tensor in
            let storage = Storage(base: address(tensor.storage), byteCount: tensor.storage.byteCount) { _ in }
            return Tensor(shape: tensor.shape, dtype: tensor.dtype, storage: storage, offset: tensor.offset)
        }
        inner.run(views)
        state.withLock { $0.operations += 1 }
        withExtendedLifetime(operation) {}
    }

    package func workBytes(of operation: Operation) -> Int { inner.workBytes(of: operation) }

    package func read(_ storage: Storage, at offset: Int, into target: UnsafeMutableRawBufferPointer) {
        precondition(offset >= 0 && offset + target.count <= storage.byteCount)
        target.copyMemory(from: UnsafeRawBufferPointer(start: address(storage) + offset, count: target.count))
        state.withLock {
            $0.toHost += target.count
            $0.reads += 1
            $0.largestRead = max($0.largestRead, target.count)
        }
    }

    package func write(_ source: UnsafeRawBufferPointer, to storage: Storage, at offset: Int) {
        precondition(offset >= 0 && offset + source.count <= storage.byteCount)
        UnsafeMutableRawBufferPointer(start: address(storage) + offset, count: source.count).copyMemory(from: source)
        state.withLock {
            $0.toDevice += source.count
            $0.writes += 1
            $0.largestWrite = max($0.largestWrite, source.count)
        }
    }
}

extension Engine {
    /// An engine on a device with a memory of its own, and the device.
    package static func separate(workers: Int = 1) -> (engine: Engine, device: SeparateDevice) {
        let device = SeparateDevice(Engine(workers: workers).device)
        return (Engine(device: device, workers: workers), device)
    }
}
