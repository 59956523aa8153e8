import Foundation
import SeededRandom
import Testing

@testable import Checkpoints

struct StridedViewTests {
    /// Against the definition: one element after another, by its place.
    @Test func gathersByTheDefinition() throws {
        var random = SplitMix(state: 11)
        let bytes = (0..<4096).map { _ in UInt8.random(in: 0...255, using: &random) }
        let file = OpenFile(path: "x", bytes: bytes)
        for _ in 0..<2000 {
            let size = [1, 2, 4, 8, 16].randomElement(using: &random) ?? 1
            let rank = Int.random(in: 0...4, using: &random)
            let shape = (0..<rank).map { _ in Int.random(in: 1...4, using: &random) }
            let stride = (0..<rank).map { _ in Int.random(in: 0...9, using: &random) }
            let start = Int.random(in: 0..<64, using: &random)
            let view = StridedView(shape: shape, stride: stride, itemSize: size)
            var places = [0]
            for (extent, stride) in zip(shape, stride) {
                places = places.flatMap { p in (0..<extent).map { p + $0 * stride } }
            }
            let expected = places.flatMap { bytes[(start + $0 * size)..<(start + ($0 + 1) * size)] }
            let storage = try view.gathered(from: file, at: start)
            let found = Array(UnsafeRawBufferPointer(start: storage.base, count: storage.byteCount))
            #expect(found == expected, "\(shape) \(stride) \(size)")
            #expect(view.extent == (places.max() ?? 0) + 1)
            if view.isContiguous { #expect(places == Array(0..<places.count)) }
        }
    }

    /// Columns of a file of 300 MB that takes no disk space: no more than is wanted is read at once.
    @Test func farApartElementsAreReadOneByOne() throws {
        let scratch = try ScratchFolder()
        let path = try scratch.write("far", "")
        let count = 100 << 20
        #expect(truncate(path, count * 3 + 10) == 0)
        let file = try OpenFile(path: path)
        let view = StridedView(shape: [2, 4], stride: [2, count / 2], itemSize: 2)
        let storage = try view.gathered(from: file, at: 4)
        #expect(storage.byteCount == 16)
        #expect(throws: CheckpointError.self) { try view.gathered(from: file, at: count * 2) }
    }
}
