import Core

/// The place of a tensor's recorded values: a span of an object in the `ObjectStore`. Many tensors of a step may share
/// one object, so that a step costs one flush to the disk.
package struct StoredTensor: Sendable, Equatable {
    /// The ledger's table of them. It is named after the first that were kept; gradients stand in it too.
    static let table = "latents"

    /// The phase of the entry that holds the tensor's digest.
    package let phase: Phase
    /// The name of that entry, which is also the tensor's name in its digest.
    package let name: String
    /// The element type as safetensors spells it.
    package let dtype: String
    /// The dimensions.
    package let shape: [Int]
    /// The object.
    package let object: Digest
    /// The first byte in the object.
    package let offset: Int
    /// The number of bytes.
    package let count: Int

    /// A place of values.
    package init(phase: Phase, name: String, dtype: String, shape: [Int], object: Digest, offset: Int, count: Int) {
        self.phase = phase
        self.name = name
        self.dtype = dtype
        self.shape = shape
        self.object = object
        self.offset = offset
        self.count = count
    }
}
