/// What stands on the stack of a pickle. Containers, objects and tensors are places in the `PickleHeap`, so that no value
/// holds another one: a cycle does not leak, and deep nesting is not released recursively.
enum PickleValue {
    case none
    case bool(Bool)
    case integer(Int)
    /// From 0 on; larger than `Int`.
    case unsigned(UInt64)
    /// Two's complement, lowest byte first; does not fit the two above.
    case long(PickleBytes)
    case float(Double)
    /// A number of numpy: its type, and its bits in the lower bytes.
    case number(NumpyType, UInt64)
    /// UTF-8, checked.
    case text(PickleBytes)
    case bytes(PickleBytes)
    /// Bytes as protocol 2 writes them: a text, each of whose characters is a byte.
    case latin(PickleBytes)
    /// Bytes that can be changed, as bytes or as such a text.
    case byteArray(PickleBytes, isLatin: Bool)
    case tuple(Int)
    case list(Int)
    case set(Int)
    case frozenSet(Int)
    /// Keys and values in turn.
    case dict(Int)
    /// A `torch.Size`: a tuple.
    case size(Int)
    /// A `torch.device`: its arguments.
    case device(Int)
    case global(PickleGlobal)
    /// A class or function that is only named: a place among the heap's names.
    case unknown(Int)
    /// What a class that is not known would make of its arguments.
    case object(Int)
    case numpyType(NumpyType)
    case array(Int)
    case storage(Int)
    case tensor(Int)

    /// What it is, for messages.
    var kind: String {
        switch self {
        case .none: "None"
        case .bool: "a bool"
        case .integer, .unsigned, .long: "an integer"
        case .float: "a float"
        case .number: "a number of numpy"
        case .text: "a text"
        case .bytes, .latin, .byteArray: "bytes"
        case .tuple, .size: "a tuple"
        case .list: "a list"
        case .set, .frozenSet: "a set"
        case .dict: "a dict"
        case .device: "a device"
        case .global(let global): global.name
        case .unknown: "a class"
        case .object: "an object"
        case .numpyType: "a numpy type"
        case .array: "a numpy array"
        case .storage: "a storage"
        case .tensor: "a tensor"
        }
    }
}
