import Checkpoints
import Compute
import Core
import Foundation
import Testing

@testable import Datasets

/// Pairs of latents: what is read, and what is said of a folder that cannot be used.
@Suite struct LatentPairsTests {
    /// A folder of three pairs of latents 2x4x4, removed afterwards.
    private func withFolder(_ body: (String) throws -> Void) throws {
        let folder = NSTemporaryDirectory() + "latents-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try RandomLatents(pairs: 3, channels: 2, size: 4, seed: 9).write(to: folder)
        try body(folder)
    }

    private func sides(_ folder: String) throws -> [(name: String, tensor: Tensor)] {
        let file = try Checkpoint(safetensors: folder + "/latents.safetensors")
        return try file.names.map { ($0, try file.tensor(named: $0).copy()) }
    }

    private func write(_ tensors: [(name: String, tensor: Tensor)], _ folder: String) throws {
        try Safetensors.write(tensors: tensors, to: folder + "/latents.safetensors")
    }

    private func write(lines: [String], _ folder: String) throws {
        try AtomicFile.write(lines.map { $0 + "\n" }.joined(), to: folder + "/pairs.jsonl")
    }

    @Test func rowsBelongToLines() throws {
        try withFolder { folder in
            let pairs = try LatentPairs.load(folder: folder)
            let sides = try sides(folder)
            #expect(pairs.count == 3 && pairs.channels == 2 && pairs.size == 4)
            #expect(pairs.items.map(\.id) == ["pair-000001", "pair-000002", "pair-000003"])
            #expect(pairs.items[1].image(of: .image1) == "latents_1[1]")
            for (index, item) in pairs.items.enumerated() {
                for side in PairSide.allCases {
                    let row = sides[side.rawValue].tensor.slice(index..<index + 1).reshaped([2, 4, 4])
                    #expect(try pairs.pixels(at: index, which: side, size: 4) == row.floats)
                    #expect(item.imageDigest(of: side) == row.digest(named: "latents"))
                }
                let (first, second) = (try #require(item.score0), try #require(item.score1))
                #expect(item.humanWinner == (first > second ? .image0 : .image1))
            }
            #expect(pairs.digest == LatentPairs.digest(of: pairs.items))
            #expect(try LatentPairs.load(folder: folder + "/").digest == pairs.digest)
        }
    }

    /// The digests are those of the values, whatever they are stored as.
    @Test func halvesCountAsTheirValues() throws {
        try withFolder { folder in
            let halves = try sides(folder).map { ($0.name, FloatConversion.float16($0.tensor)) }
            try write(halves, folder)
            let narrow = try LatentPairs.load(folder: folder)
            try write(halves.map { ($0.0, try #require(FloatConversion.float32($0.1))) }, folder)
            let wide = try LatentPairs.load(folder: folder)
            #expect(narrow.digest == wide.digest)
            #expect(
                try narrow.pixels(at: 2, which: .image1, size: 4) == (try wide.pixels(at: 2, which: .image1, size: 4)))
        }
    }

    /// The list of the pictures that the latents were made from can be kept as it is.
    @Test func picturesMayBeNamed() throws {
        try withFolder { folder in
            let named = #"{"caption": "c", "image_0": "a.png", "image_1": "b.png", "label_0": 1, "label_1": 0}"#
            try write(lines: [named, named, named], folder)
            let pairs = try LatentPairs.load(folder: folder)
            #expect(pairs.items[2].image(of: .image0) == "a.png" && pairs.items[2].score0 == nil)
        }
    }

    @Test func whatCannotBeUsedIsNamed() throws {
        try withFolder { folder in
            let good = try sides(folder)
            func expect(
                _ tensors: [(name: String, tensor: Tensor)], _ words: String...,
                location: SourceLocation = #_sourceLocation
            ) throws {
                try write(tensors, folder)
                let error = try #require(throws: CheckpointError.self, sourceLocation: location) {
                    try LatentPairs.load(folder: folder)
                }
                for word in [folder + "/latents.safetensors"] + words {
                    #expect(error.description.contains(word), "\(error)", sourceLocation: location)
                }
            }
            let (first, second) = (good[0].tensor, good[1].tensor)
            try expect([good[0]], "latents_1", "there is no such tensor")
            try expect(good + [("more", first)], "\"more\"", "expected latents_0 and latents_1")
            try expect([good[0], ("latents_1", second.slice(0..<2))], "latents_1", "expected 3, found 2")
            try expect([good[0], ("latents_1", second.reshaped([3, 1, 4, 8]))], "[pairs, channels, edge, edge]")
            try expect([good[0], ("latents_1", second.reshaped([3, 32]))], "[pairs, channels, edge, edge]")
            try expect([good[0], ("latents_1", Tensor(zeros: [3, 8, 2, 2]))], "expected [3, 2, 4, 4], as latents_0")
            let whole = Tensor(uninitialized: [3, 2, 4, 4], dtype: .i32)
            whole.storage.base.initializeMemory(as: UInt8.self, repeating: 0, count: whole.byteCount)
            try expect([good[0], ("latents_1", whole)], "F32, F16 or BF16", "I32")
            let broken = second.copy()
            broken.hostValues[2 * 32 + 5] = .nan
            try expect([good[0], ("latents_1", broken)], "latents_1", "row 2, pair-000003", "element 5", "NaN")

            try write(good, folder)
            let line = #"{"caption": "c", "label_0": 1, "label_1": 0}"#
            try write(
                lines: [line, line, line.replacingOccurrences(of: "label_1\": 0", with: "label_1\": 1"), ""], folder)
            let lines = try #require(throws: FolderPairsError.self) { try LatentPairs.load(folder: folder) }
            #expect(lines.description.contains("pairs.jsonl:3: ") && lines.problems.count == 2, "\(lines)")
            try write(lines: [line], folder)
            let count = try #require(throws: CheckpointError.self) { try LatentPairs.load(folder: folder) }
            #expect(count.description.contains("expected 1, found 3"), "\(count)")
            try FileManager.default.removeItem(atPath: folder + "/pairs.jsonl")
            #expect(throws: FileError.self) { try LatentPairs.load(folder: folder) }
        }
    }

    /// The file stays mapped: what changes in it after loading is noticed before it is used.
    @Test func changesAfterLoadingAreNoticed() throws {
        try withFolder { folder in
            let pairs = try LatentPairs.load(folder: folder)
            let before = try pairs.pixels(at: 0, which: .image0, size: 4)
            let file = try #require(FileHandle(forUpdatingAtPath: folder + "/latents.safetensors"))
            try file.seek(toOffset: try file.seekToEnd() - 4)
            try file.write(contentsOf: Data([0, 0, 0, 0x40]))
            try file.close()
            #expect(try pairs.pixels(at: 0, which: .image0, size: 4) == before)
            let error = try #require(throws: FolderImageChanged.self) {
                try pairs.pixels(at: 2, which: .image1, size: 4)
            }
            #expect(error.item == "pair-000003" && error.file == folder + "/latents.safetensors")
        }
    }

    @Test func randomLatentsAreAFunctionOfTheirSeed() throws {
        try withFolder { folder in
            func bytes() throws -> [UInt8] {
                try FileContents.read(folder + "/latents.safetensors") + FileContents.read(folder + "/pairs.jsonl")
            }
            let first = try bytes()
            try RandomLatents(pairs: 3, channels: 2, size: 4, seed: 9).write(to: folder)
            #expect(try bytes() == first)
            try RandomLatents(pairs: 3, channels: 2, size: 4, seed: 10).write(to: folder)
            #expect(try bytes() != first)
            let values = try sides(folder).flatMap(\.tensor.floats)
            // Mean and variance of 192 standard normals, four standard deviations.
            let mean = values.reduce(0, +) / 192
            #expect(abs(mean) < 0.29 && abs(values.reduce(0) { $0 + $1 * $1 } / 192 - 1) < 0.41)
        }
    }
}
