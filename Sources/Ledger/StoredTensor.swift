import Digests

/// Where the recorded values of a tensor are: a span of an object in the `ObjectStore`. Many tensors of a step may share
/// one object, so that a step costs one flush to the disk.
public struct StoredTensor: Sendable, Equatable {
    /// The phase of the entry that holds the tensor's digest.
    public let phase: Phase
    /// The name of that entry, which is also the tensor's name in its digest.
    public let name: String
    /// The element type as safetensors spells it.
    public let dtype: String
    /// The dimensions.
    public let shape: [Int]
    /// The object.
    public let object: Digest
    /// The first byte in the object.
    public let offset: Int
    /// The number of bytes.
    public let count: Int

    /// A place of values.
    public init(phase: Phase, name: String, dtype: String, shape: [Int], object: Digest, offset: Int, count: Int) {
        self.phase = phase
        self.name = name
        self.dtype = dtype
        self.shape = shape
        self.object = object
        self.offset = offset
        self.count = count
    }
}
