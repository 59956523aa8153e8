/// The names of classes and functions that a pickle may mention and that are understood. None of them is run: each stands
/// for a rule of this program.
enum PickleGlobal: Equatable {
    case orderedDict
    case set
    case frozenSet
    case byteArray
    case bytes
    case reconstructor
    case rebuildTensorV1
    case rebuildTensorV2
    case rebuildTensorV3
    case rebuildParameter
    case rebuildParameterWithState
    case rebuildFromType
    case size
    case device
    case untypedStorage
    case storage(TorchType)
    case dtype(TorchType)
    case numpyScalar
    case numpyDtype
    case numpyArray
    case numpyReconstruct
    case numpyFromBuffer
    case encode

    /// What "module.name" stands for.
    private static let named: [String: PickleGlobal] = {
        var named: [String: PickleGlobal] = [
            "collections.OrderedDict": .orderedDict,
            "builtins.set": .set, "__builtin__.set": .set,
            "builtins.frozenset": .frozenSet, "__builtin__.frozenset": .frozenSet,
            "builtins.bytearray": .byteArray, "__builtin__.bytearray": .byteArray,
            "builtins.bytes": .bytes, "__builtin__.bytes": .bytes,
            "copyreg._reconstructor": .reconstructor, "copy_reg._reconstructor": .reconstructor,
            "torch._utils._rebuild_tensor": .rebuildTensorV1,
            "torch._utils._rebuild_tensor_v2": .rebuildTensorV2,
            "torch._utils._rebuild_tensor_v3": .rebuildTensorV3,
            "torch._utils._rebuild_parameter": .rebuildParameter,
            "torch._utils._rebuild_parameter_with_state": .rebuildParameterWithState,
            "torch._tensor._rebuild_from_type_v2": .rebuildFromType,
            "torch.Size": .size,
            "torch.device": .device,
            "torch.storage.UntypedStorage": .untypedStorage,
            "torch.UntypedStorage": .untypedStorage,
            "numpy.core.multiarray.scalar": .numpyScalar,
            "numpy._core.multiarray.scalar": .numpyScalar,
            "numpy.dtype": .numpyDtype,
            "numpy.ndarray": .numpyArray,
            "numpy.core.multiarray._reconstruct": .numpyReconstruct,
            "numpy._core.multiarray._reconstruct": .numpyReconstruct,
            "numpy.core.numeric._frombuffer": .numpyFromBuffer,
            "numpy._core.numeric._frombuffer": .numpyFromBuffer,
            "_codecs.encode": .encode,
        ]
        for type in TorchType.allCases {
            named["torch." + type.rawValue] = .dtype(type)
            if let storage = type.storageClass { named["torch." + storage] = .storage(type) }
        }
        return named
    }()

    /// The meaning of "module.name"; `nil` for all that is not understood.
    init?(_ name: String) {
        guard let global = Self.named[name] else { return nil }
        self = global
    }

    /// A name of it, for messages.
    var name: String { Self.named.filter { $0.value == self }.keys.max() ?? "" }
}
