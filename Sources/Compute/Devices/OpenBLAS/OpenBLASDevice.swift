import CKernels

/// Products by OpenBLAS, attention put together from them, and every other operation by the reference kernels.
package final class OpenBLASDevice: Device {
    let others: ReferenceDevice
    package var hasOwnMemory: Bool { false }

    init(others: ReferenceDevice) { self.others = others }

    package func allocate(byteCount: Int) -> Storage { others.allocate(byteCount: byteCount) }

    package func read(_ storage: Storage, at offset: Int, into target: UnsafeMutableRawBufferPointer) {
        others.read(storage, at: offset, into: target)
    }

    package func write(_ source: UnsafeRawBufferPointer, to storage: Storage, at offset: Int) {
        others.write(source, to: storage, at: offset)
    }

    package func workBytes(of operation: Operation) -> Int {
        switch operation {
        case .product(let product): OpenBLASProduct(product.layout, pool: others.pool).workBytes
        case .attention(let attention, _, _): attention.scoreBytes
        case .attentionBackward(let attention, _): 2 * attention.scoreBytes
        default: others.workBytes(of: operation)
        }
    }

    package func run(_ operation: Operation) {
        switch operation {
        case .product(let product): run(product)
        case .attention(let x, let o, let statistics): attention(x, o, statistics)
        case .attentionBackward(let x, let gradients): attentionBackward(x, gradients)
        default: others.run(operation)
        }
    }

    func run(_ product: Product) { OpenBLASProduct(product.addressed, pool: others.pool).run() }
}
