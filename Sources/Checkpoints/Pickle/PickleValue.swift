/// What stands on the stack of a pickle. Containers and tensors are places in the `PickleHeap`, so that no value holds
/// another one: a cycle does not leak, and deep nesting is not released recursively.
enum PickleValue {
    case none
    case bool(Bool)
    case integer(Int)
    /// From 0 on; larger than `Int`.
    case unsigned(UInt64)
    /// Two's complement, lowest byte first; does not fit the two above.
    case long(PickleBytes)
    case float(Double)
    /// A number of numpy, which has fewer digits.
    case single(Float)
    /// UTF-8, checked.
    case text(PickleBytes)
    case bytes(PickleBytes)
    /// Bytes as protocol 2 writes them: a text, each of whose characters is a byte.
    case latin(PickleBytes)
    case tuple(Int)
    case list(Int)
    /// Keys and values in turn.
    case dict(Int)
    /// A `torch.device`: its arguments.
    case device(Int)
    case global(PickleGlobal)
    case numpyType(NumpyType)
    case storage(Int)
    case tensor(Int)

    /// What it is, for messages.
    var kind: String {
        switch self {
        case .none: "None"
        case .bool: "a bool"
        case .integer, .unsigned, .long: "an integer"
        case .float, .single: "a float"
        case .text: "a text"
        case .bytes, .latin: "bytes"
        case .tuple: "a tuple"
        case .list: "a list"
        case .dict: "a dict"
        case .device: "a device"
        case .global(let global): global.name
        case .numpyType: "a numpy type"
        case .storage: "a storage"
        case .tensor: "a tensor"
        }
    }
}
