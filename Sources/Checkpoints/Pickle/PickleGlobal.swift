/// The names of classes and functions that a pickle may mention. None of them is run: each stands for a rule of this
/// program.
enum PickleGlobal: Equatable {
    case orderedDict
    case rebuildTensorV2
    case rebuildTensorV3
    case rebuildParameter
    case rebuildParameterWithState
    case size
    case device
    case untypedStorage
    case storage(TorchType)
    case dtype(TorchType)
    case numpyScalar
    case numpyDtype
    case encode

    /// What "module.name" stands for.
    private static let named: [String: PickleGlobal] = {
        var named: [String: PickleGlobal] = [
            "collections.OrderedDict": .orderedDict,
            "torch._utils._rebuild_tensor_v2": .rebuildTensorV2,
            "torch._utils._rebuild_tensor_v3": .rebuildTensorV3,
            "torch._utils._rebuild_parameter": .rebuildParameter,
            "torch._utils._rebuild_parameter_with_state": .rebuildParameterWithState,
            "torch.Size": .size,
            "torch.device": .device,
            "torch.storage.UntypedStorage": .untypedStorage,
            "torch.UntypedStorage": .untypedStorage,
            "numpy.core.multiarray.scalar": .numpyScalar,
            "numpy._core.multiarray.scalar": .numpyScalar,
            "numpy.dtype": .numpyDtype,
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
    var name: String { Self.named.filter { $0.value == self }.keys.min() ?? "" }
}
