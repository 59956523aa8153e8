import Compute
import Core
import Foundation
import SeededRandom
import Testing

@testable import Checkpoints

/// Damaged files of each format either open, and then all their bytes can be read, or give a typed error.
///
/// `SMPO_FUZZ=400000 swift test -c release --filter MutationTests` tries so many inputs for each reader.
struct MutationTests {
    static let count = ProcessInfo.processInfo.environment["SMPO_FUZZ"].flatMap { Int($0) } ?? 20_000

    /// Fills storages, so that a tensor that reaches beyond its own is noticed.
    static let filler: UInt8 = 0xA5

    /// Opens inputs and counts how it went; returns the kinds of errors that were met. `isFilled`: the tensors of the
    /// inputs have no other bytes than the filler.
    func run(
        _ name: String, isFilled: Bool = false, count: Int = count, open: (OpenFile) throws -> Checkpoint,
        input: (Int) throws -> [UInt8]
    ) throws -> [String: Int] {
        var outcomes: [String: Int] = [:]
        let clock = ContinuousClock()
        let begin = clock.now
        var slowest = (time: Duration.zero, round: 0)
        for round in 0..<count {
            let bytes = try input(round)
            let start = clock.now
            let outcome = outcome(bytes, round, isFilled, open)
            if clock.now - start > slowest.time { slowest = (clock.now - start, round) }
            outcomes[outcome, default: 0] += 1
        }
        if Self.count > 20_000 {
            print("\(name): \(count) inputs in \(clock.now - begin), \(outcomes), slowest \(slowest)")
        }
        // Every limit holds within a second or so; the rest is for busy machines.
        #expect(slowest.time < .seconds(30), "\(name), round \(slowest.round)")
        return outcomes
    }

    private func outcome(
        _ bytes: [UInt8], _ round: Int, _ isFilled: Bool, _ open: (OpenFile) throws -> Checkpoint
    ) -> String {
        let checkpoint: Checkpoint
        do {
            checkpoint = try open(OpenFile(path: "fuzz", bytes: bytes))
        } catch let error as CheckpointError {
            if !error.file.contains("fuzz") || error.description.utf8.count > 100_000 {
                Issue.record("round \(round): \(error)")
            }
            return error.kind.rawValue
        } catch {
            Issue.record("round \(round): \(error)")
            return "other"
        }
        do {
            for tensor in checkpoint.tensors {
                let bytes = try allBytes(tensor)
                if bytes.count != tensor.byteCount || isFilled && bytes.contains(where: { $0 != Self.filler }) {
                    Issue.record("round \(round): \(tensor.name)")
                }
            }
        } catch { Issue.record("round \(round): opened, and then \(error)") }
        return "opened"
    }

    @Test func safetensors() throws {
        let original = try FileContents.read(fixtures + "/python.safetensors")
        let words = [
            "\"F32\"", "\"I64\"", "\"F4\"", "[", "]", "{", "}", ",", "0", "9223372036854775807", "-1", "1e999",
        ]
        var mutator = Mutator(seed: 101)
        let outcomes = try run("safetensors", open: { try Checkpoint(safetensors: $0) }) { _ in
            mutator.damaged(original, in: 0..<(original.count - 601), words: words.map { Array($0.utf8) })
        }
        #expect(outcomes["opened", default: 0] > 0 && outcomes.count >= 6, "\(outcomes)")
    }

    @Test func gguf() throws {
        let original = try FileContents.read(fixtures + "/python.gguf")
        let small = GGUFTests.two.built()
        var mutator = Mutator(seed: 102)
        let outcomes = try run("GGUF", open: { try Checkpoint(gguf: $0) }) { round in
            round % 4 == 0
                ? mutator.damaged(original, in: 0..<10_500) : mutator.damaged(small, in: 0..<(small.count - 50))
        }
        #expect(outcomes["opened", default: 0] > 0 && outcomes.count >= 7, "\(outcomes)")
    }

    /// Whole files: mostly their archives are damaged.
    @Test func torchFiles() throws {
        let originals = try ["torch-list.pt", "torch-tensor.pt", "torch-views.pt", "torch-training-4.pt"].map {
            try FileContents.read(fixtures + "/" + $0)
        }
        var wide = StoredZip.torch(ZipErrorTests.pickle, storages: [[1, 2, 3, 4]])
        wide.isWide = true
        let archives = originals + [wide.built()]
        let words: [[UInt8]] = [
            [0x50, 0x4B, 1, 2], [0x50, 0x4B, 3, 4], [0x50, 0x4B, 5, 6], [0x50, 0x4B, 6, 6], [0x50, 0x4B, 6, 7], [1, 0],
            Array("archive/data/0".utf8), Array("data.pkl".utf8),
        ]
        var mutator = Mutator(seed: 103)
        let outcomes = try run("torch files", open: { try Checkpoint(torch: $0) }) { round in
            let archive = archives[round % archives.count]
            // The directory and the end are what the reader believes first.
            return mutator.damaged(
                archive, in: round % 3 == 0 ? 0..<archive.count : (archive.count / 2)..<archive.count, words: words)
        }
        #expect(outcomes["opened", default: 0] > 0 && outcomes.count >= 3, "\(outcomes)")
    }

    /// Pickles in sound archives.
    @Test func torchPickles() throws {
        let names = ["torch-list.pt", "torch-views.pt", "torch-training-2.pt", "torch-training-4.pt", "torch-types.pt"]
        let parts = try names.map { name in
            let archive = try TorchArchive(OpenFile(path: fixtures + "/" + name))
            let storages = try (0..<100).prefix { archive["data/\($0)"] != nil }.map { key in
                try [UInt8](repeating: Self.filler, count: #require(archive["data/\(key)"]).range.count)
            }
            return (pickle: try archive.pickle().bytes, storages: storages)
        }
        let globals = [
            ("os", "system"), ("collections", "OrderedDict"), ("torch", "FloatStorage"), ("torch", "LongStorage"),
            ("torch", "Size"), ("torch", "float8_e5m2"), ("torch._utils", "_rebuild_tensor_v2"), ("numpy", "dtype"),
            ("torch._utils", "_rebuild_tensor_v3"), ("torch._utils", "_rebuild_parameter"), ("_codecs", "encode"),
        ].map { PickleSyntax.global($0.0, $0.1) }
        let opcodes: [[UInt8]] =
            [
                0x28, 0x30, 0x31, 0x32, 0x29, 0x74, 0x85, 0x5D, 0x61, 0x65, 0x7D, 0x73, 0x75, 0x52, 0x62, 0x51, 0x94,
                0x93,
            ]
            .map { [$0] } + [
                [0x68, 0], [0x68, 1], [0x68, 7], [0x71, 1], [0x8A, 8] + le64(.max), [0x4B, 0], [0x4B, 200],
            ]
        let words = globals + opcodes + globals
        var mutator = Mutator(seed: 104)
        let outcomes = try run("torch pickles", isFilled: true, open: { try Checkpoint(torch: $0) }) { round in
            let part = parts[round % parts.count]
            let pickle = mutator.damaged(part.pickle, in: 0..<part.pickle.count, words: words)
            return StoredZip.torch(pickle, storages: part.storages).built()
        }
        #expect(outcomes["opened", default: 0] > 0 && outcomes.count >= 5, "\(outcomes)")
    }

    /// Files of before PyTorch 1.6: several pickles and the storages behind them.
    @Test func oldTorchFiles() throws {
        let originals = try ["torch-old.pt", "torch-old-types.pt", "torch-old-views.pt", "torch-old-part.pt"].map {
            try FileContents.read(fixtures + "/" + $0)
        }
        let words = [[0x4E, 0x74], [0x4B, 4], [0x2E], [0x80, 2], le64(.max), le64(1 << 61)] as [[UInt8]]
        var mutator = Mutator(seed: 106)
        let outcomes = try run("old torch files", open: { try Checkpoint(torch: $0) }) { round in
            let original = originals[round % originals.count]
            return mutator.damaged(original, in: 0..<original.count, words: words)
        }
        #expect(outcomes["opened", default: 0] > 0 && outcomes.count >= 5, "\(outcomes)")
    }

    /// What trainers put beside the tensors: objects, sets, arrays, numbers of numpy, in archives and without.
    @Test func lightningPickles() throws {
        let names = ["torch-lightning-2.ckpt", "torch-lightning-4.ckpt", "torch-lightning-5.ckpt"]
        let parts = try names.map { name in
            let archive = try TorchArchive(OpenFile(path: fixtures + "/" + name))
            let storages = try (0..<100).prefix { archive["data/\($0)"] != nil }.map { key in
                try [UInt8](repeating: Self.filler, count: #require(archive["data/\(key)"]).range.count)
            }
            return (pickle: try archive.pickle().bytes, storages: storages)
        }
        let old = try FileContents.read(fixtures + "/torch-old-4.pt")
        let globals = [
            ("os", "system"), ("argparse", "Namespace"), ("__builtin__", "set"), ("builtins", "frozenset"),
            ("numpy._core.multiarray", "_reconstruct"), ("numpy._core.numeric", "_frombuffer"), ("numpy", "ndarray"),
            ("numpy", "dtype"), ("numpy._core.multiarray", "scalar"), ("builtins", "bytearray"), ("_codecs", "encode"),
            ("torch._tensor", "_rebuild_from_type_v2"), ("copyreg", "_reconstructor"), ("builtins", "getattr"),
        ].map { PickleSyntax.global($0.0, $0.1) }
        let opcodes =
            [0x28, 0x29, 0x52, 0x62, 0x81, 0x92, 0x8F, 0x90, 0x91, 0x5D, 0x61, 0x65, 0x7D, 0x73, 0x75, 0x85, 0x94]
            .map { [UInt8($0)] } + [[0x68, 1], [0x68, 9], [0x8B] + le32(9), [0x55, 2], [0x4B, 6], [0x88]]
        var mutator = Mutator(seed: 107)
        let outcomes = try run("Lightning pickles", open: { try Checkpoint(torch: $0) }) { round in
            if round % 4 == 3 { return mutator.damaged(old, in: 0..<old.count, words: globals + opcodes) }
            let part = parts[round % 4]
            let pickle = mutator.damaged(part.pickle, in: 0..<part.pickle.count, words: globals + opcodes + globals)
            return StoredZip.torch(pickle, storages: part.storages).built()
        }
        #expect(outcomes["opened", default: 0] > 0 && outcomes.count >= 5, "\(outcomes)")
    }

    /// Parts of a split GGUF file, of which one is damaged. They are written to disk, so there are fewer.
    @Test func ggufParts() throws {
        let scratch = try ScratchFolder()
        let names = (1...3).map { "/fuzz-0000\($0)-of-00003.gguf" }
        let originals = try (1...3).map { try FileContents.read(fixtures + "/parts-0000\($0)-of-00003.gguf") }
        for (name, bytes) in zip(names, originals) { try Self.write(bytes, to: scratch.path + name) }
        var mutator = Mutator(seed: 108)
        let words = ["split.no", "split.count", "split.tensors.count", "blk.0.weight", "blk.4.weight"]
        let outcomes = try run(
            "GGUF parts", count: Self.count / 20,
            open: { _ in
                try Checkpoint(opening: scratch.path + names[0])
            }
        ) { round in
            let place = round % 3
            let bytes = mutator.damaged(
                originals[place], in: 0..<originals[place].count, words: words.map { Array($0.utf8) })
            for (index, name) in names.enumerated() {
                try Self.write(index == place ? bytes : originals[index], to: scratch.path + name)
            }
            return []
        }
        #expect(outcomes["opened", default: 0] > 0 && outcomes.count >= 5, "\(outcomes)")
    }

    /// Indexes of shards, which are sound themselves.
    @Test func shardIndexes() throws {
        let scratch = try ScratchFolder()
        for (file, name) in [("fuzz-1.safetensors", "a"), ("fuzz-2.safetensors", "b")] {
            let bytes = try Safetensors.encode(
                tensors: [(name, Tensor([1, 2], shape: [2]))], metadata: ["format": "pt"])
            try Self.write(bytes, to: scratch.path + "/" + file)
        }
        let index = Array(
            #"{"metadata": {"total_size": 16}, "weight_map": {"a": "fuzz-1.safetensors", "b": "fuzz-2.safetensors"}}"#
                .utf8)
        let words = ["fuzz-1", "fuzz-2", "\"a\"", "\"b\"", "{", "}", "null", "[]", "16", "../", "1e999"].map {
            Array($0.utf8)
        }
        var mutator = Mutator(seed: 109)
        let path = scratch.path + "/fuzz.safetensors.index.json"
        let outcomes = try run("shard indexes", count: Self.count / 20, open: { _ in try Checkpoint(opening: path) }) {
            _ in
            try Self.write(mutator.damaged(index, in: index.indices, words: words), to: path)
            return []
        }
        #expect(outcomes["opened", default: 0] > 0 && outcomes.count >= 3, "\(outcomes)")
    }

    private static func write(_ bytes: [UInt8], to path: String) throws {
        try Data(bytes).write(to: URL(filePath: path))
    }

    /// Sound pickles of tensors that fit their storages, nearly fit, or do not at all.
    @Test func generatedTorchPickles() throws {
        typealias P = PickleSyntax
        var random = SplitMix(state: 105)
        let storages = [0, 8, 120].map { [UInt8](repeating: Self.filler, count: $0) }
        let numbers = Mutator.extremes
        func number(_ usual: ClosedRange<Int>) -> Int {
            Int.random(in: 0..<12, using: &random) == 0
                ? numbers.randomElement(using: &random) ?? 0 : Int.random(in: usual, using: &random)
        }
        func tensor() -> [UInt8] {
            let key = Int.random(in: 0...2, using: &random)
            let (name, size) =
                [("Float", 4), ("ComplexDouble", 16), ("Bool", 1), ("Half", 2), ("Long", 8)]
                .randomElement(using: &random) ?? ("Float", 4)
            let untyped = Int.random(in: 0..<4, using: &random) == 0
            let count = storages[key].count / (untyped ? 1 : size)
            let usual = Int.random(in: 0..<20, using: &random) > 0
            let storage = P.storage(
                "\(key)", usual ? count : number(0...9),
                type: untyped ? P.global("torch.storage", "UntypedStorage") : P.global("torch", name + "Storage"))
            let rank = Int.random(in: 0...3, using: &random)
            let shape = P.integers((0..<rank).map { _ in number(0...4) })
            let stride = P.integers((0..<rank).map { _ in number(0...5) })
            let arguments = [storage, P.integer(number(0...3)), shape, stride, P.no, P.orderedDict].flatMap { $0 }
            return untyped
                ? P.global("torch._utils", "_rebuild_tensor_v3") + [0x28] + arguments
                    + P.global("torch", ["uint16", "float8_e5m2", "complex32"].randomElement(using: &random) ?? "")
                    + [0x74, 0x52]
                : P.global("torch._utils", "_rebuild_tensor_v2") + [0x28] + arguments + [0x74, 0x52]
        }
        func value(_ depth: Int) -> [UInt8] {
            switch Int.random(in: 0..<(depth < 4 ? 10 : 7), using: &random) {
            case 0..<5: return tensor()
            case 5: return P.integer(number(-5...300))
            case 6: return P.text("t")
            case 7: return P.list(value(depth + 1), value(depth + 1))
            case 8: return P.tuple(value(depth + 1))
            default: return P.dict(("state_dict", value(depth + 1)), ("b", value(depth + 1)))
            }
        }
        let outcomes = try run("generated torch pickles", isFilled: true, open: { try Checkpoint(torch: $0) }) { _ in
            StoredZip.torch(P.pickle(value(0)), storages: storages).built()
        }
        #expect(outcomes["opened", default: 0] > 1000 && outcomes["offsets", default: 0] > 1000, "\(outcomes)")
    }
}
