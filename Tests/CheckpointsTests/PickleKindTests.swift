import Core
import Testing

@testable import Checkpoints

/// Two different values of a pickle are two different texts, and what is hidden in an object is found.
struct PickleKindTests {
    typealias P = PickleSyntax

    func texts(_ value: [UInt8]) throws -> [String] { try opened(value).metadata.map { "\($0.key) = \($0.value)" } }

    func opened(_ value: [UInt8]) throws -> Checkpoint {
        let pickle = P.pickle(P.dict(("a", value)), protocol: 4)
        return try Checkpoint(
            torch: OpenFile(path: "x.pt", bytes: StoredZip.torch(pickle, storages: [PickleErrorTests.floats]).built()))
    }

    static let float: [UInt8] = [0x47, 0x3F, 0xF0, 0, 0, 0, 0, 0, 0]
    static let empty = P.call(P.global("builtins", "frozenset"))
    static func new(_ module: String, _ name: String, _ arguments: [UInt8]...) -> [UInt8] {
        P.global(module, name) + [0x28] + arguments.flatMap { $0 } + [0x74, 0x81]
    }
    static func number(_ type: String, _ bytes: [UInt8]) -> [UInt8] {
        P.call(
            P.global("numpy.core.multiarray", "scalar"), P.call(P.global("numpy", "dtype"), P.text(type), P.no, [0x88]),
            [0x43, UInt8(bytes.count)] + bytes)
    }
    static func array(
        _ type: String, _ shape: [Int], _ bytes: [UInt8], isFortran: Bool = false,
        class name: [UInt8] = P.global("numpy", "ndarray")
    ) -> [UInt8] {
        P.call(P.global("numpy._core.multiarray", "_reconstruct"), name, P.integers([0]), [0x43, 1, 0x62])
            + P.tuple(
                P.integer(1), P.integers(shape), P.call(P.global("numpy", "dtype"), P.text(type), P.no, [0x88]),
                [isFortran ? 0x88 : 0x89], [0x43, UInt8(bytes.count)] + bytes) + [0x62]
    }

    /// All of these are different; most were called identical, or refused.
    static let values: [(name: String, value: [UInt8])] = [
        ("None", P.none), ("text None", P.text("None")), ("True", [0x88]), ("False", P.no), ("1", P.integer(1)),
        ("0", P.integer(0)), ("1.0", float), ("text 1", P.text("1")), ("text True", P.text("True")),
        ("text 1.0", P.text("1.0")), ("no text", P.text("")), ("bytes", [0x43, 1, 0x31]), ("no bytes", [0x43, 0]),
        ("bytearray", P.call(P.global("builtins", "bytearray"), [0x43, 1, 0x31])),
        ("[]", P.list()), ("()", P.tuple()), ("{}", [0x7D]), ("set()", [0x8F]), ("frozenset()", empty),
        ("[1]", P.list(P.integer(1))), ("(1,)", P.tuple(P.integer(1))), ("{1}", [0x8F, 0x28] + P.integer(1) + [0x90]),
        ("[[1]]", P.list(P.list(P.integer(1)))), ("[1, 1]", P.list(P.integer(1), P.integer(1))),
        ("['1']", P.list(P.text("1"))), ("text [1]", P.text("[1]")), ("['1, 1']", P.list(P.text("1, 1"))),
        ("['1', '1']", P.list(P.text("1"), P.text("1"))),
        ("torch.Size", P.call(P.global("torch", "Size"), P.tuple(P.integer(1)))),
        ("device", P.call(P.global("torch", "device"), P.text("cpu"))), ("text cpu", P.text("cpu")),
        ("dtype", P.global("torch", "float32")), ("text dtype", P.text("torch.float32")),
        ("class", P.global("net", "Net")), ("text class", P.text("net.Net")), ("instance", new("net", "Net")),
        ("with 1", new("net", "Net", P.integer(1))), ("with '1'", new("net", "Net", P.text("1"))),
        ("other class", new("net", "Other")), ("Namespace", new("argparse", "Namespace")),
        ("with state", new("net", "Net") + P.dict(("b", P.integer(1))) + [0x62]),
        ("float32", number("f4", [0, 0, 0x80, 0x3F])), ("int64", number("i8", [1, 0, 0, 0, 0, 0, 0, 0])),
        ("numpy bool", number("b1", [1])), ("uint8", number("u1", [1])), ("int8", number("i1", [1])),
        ("key 1", [0x7D] + P.integer(1) + P.integer(1) + [0x73]), ("key '1'", P.dict(("1", P.integer(1)))),
        ("key True", [0x7D, 0x88] + P.integer(1) + [0x73]), ("key 1.0", [0x7D] + float + P.integer(1) + [0x73]),
        ("key None", [0x7D] + P.none + P.integer(1) + [0x73]), ("key 'None'", P.dict(("None", P.integer(1)))),
        ("key (1,)", [0x7D] + P.tuple(P.integer(1)) + P.integer(1) + [0x73]),
        ("key class", [0x7D] + P.global("net", "Net") + P.integer(1) + [0x73]),
        ("2^64", [0x8B] + le32(9) + le64(0) + [1]), ("text 2^64", P.text("18446744073709551616")),
        ("defaultdict", P.call(P.global("collections", "defaultdict"), P.global("builtins", "list"))),
        ("Counter", P.call(P.global("collections", "Counter"), [0x7D])),
        ("two", P.list([0x7D], [0x7D])), ("a tensor in a list", P.list(tensor)), ("in a tuple", P.tuple(tensor)),
        ("a tensor", tensor), ("trained", trained), ("int and float", P.list(P.integer(1), float)),
        ("nan", [0x47, 0x7F, 0xF8, 0, 0, 0, 0, 0, 0]), ("text nan", P.text("nan")),
        ("-0.0", [0x47, 0x80, 0, 0, 0, 0, 0, 0, 0]),
        ("0.0", [0x47, 0, 0, 0, 0, 0, 0, 0, 0]),
    ]

    static let tensor = P.tensor(P.storage("0", 6), [6], [1])
    static let trained = P.call(P.global("torch._utils", "_rebuild_parameter"), tensor, [0x88], P.orderedDict)

    @Test func everyKindHasItsOwnText() throws {
        var seen: [String: String] = [:]
        for (name, value) in Self.values {
            let all = try texts(value).joined(separator: "\n")
            #expect(seen.updateValue(name, forKey: all) == nil, "\(name) and \(seen[all] ?? ""): \(all)")
            #expect(name == "a tensor" || !all.isEmpty, "\(name)")
        }
    }

    @Test func keysOfOneNameAreNotLostInEachOther() {
        let both: [UInt8] = [0x7D, 0x28] + P.text("1") + P.integer(2) + P.integer(1) + P.integer(1) + [0x75]
        #expect(checkpointError { _ = try texts(both) }?.kind == .duplicateName)
    }

    @Test func objectsShowWhatTheyAreMadeOf() throws {
        #expect(
            try texts(Self.new("argparse", "Namespace") + P.dict(("lr", Self.float), ("n", P.integer(1))) + [0x62]) == [
                "a = argparse.Namespace()", "a.lr = 1.0", "a.n = 1",
            ])
        #expect(try texts(P.call(P.global("net", "Kind"), P.text("x"))) == [#"a = net.Kind("x")"#])
        #expect(
            try texts(Self.new("net", "Dict") + [0x28] + P.text("k") + P.integer(1) + [0x75]) == [
                "a = net.Dict()", "a.k = 1",
            ])
        #expect(
            try texts(
                P.call(P.global("collections", "deque"), P.list()) + [0x28] + P.integer(1) + P.integer(2) + [0x65])
                == ["a = collections.deque([])[1, 2]"])
        let keywords = P.global("net", "Net") + P.tuple() + P.dict(("k", P.integer(1))) + [0x92]
        #expect(try texts(keywords) == ["a = net.Net(…)", "a.args = ()", "a.kwargs.k = 1"])
        #expect(
            try texts(
                P.call(
                    P.global("copyreg", "_reconstructor"), P.global("net", "Net"), P.global("builtins", "object"),
                    P.none)) == ["a = net.Net()"])
        // Protocol 2 has names of Python 2.
        for (old, new) in [("long", "int"), ("unicode", "str"), ("xrange", "range"), ("slice", "slice")] {
            #expect(try texts(P.global("__builtin__", old)) == texts(P.global("builtins", new)))
        }
        // What a set holds comes in any order.
        let sets = [[1, 2], [2, 1]].map { [0x8F, 0x28] + P.integer($0[0]) + P.integer($0[1]) + [0x90] }
        #expect(try texts(sets[0]) == texts(sets[1]))
    }

    /// Wherever a tensor is, it is found, named by the way to it.
    @Test func tensorsInObjectsAreFound() throws {
        let places: [(value: [UInt8], name: String)] = [
            (Self.new("net", "Net", Self.tensor), "a.args.0"),
            (Self.new("net", "Net") + P.dict(("w", Self.tensor)) + [0x62], "a.w"),
            (Self.new("net", "Net") + P.tuple(P.none, P.dict(("w", Self.tensor))) + [0x62], "a.state.1.w"),
            (Self.new("net", "Net") + [0x28] + P.text("k") + Self.tensor + [0x75], "a.k"),
            (Self.new("net", "Net") + [0x28] + Self.tensor + [0x65], "a.0"),
            (P.global("net", "Net") + P.tuple() + P.dict(("k", Self.tensor)) + [0x92], "a.kwargs.k"),
            (P.orderedDict + P.dict(("hidden", Self.tensor)) + [0x62], "a.hidden"),
            ([0x8F, 0x28] + Self.tensor + [0x90], "a.0"), (P.list(P.tuple(Self.tensor)), "a.0.0"),
            (
                P.call(
                    P.global("torch._utils", "_rebuild_parameter"), P.tensor(P.storage("0", 6), [0], [1]), P.no,
                    P.dict(("h", Self.tensor))), "a.backward_hooks.h"
            ),
        ]
        for (value, name) in places {
            let checkpoint = try opened(value)
            #expect(checkpoint[name]?.shape == [6], "\(name): \(checkpoint.tensors.map(\.name))")
        }
    }

    @Test func tensorsWithMoreThanNumbers() throws {
        #expect(try texts(Self.trained) == ["a: requires_grad = True"])
        let state = P.call(
            P.global("torch._utils", "_rebuild_parameter_with_state"), Self.tensor, P.no, P.orderedDict,
            P.dict(("note", P.text("x"))))
        #expect(try texts(state) == [#"a.note = "x""#])
        let rebuild = P.global("torch._utils", "_rebuild_tensor_v2")
        let arguments = P.tuple(
            P.storage("0", 6), P.integer(0), P.integers([6]), P.integers([1]), P.no, P.orderedDict)
        let image = P.call(
            P.global("torch._tensor", "_rebuild_from_type_v2"), rebuild, P.global("torchvision", "Image"), arguments,
            P.dict(("dpi", P.integer(72))))
        let plain = P.call(
            P.global("torch._tensor", "_rebuild_from_type_v2"), rebuild, P.global("torch", "Tensor"), arguments, [0x7D])
        #expect(try texts(plain) == [])
        let checkpoint = try opened(image)
        #expect(checkpoint["a"]?.shape == [6])
        #expect(
            checkpoint.metadata.map { "\($0.key) = \($0.value)" } == ["a.dpi = 72", "a: class = torchvision.Image"])
    }

    @Test func arrays() throws {
        let bytes = (0..<12).map { UInt8($0) }
        let plain = try opened(Self.array("i2", [2, 3], bytes))
        #expect(plain["a"]?.type.name == "I16" && plain["a"]?.shape == [2, 3])
        #expect(try allBytes(#require(plain["a"])) == bytes)
        let fortran = try opened(Self.array("i2", [2, 3], bytes, isFortran: true))
        #expect(try allBytes(#require(fortran["a"])) == [0, 1, 4, 5, 8, 9, 2, 3, 6, 7, 10, 11])
        func fault(_ value: [UInt8]) -> CheckpointError? { checkpointError { _ = try opened(value) } }
        #expect(fault(Self.array("i2", [2, 2], bytes))?.problem == "the array's bytes do not fit its shape")
        #expect(fault(Self.array("i2", [Int.max, Int.max], bytes))?.kind == .offsets)
        #expect(fault(Self.array("i2", [-6], bytes))?.kind == .offsets)
        for type in ["O8", "V6", "U3", "M8", "?"] {
            #expect(fault(Self.array(type, [2], bytes))?.problem.hasPrefix("an unsupported numpy type") == true)
        }
        let begun = P.call(
            P.global("numpy.core.multiarray", "_reconstruct"), P.global("numpy", "ndarray"), P.integers([0]),
            [0x43, 1, 0x62])
        #expect(fault(begun)?.problem == "an array without numbers")
        let masked = P.call(
            P.global("numpy.core.multiarray", "_reconstruct"), P.global("numpy.ma", "MaskedArray"), P.integers([0]),
            [0x43, 1, 0x62])
        #expect(fault(masked)?.problem == "an array without numbers")
    }

    @Test func arraysOfOtherClasses() throws {
        let memmap = Self.array("u1", [1], [7], class: P.global("numpy", "memmap"))
        let checkpoint = try opened(memmap)
        #expect(checkpoint["a"]?.shape == [1])
        #expect(checkpoint.metadata.map { "\($0.key) = \($0.value)" } == ["a: class = numpy.memmap"])
        let other = Self.array("u1", [1], [7], class: P.text("x"))
        #expect(checkpointError { _ = try opened(other) }?.expected == "a class of arrays")
    }

    @Test func longListsAreGivenByTheirDigest() throws {
        let long = (0..<600).map { P.integer($0) }
        func list(_ last: Int) -> [UInt8] { [0x5D, 0x28] + (long + [P.integer(last)]).flatMap { $0 } + [0x65] }
        let one = try texts(list(1))
        #expect(one.count == 1 && one[0].hasPrefix("a = [601 values, sha256 "))
        #expect(try texts(list(2)) != one)
    }
}
