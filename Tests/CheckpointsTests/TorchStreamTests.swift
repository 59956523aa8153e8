import Core
import Testing

@testable import Checkpoints

/// The rules of files from before PyTorch 1.6, broken one at a time.
struct TorchStreamTests {
    typealias P = PickleSyntax

    static let magic: [UInt8] = [0x8A, 10, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19]

    /// The parts of a file with one tensor of three Float32.
    struct Parts {
        var magic = P.pickle(TorchStreamTests.magic)
        var version = P.pickle(P.integer(1001))
        var machine = P.pickle(P.dict(("protocol_version", P.integer(1001)), ("little_endian", [0x88])))
        var root = P.pickle(P.dict(("w", P.tensor(Parts.storage("k", 3), [3], [1]))))
        var keys = P.pickle(P.list(P.text("k")))
        var storages = le64(3) + (0..<12).map { UInt8($0) }

        static func storage(
            _ key: String, _ count: Int, view: [UInt8] = P.none, type: [UInt8] = P.global("torch", "FloatStorage")
        ) -> [UInt8] {
            P.tuple(P.text("storage"), type, P.text(key), P.text("cpu"), P.integer(count), view) + [0x51]
        }

        var bytes: [UInt8] { magic + version + machine + root + keys + storages }
    }

    func open(_ parts: Parts) throws -> Checkpoint {
        try Checkpoint(file: OpenFile(path: "x.pt", bytes: parts.bytes))
    }

    func fault(_ change: (inout Parts) -> Void) -> CheckpointError? {
        var parts = Parts()
        change(&parts)
        return checkpointError { _ = try open(parts) }
    }

    @Test func aSoundFileIsRead() throws {
        let checkpoint = try open(Parts())
        #expect(checkpoint.container == "PyTorch" && checkpoint.tensors.map(\.name) == ["w"])
        #expect(try allBytes(#require(checkpoint["w"])) == (0..<12).map { UInt8($0) })
    }

    /// Texts of Python 2, and a list of pairs for an OrderedDict, as it saved them.
    @Test func whatPython2Wrote() throws {
        var parts = Parts()
        func short(_ text: String) -> [UInt8] { [0x55, UInt8(text.utf8.count)] + Array(text.utf8) }
        func storage(_ type: String) -> [UInt8] {
            P.tuple(short("storage"), P.global("torch", type), short("k"), short("cuda:0"), P.integer(3), P.none) + [
                0x51
            ]
        }
        let tensor = P.call(
            P.global("torch._utils", "_rebuild_tensor"), storage("FloatStorage"), P.integer(0), P.integers([3]),
            P.integers([1]))
        let pairs = P.list(P.list(short("w"), tensor), P.list(short("raw"), [0x54] + le32(1) + [0xFF]))
        parts.root = P.pickle(P.call(P.global("collections", "OrderedDict"), pairs))
        parts.keys = P.pickle(P.list(short("k")))
        let checkpoint = try open(parts)
        #expect(checkpoint["w"]?.shape == [3])
        #expect(checkpoint.metadata.first?.value.hasPrefix("[1 bytes") == true)
    }

    @Test func beginnings() {
        #expect(fault { $0.magic[10] ^= 1 }?.problem == "a bare pickle, no torch file")
        #expect(fault { $0.version = P.pickle(P.integer(1000)) }?.expected == "1001")
        let swapped = fault { $0.machine = P.pickle(P.dict(("little_endian", P.no))) }
        #expect(swapped?.problem == "the numbers are not little-endian")
        #expect(fault { $0.machine = P.pickle([0x7D]) }?.kind == .container)
        #expect(fault { $0.machine = P.pickle(P.none) }?.found == "None")
    }

    @Test func storages() {
        #expect(fault { $0.storages.append(0) }?.kind == .trailingBytes)
        #expect(fault { $0.storages.removeLast() }?.kind == .truncated)
        for count in [2, 4, Int.max, Int.min, -1, 1 << 62] {
            #expect(fault { $0.storages.replaceSubrange(0..<8, with: le64(count)) } != nil, "\(count)")
        }
        #expect(fault { $0.keys = P.pickle(P.list()) }?.kind == .trailingBytes)
        let missing = fault {
            $0.keys = P.pickle(P.list())
            $0.storages = []
        }
        #expect(missing?.problem == "its storage is not in the file" && missing?.tensor == "w")
        #expect(fault { $0.keys = P.pickle(P.list(P.text("other"))) }?.problem == "a storage that nothing uses")
        #expect(fault { $0.keys = P.pickle(P.list(P.integer(1))) }?.problem == "the key of a storage is no text")
        #expect(fault { $0.keys = P.pickle(P.none) }?.problem == "no list of storages")
        let twice = fault {
            $0.keys = P.pickle(P.list(P.text("k"), P.text("k")))
            $0.storages += $0.storages
        }
        #expect(twice?.problem == "two storages have one key")
        let types = P.list(
            P.tensor(Parts.storage("k", 3), [3], [1]),
            P.tensor(Parts.storage("k", 3, type: P.global("torch", "DoubleStorage")), [3], [1]))
        #expect(fault { $0.root = P.pickle(types) }?.problem == "a storage has two types")
    }

    @Test func views() throws {
        func view(_ offset: Int, _ count: Int) -> [UInt8] { P.tuple(P.text("v"), P.integer(offset), P.integer(count)) }
        func parts(_ offset: Int, _ count: Int) -> Parts {
            var parts = Parts()
            let storage = Parts.storage("k", 3, view: view(offset, count))
            parts.root = P.pickle(P.dict(("w", P.tensor(storage, [2], [1]))))
            return parts
        }
        #expect(try allBytes(#require(open(parts(1, 2))["w"])) == [4, 5, 6, 7, 8, 9, 10, 11])
        for (offset, count) in [(2, 2), (-1, 2), (0, 4), (Int.max, 1), (1, Int.max), (0, -1), (0, 1)] {
            #expect(checkpointError { _ = try open(parts(offset, count)) }?.kind == .offsets, "\(offset) \(count)")
        }
    }

    /// The source of a module's class is no code to be run, and not nothing.
    @Test func sourcesOfModules() throws {
        func texts(_ source: String) throws -> [String] {
            var parts = Parts()
            let module = P.tuple(P.text("module"), P.global("net", "Net"), P.text("net.py"), P.text(source)) + [0x51]
            let instance =
                module + P.tuple() + [0x81] + P.dict(("weight", P.tensor(Parts.storage("k", 3), [3], [1]))) + [0x62]
            parts.root = P.pickle(instance)
            let checkpoint = try open(parts)
            #expect(checkpoint.tensors.map(\.name) == ["weight"])
            return checkpoint.metadata.map { "\($0.key) = \($0.value)" }
        }
        let one = try texts("class Net: pass")
        #expect(one.contains("value = net.Net()") && one.contains { $0.hasPrefix("source of net.Net = [15 bytes") })
        #expect(try texts("class Net: 1") != one)
    }

    /// A pickle longer than what is read at first.
    @Test func longPickles() throws {
        var parts = Parts()
        let text = P.text(String(repeating: "x", count: 3 << 20))
        parts.root = P.pickle(P.dict(("w", P.tensor(Parts.storage("k", 3), [3], [1])), ("t", text)))
        #expect(try open(parts)["w"]?.shape == [3])
        parts.root.removeLast(20)
        parts.keys = []
        parts.storages = []
        #expect(checkpointError { _ = try open(parts) }?.kind == .truncated)
    }

    @Test func everyTruncationIsRefused() {
        let bytes = Parts().bytes
        for count in bytes.indices {
            let error = checkpointError {
                _ = try Checkpoint(file: OpenFile(path: "x.pt", bytes: Array(bytes.prefix(count))))
            }
            #expect(error != nil, "\(count) bytes")
        }
    }
}
