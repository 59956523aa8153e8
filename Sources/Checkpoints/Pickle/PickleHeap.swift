/// All containers, storages and tensors of a pickle, with limits: a pickle of a few bytes can ask for any number.
struct PickleHeap {
    /// A tensor as the pickle describes it, unchecked: a view of a storage.
    struct TensorRecord {
        let storage: Int
        let type: TorchType
        /// All in elements.
        let offset: Int
        let shape: [Int]
        let stride: [Int]
        /// Where the pickle makes it.
        let place: Int
    }

    /// A storage as the pickle describes it, unchecked.
    struct StorageRecord {
        /// `nil`: of bytes.
        let type: TorchType?
        /// Names the entry that holds it.
        let key: PickleBytes
        /// Number of elements.
        let count: Int
    }

    /// Containers, storages and tensors together.
    static let objectLimit = 4_000_000
    /// Values in all containers, and extents and strides of all tensors.
    static let elementLimit = 8_000_000

    private(set) var containers: [[PickleValue]] = []
    private(set) var tensors: [TensorRecord] = []
    private(set) var storages: [StorageRecord] = []
    private var elementCount = 0

    /// Whether there are more of anything than the limits let there be; to be asked after each step, which adds few.
    var isExhausted: Bool {
        containers.count + tensors.count + storages.count > Self.objectLimit || elementCount > Self.elementLimit
    }

    /// Adds a container; returns its place.
    mutating func add(_ values: [PickleValue]) -> Int {
        elementCount += values.count
        containers.append(values)
        return containers.count - 1
    }

    /// Adds values to a container.
    mutating func append(_ values: some Collection<PickleValue>, to container: Int) {
        elementCount += values.count
        containers[container].append(contentsOf: values)
    }

    /// Adds a tensor; returns its place.
    mutating func add(_ tensor: TensorRecord) -> Int {
        elementCount += tensor.shape.count + tensor.stride.count
        tensors.append(tensor)
        return tensors.count - 1
    }

    /// Adds a storage; returns its place.
    mutating func add(_ storage: StorageRecord) -> Int {
        storages.append(storage)
        return storages.count - 1
    }
}
