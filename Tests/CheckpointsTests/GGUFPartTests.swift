import Core
import Foundation
import Testing

@testable import Checkpoints

/// Parts of a split GGUF file, as Python's gguf wrote them (`Fixtures/make_gguf.py`): any opens all, none is the whole.
struct GGUFPartTests {
    static let names = (1...3).map { "parts-0000\($0)-of-00003.gguf" }

    /// The parts in a folder of their own, changed.
    func inFolder(
        _ change: (inout [String: [UInt8]]) -> Void = { _ in }, _ body: (String) throws -> Void
    ) throws {
        let scratch = try ScratchFolder()
        var files = try Dictionary(
            uniqueKeysWithValues: Self.names.map { ($0, try FileContents.read(fixtures + "/" + $0)) })
        change(&files)
        for (name, bytes) in files { try Data(bytes).write(to: URL(filePath: scratch.path + "/" + name)) }
        try body(scratch.path + "/")
    }

    func fault(_ name: String, _ change: (inout [String: [UInt8]]) -> Void) throws -> CheckpointError? {
        var error: CheckpointError?
        try inFolder(change) { folder in
            error = checkpointError { _ = try Checkpoint(opening: folder + name) }
        }
        return error
    }

    @Test func anyPartOpensAll() throws {
        let whole = try Checkpoint(opening: fixtures + "/parts-whole.gguf")
        for name in Self.names {
            let parts = try Checkpoint(opening: fixtures + "/" + name)
            #expect(parts.tensors.map(\.name) == whole.tensors.map(\.name) && parts.tensors.count == 5)
            #expect(try parts.tensors.map { try allBytes($0) } == whole.tensors.map { try allBytes($0) })
            #expect(parts.metadata.map { "\($0)" } == whole.metadata.map { "\($0)" })
            #expect(parts.container == "GGUF")
        }
    }

    @Test func aPartAloneIsNeverTheWhole() throws {
        for (place, name) in Self.names.enumerated() {
            let other = Self.names[(place + 1) % 3]
            let error = try fault(name) { $0[other] = nil }
            #expect(error?.kind == .shard && error?.problem == "a part is missing")
            #expect(error?.expected?.hasSuffix(other) == true)
        }
        let renamed = try fault("model.gguf") { $0["model.gguf"] = $0[Self.names[0]] }
        #expect(renamed?.problem == "part 1 of 3, without the others")
        let wrong = try fault(Self.names[0]) { $0[Self.names[0]] = $0[Self.names[1]] }
        #expect(wrong?.problem == "part 2 of 3, without the others")
        let second = try fault(Self.names[0]) { $0[Self.names[1]] = $0[Self.names[2]] }
        #expect(second?.problem == "part 3 of 3, without the others")
        let named = try fault("w-00001-of-00002.gguf") { $0["w-00001-of-00002.gguf"] = GGUFTests.two.built() }
        #expect(named?.problem == "the name is that of a part, and the header that of a whole file")
    }

    @Test func partsOfAnotherModelAreRefused() throws {
        let count = try fault(Self.names[0]) { files in
            // The number of all tensors is the last value of the header: five, of type int32.
            let key = Array("split.tensors.count".utf8)
            guard var bytes = files[Self.names[1]],
                let place = bytes.indices.first(where: { bytes[$0...].starts(with: key) })
            else { return }
            bytes[place + key.count + 4] = 6
            files[Self.names[1]] = bytes
        }
        #expect(count?.problem == "a part of another model" && count?.file.hasSuffix(Self.names[1]) == true)
    }

    /// gguf-split writes a count of 0 into what it has merged.
    @Test func whatWasMergedIsWhole() throws {
        var file = GGUFTests.two
        file.values = [("split.count", 2, le16(0))]
        let checkpoint = try Checkpoint(gguf: OpenFile(path: "x.gguf", bytes: file.built()))
        #expect(checkpoint.metadata.isEmpty && checkpoint.tensors.count == 2)
    }

    @Test func names() {
        #expect(GGUFPart.numbers("a-00002-of-00013.gguf")?.number == 2)
        #expect(GGUFPart.numbers("a-00002-of-00013.gguf")?.count == 13)
        for name in [
            "a-0002-of-0013.gguf", "a-00002-of-00013.bin", "a.gguf", "", "x00002-of-00013.gguf",
            "a-0000x-of-00013.gguf",
        ] {
            #expect(GGUFPart.numbers(name) == nil, "\(name)")
        }
    }
}
