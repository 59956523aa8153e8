import Testing

@testable import Checkpoints

/// Pickles that a checkpoint must not have, or that ask for more than there is.
struct PickleErrorTests {
    typealias P = PickleSyntax

    static let floats: [UInt8] = (0..<24).map { UInt8($0) }

    func open(_ pickle: [UInt8]) throws -> Checkpoint {
        try Checkpoint(
            torch: OpenFile(path: "x.pt", bytes: StoredZip.torch(pickle, storages: [Self.floats]).built()))
    }

    func fault(_ pickle: [UInt8]) -> CheckpointError? { checkpointError { _ = try open(pickle) } }

    func fault(value: [UInt8]) -> CheckpointError? { fault(P.pickle(P.dict(("a", value)))) }

    /// The pickle begins after the local header and the name.
    static let base = 30 + 16

    @Test func codeIsNamedAndNotRun() {
        let error = fault(P.pickle(P.call(P.global("os", "system"), P.text("touch /tmp/x"))))
        #expect(
            error?.description
                == "x.pt: at byte 48: names code: os.system (nothing of it was run; save a dict of tensors and plain "
                + "values, or convert to safetensors)")
        #expect(error?.kind == .code)
        let stacked = fault([0x80, 4, 0x8C, 2] + Array("os".utf8) + [0x8C, 6] + Array("system".utf8) + [0x93, 0x2E])
        #expect(stacked?.problem == "names code: os.system" && stacked?.offset == Self.base + 14)
        #expect(fault(P.pickle([0x28, 0x69] + Array("os\nsystem\n".utf8)))?.problem == "names code: os.system")
        // What runs programs is refused wherever it is named.
        for (module, name) in [
            ("builtins", "eval"), ("__builtin__", "execfile"), ("posix", "system"), ("subprocess", "Popen"),
            ("os.path", "join"), ("ctypes", "CDLL"), ("pickle", "loads"), ("importlib", "import_module"), ("", ""),
            ("a", ""), ("", "a"), ("builtins", "eval.x"),
        ] {
            let error = fault(P.pickle(P.global(module, name)))
            #expect(error?.kind == .code && error?.problem == "names code: \(module).\(name)")
        }
        let control = fault(P.pickle(P.global("a\u{1B}[2J", String(repeating: "x", count: 500))))
        #expect(control?.problem == "names code: a\\x1b[2J." + String(repeating: "x", count: 114) + "…")
    }

    /// A function might return tensors; a class makes an instance, which can be listed.
    @Test func functionsAreNotCalled() throws {
        for (module, name) in [
            ("torch", "load"), ("torch.storage", "_load_from_bytes"), ("torch._utils", "_rebuild_qtensor"),
            ("torch._utils", "_rebuild_sparse_tensor"), ("collections", "OrderedDict.fromkeys"), ("a.b", "c"),
            ("builtins", "map"), ("numpy", "frombuffer"), ("A.B", "_c"),
        ] {
            #expect(
                try open(P.pickle(P.dict(("a", P.global(module, name))))).metadata.first?.value == "\(module).\(name)")
            let error = fault(value: P.call(P.global(module, name), P.text("x")))
            #expect(error?.kind == .code && error?.problem == "names code: \(module).\(name)")
        }
        // What a call gave is not called again.
        let getattr = P.call(P.global("builtins", "getattr"), P.global("a", "B"), P.text("load"))
        #expect(fault(value: P.call(getattr, P.text("x")))?.problem == "the pickle runs what is no name")
        #expect(fault(value: P.call(P.global("a", "b.C")) + P.tuple() + [0x81])?.kind == .code)
    }

    @Test func whatIsUnderstoodIsNotRunEither() {
        #expect(fault(value: P.call(P.global("torch", "float32")))?.problem.contains("is not called") == true)
        #expect(fault(value: P.call(P.integer(1)))?.problem == "the pickle runs what is no name")
        #expect(fault(value: P.call(P.orderedDict))?.kind == .code)
        #expect(fault(value: P.call(P.global("collections", "OrderedDict"), P.list(P.none)))?.expected == "a list")
        #expect(fault(value: P.integer(1) + [0x7D, 0x62])?.problem == "attributes are set on an integer")
        #expect(
            fault(value: P.call(P.global("_codecs", "encode"), P.text("a"), P.text("zlib")))?.problem
                == "_codecs.encode is understood for a text in latin1 only")
        let type = P.call(P.global("numpy", "dtype"), P.text("O8"), P.no, P.no)
        #expect(
            fault(value: type)?.problem
                == "an unsupported numpy type: objects, texts, times and structures are not read")
        let swapped =
            P.call(P.global("numpy", "dtype"), P.text("f8"), P.no, P.no) + P.tuple(P.integer(3), P.text(">")) + [0x62]
        #expect(fault(value: swapped)?.problem == "a numpy type that is not little-endian")
    }

    @Test func opcodesThatTorchDoesNotWrite() {
        for (bytes, name) in [
            ([0x49, 0x31, 0x0A], "int"), ([0x82, 1], "ext1"), ([0x6F], "obj"), ([0x97], "nextBuffer"),
            ([0x50, 0x61, 0x0A], "persID"), ([0x64], "dict"), ([0x67, 0x0A], "get"),
        ] as [([UInt8], String)] {
            let error = fault(P.pickle(bytes))
            #expect(error?.problem == "pickle opcode that torch.save does not write" && error?.found == name)
        }
        #expect(fault(P.pickle([0xFF]))?.problem == "there is no such pickle opcode")
        #expect(fault(P.pickle(P.none, protocol: 1))?.expected == "2…5")
        #expect(fault(P.pickle(P.none, protocol: 6))?.found == "6")
        #expect(fault([0x4E, 0x2E])?.problem == "the pickle does not begin with its protocol")
        #expect(fault(P.pickle([0x80, 2, 0x4E]))?.problem == "pickle opcode that torch.save does not write")
    }

    @Test func theStack() {
        for bytes in [
            [], [0x30], [0x32], [0x74], [0x65], [0x61], [0x85], [0x28, 0x85, 0x74], [0x71, 0], [0x94], [0x28, 0x94],
            [0x51], [0x52], [0x62], [0x4E, 0x28, 0x52], [0x93], [0x73], [0x4E, 0x4E], [0x28, 0x4E], [0x31],
            [0x4E, 0x28, 0x4E, 0x61], [0x90], [0x91], [0x92], [0x28, 0x90], [0x4E, 0x28, 0x90], [0x29, 0x29, 0x92],
        ] as [[UInt8]] {
            let error = fault(P.pickle(bytes))
            #expect(error?.kind == .container && error?.offset != nil, "\(bytes)")
        }
        #expect(fault(P.pickle([0x68, 7]))?.problem == "the pickle remembers no value 7")
        #expect(fault(P.pickle([0x7D, 0x28, 0x4E, 0x75]))?.problem == "a key of a dict has no value")
        #expect(fault(P.pickle([0x4E, 0x4E, 0x61]))?.problem == "values are added to what is no list")
        let trailing = fault(P.pickle(P.none) + [0x4E])
        #expect(trailing?.kind == .trailingBytes && trailing?.found == "1")
    }

    @Test func lengthsBeyondThePickle() {
        for bytes in [
            [0x8D] + le64(1 << 62), [0x8D] + le64(.min), [0x8D] + le64(-1), [0x58] + le32(-1), [0x42] + le32(-1),
            [0x8E] + le64(.max), [0x96] + le64(-2), [0x95] + le64(.max), [0x8A, 255], [0x8C, 9], [0x43, 200],
            [0x47, 0], [0x4A], [0x63, 0x61], [0x63, 0x61, 0x0A, 0x62],
        ] as [[UInt8]] {
            #expect(fault(P.pickle(bytes))?.kind == .truncated, "\(bytes)")
        }
        let sound = P.pickle(P.dict(("w", P.tensor(P.storage("0", 6), [2, 3], [3, 1]))))
        #expect(fault(sound) == nil)
        for count in sound.indices { #expect(fault(Array(sound.prefix(count))) != nil, "\(count) bytes") }
        let long = [0x8B] + le32(1025) + [UInt8](repeating: 1, count: 1025)
        #expect(fault(value: long)?.problem == "an integer is too long")
        #expect(fault(value: [0x8C, 1, 0xFF])?.problem == "a text that is not UTF-8")
    }

    /// A list of ten times the list before, nine times over: a billion of values from a few bytes.
    @Test func billionLaughs() {
        var value: [UInt8] = [0x5D, 0x94, 0x30]
        for level in 0..<9 {
            value += [0x5D, 0x94, 0x28] + (0..<10).flatMap { _ in [0x68, UInt8(level)] } + [0x65, 0x30]
        }
        let error = fault([0x80, 4] + value + [0x68, 9, 0x2E])
        #expect(error?.problem == "the pickle describes too many values" && error?.expected == "at most 1000000")
        #expect(error?.kind == .container && error?.offset == Self.base)
    }

    @Test func deepNesting() {
        let depth = 500_000
        for (open, close) in [([0x5D], [0x61]), ([], [0x85])] as [([UInt8], [UInt8])] {
            let opening = (0..<depth).flatMap { _ in open }
            let error = fault(P.pickle(opening + P.none + (0..<depth).flatMap { _ in close }))
            #expect(error?.problem == "values nested too deep")
        }
        let stack = fault(P.pickle([UInt8](repeating: 0x28, count: 1_000_002)))
        #expect(stack?.problem == "the pickle's stack is too deep")
        let names = (0..<60).reduce(P.integer(1)) { value, _ in P.dict((String(repeating: "k", count: 100), value)) }
        #expect(fault(P.pickle(names))?.problem == "a name is too long")
    }

    /// Each list of a dict holds the one before it: none is deep where the others were seen.
    @Test func depthByAndBy() {
        var value: [UInt8] = [0x7D, 0x5D, 0x94, 0x30]
        for level in 0..<3000 {
            let last: [UInt8] = [0x6A] + le32(level)
            value += P.integer(level) + [0x5D, 0x94] + last + [0x61, 0x73]
        }
        #expect(fault([0x80, 4] + value + [0x2E])?.problem == "values nested too deep")
    }

    @Test func valuesWithinThemselves() throws {
        func texts(_ pickle: [UInt8]) throws -> [String] {
            try open(pickle).metadata.map { "\($0.key) = \($0.value)" }
        }
        // a = []; a.append(a), and a dict that is its own item, and twice: 2^64 ways through it.
        let itself = "the value of the whole that it is in"
        #expect(try texts([0x80, 4, 0x5D, 0x94, 0x68, 0, 0x61, 0x2E]) == ["0 = \(itself)", "value = a list of 1"])
        #expect(try texts([0x80, 4, 0x7D, 0x94] + P.text("k") + [0x68, 0, 0x73, 0x2E]) == ["k = \(itself)"])
        #expect(
            try texts([0x80, 4, 0x5D, 0x94, 0x28, 0x68, 0, 0x68, 0, 0x65, 0x2E]) == [
                "0 = \(itself)", "1 = \(itself)", "value = a list of 2",
            ])
    }

    /// One value, made a million times by two opcodes each.
    @Test func repetition() {
        let call = P.global("collections", "OrderedDict") + [0x71, 0, 0x30, 0x29, 0x71, 1, 0x30]
        let many = (0..<4_000_001).flatMap { _ in [0x68, 0, 0x68, 1, 0x52, 0x30] as [UInt8] }
        #expect(fault(P.pickle(call + many + P.none))?.problem == "the pickle makes too many values")
        let long = P.text(String(repeating: "x", count: 200_000)) + [0x71, 0, 0x30]
        let texts = long + [0x5D, 0x28] + (0..<2000).flatMap { _ in [0x68, 0] as [UInt8] } + [0x65]
        #expect(fault(P.pickle(texts))?.problem == "names and texts are too long")
        let bytes = [0x42] + le32(200_000) + [UInt8](repeating: 7, count: 200_000) + [0x71, 0, 0x30]
        let digests = bytes + [0x5D, 0x28] + (0..<2000).flatMap { _ in [0x68, 0] as [UInt8] } + [0x65]
        #expect(fault(P.pickle(digests))?.problem == "names and texts are too long")
    }

    @Test func tensors() {
        func fault(_ offset: Int, _ shape: [Int], _ stride: [Int], _ storage: [UInt8]? = nil) -> CheckpointError? {
            self.fault(value: P.tensor(storage ?? P.storage("0", 6), offset: offset, shape, stride))
        }
        #expect(fault(0, [2, 3], [3, 1]) == nil && fault(5, [], []) == nil && fault(0, [0, 9], [1, 1]) == nil)
        #expect(
            fault(1, [2, 3], [3, 1])?.description
                == "x.pt: tensor \"a\": at byte 185: the tensor reaches beyond its storage, expected at most 6 elements,"
                + " found shape [2, 3], strides [3, 1] from element 1 on")
        let top = Int.max
        for (offset, shape, stride) in [
            (6, [1], [1]), (top, [1], [1]), (0, [2], [top]), (0, [3, 3], [top, top]), (0, [7], [1]),
            (0, [3, 2], [3, 1]),
            (0, [top], [0]), (0, [top, top], [0, 0]), (0, [1 << 32, 1 << 31], [1, 1]),
            (0, [1 << 62, 4, 0], [1, 1, 1]),
            (top, [top], [top]), (0, [2], [6]),
        ] {
            #expect(fault(offset, shape, stride)?.kind == .offsets, "\(offset) \(shape) \(stride)")
        }
        #expect(fault(0, [2], [-1])?.found == "-1")
        #expect(fault(-1, [2], [1])?.kind == .offsets)
        #expect(fault(0, [-2], [1])?.problem == "the tensor's shape must be integers from 0 on")
        #expect(fault(0, [2], [1, 1])?.problem == "the tensor has 1 axes and 2 strides")
        let axes = [Int](repeating: 1, count: 65)
        #expect(fault(0, axes, axes)?.problem == "wrong shape of a tensor")
        let repeated = fault(0, [1 << 20], [0])
        #expect(repeated?.problem == "the view repeats its storage too often" && repeated?.found == "4194304")
    }

    @Test func storages() {
        func fault(_ storage: [UInt8]) -> CheckpointError? { self.fault(value: P.tensor(storage, [1], [1])) }
        #expect(fault(P.storage("1", 6))?.expected == "entry \"archive/data/1\"")
        #expect(fault(P.storage("../data.pkl", 6))?.problem == "its storage is not in the archive")
        for count in [5, 7, 0, Int.max, 1 << 62] {
            let error = fault(P.storage("0", count))
            #expect(error?.kind == .offsets && error?.found == "24", "\(count)")
        }
        #expect(fault(P.storage("0", -1))?.problem == "wrong name of a storage")
        #expect(fault(P.storage("0", 24, type: P.global("torch.storage", "UntypedStorage")))?.kind == .dtype)
        #expect(fault(P.storage("0", 6, type: P.global("torch", "float32")))?.problem == "wrong class of a storage")
        #expect(fault(P.text("0") + [0x51])?.problem == "wrong name of a storage")
        #expect(fault(P.none)?.problem == "the tensor has no storage")
        #expect(self.fault(value: P.storage("0", 5))?.problem == "its storage has another size than the pickle says")
    }

    @Test func names() throws {
        let one = P.integer(1)
        #expect(fault(P.pickle(P.dict(("a", one), ("a", one))))?.kind == .duplicateName)
        let tensor = P.tensor(P.storage("0", 6), [6], [1])
        let twice = fault(P.pickle(P.dict(("a.b", tensor), ("a", P.dict(("b", tensor))))))
        #expect(twice?.kind == .duplicateName && twice?.tensor == "a.b")
        #expect(fault(P.pickle([0x7D] + P.tuple(tensor) + one + [0x73]))?.found == "a tuple")
        #expect(try open(P.pickle(P.tensor(P.storage("0", 6), [6], [1]))).tensors.first?.name == "tensor")
        #expect(try open(P.pickle(one)).metadata.first?.key == "value")
    }

    @Test func largeIntegers() {
        #expect(PickleText.decimal([]) == "0" && PickleText.decimal([0, 0]) == "0")
        #expect(PickleText.decimal([0xFF]) == "-1" && PickleText.decimal([0x7F]) == "127")
        #expect(PickleText.decimal([UInt8](repeating: 0, count: 8) + [1]) == "18446744073709551616")
        #expect(PickleText.decimal([UInt8](repeating: 0, count: 7) + [0x80]) == "-9223372036854775808")
    }
}
