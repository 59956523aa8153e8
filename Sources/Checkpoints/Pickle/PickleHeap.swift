/// All containers, objects, storages and tensors of a pickle, with limits: a pickle of a few bytes can ask for any number.
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
        /// Whether training changes it.
        var isTrained = false
        /// What was set on it besides: attributes, hooks. Each with the name under which it is listed; `nil`: its own.
        var attributes: [(name: String?, value: PickleValue)] = []
        /// Its class, where it is another one than PyTorch's own.
        var subclass: PickleValue?
    }

    /// A storage as the pickle describes it, unchecked.
    struct StorageRecord {
        /// `nil`: of bytes.
        let type: TorchType?
        /// Names the entry that holds it.
        let key: PickleBytes
        /// Number of elements.
        let count: Int
        /// The part of it that is meant, in elements; `nil`: all.
        var view: Range<Int>?

        /// Bytes of an element.
        var itemSize: Int { type?.byteCount ?? 1 }
    }

    /// An array of numpy, whose bytes are in the pickle.
    struct ArrayRecord {
        var type: NumpyType?
        var shape: [Int] = []
        var isFortran = false
        var data: PickleValue = .none
        /// Its class, where it is another one than numpy's own.
        var subclass: PickleValue?
        /// Where the pickle makes it.
        let place: Int
    }

    /// What a class that is not known would be called with, and what would be done to its result.
    struct ObjectRecord {
        let callee: PickleValue
        let arguments: PickleValue
        var keywords: PickleValue?
        /// Values that are added to it as to a list, and keys and values that are set in it as in a dict.
        var items: [PickleValue] = []
        var members: [PickleValue] = []
        var states: [PickleValue] = []
    }

    /// Containers, objects, storages, tensors and names together.
    static let objectLimit = 4_000_000
    /// Values in all containers, and extents and strides of all tensors.
    static let elementLimit = 8_000_000

    private(set) var containers: [[PickleValue]] = []
    /// What is set on dicts as attributes, by their places.
    private(set) var states: [Int: [PickleValue]] = [:]
    private(set) var objects: [ObjectRecord] = []
    private(set) var names: [(module: PickleBytes, name: PickleBytes)] = []
    private(set) var arrays: [ArrayRecord] = []
    private(set) var tensors: [TensorRecord] = []
    private(set) var storages: [StorageRecord] = []
    private var elementCount = 0

    /// Whether there are more of anything than the limits let there be; to be asked after each step, which adds few.
    var isExhausted: Bool {
        let objects = containers.count + objects.count + names.count + arrays.count + tensors.count + storages.count
        return objects > Self.objectLimit || elementCount > Self.elementLimit
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

    /// Sets attributes on a dict.
    mutating func set(_ state: PickleValue, onDict container: Int) {
        elementCount += 1
        states[container, default: []].append(state)
    }

    /// Adds an object; returns its place.
    mutating func add(_ object: ObjectRecord) -> Int {
        elementCount += 3
        objects.append(object)
        return objects.count - 1
    }

    /// Adds values to an object's items, members or states.
    mutating func append(
        _ values: some Collection<PickleValue>, to part: WritableKeyPath<ObjectRecord, [PickleValue]>, of object: Int
    ) {
        elementCount += values.count
        objects[object][keyPath: part].append(contentsOf: values)
    }

    /// Adds the name of a class or function; returns its place.
    mutating func add(module: PickleBytes, name: PickleBytes) -> Int {
        names.append((module, name))
        return names.count - 1
    }

    /// Adds an array; returns its place.
    mutating func add(_ array: ArrayRecord) -> Int {
        elementCount += array.shape.count
        arrays.append(array)
        return arrays.count - 1
    }

    /// Says what an array holds that was only begun.
    mutating func replace(_ place: Int, by array: ArrayRecord) {
        elementCount += array.shape.count
        arrays[place] = array
    }

    /// Adds a tensor; returns its place.
    mutating func add(_ tensor: TensorRecord) -> Int {
        elementCount += tensor.shape.count + tensor.stride.count + tensor.attributes.count
        tensors.append(tensor)
        return tensors.count - 1
    }

    /// Adds a storage; returns its place.
    mutating func add(_ storage: StorageRecord) -> Int {
        storages.append(storage)
        return storages.count - 1
    }
}
