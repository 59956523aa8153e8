import Checkpoints
import Compute
import Testing

@testable import Comparison

@Suite struct WorstFirstTests {
    /// Squares of Float64 of which a sum is infinite: the relative L2 is no number, and still has its place.
    @Test func sumsBeyondFloat64HaveAPlace() throws {
        let engine = Engine()
        defer { engine.stop() }
        func checkpoint(_ factor: Double) throws -> Checkpoint {
            let values = (0..<8).map { place -> Double in
                place % 2 == 0 ? 1e200 * factor : 1 + factor / Double(place + 1)
            }
            let entries = values.indices.map { place -> String in
                let start = 8 * place
                return "\"t\(place)\":{\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[\(start),\(start + 8)]}"
            }
            let header = Array(("{" + entries.joined(separator: ",") + "}").utf8)
            var bytes = withUnsafeBytes(of: UInt64(header.count).littleEndian, Array.init) + header
            for value in values { withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes += $0 } }
            return try Checkpoint(safetensors: OpenFile(path: "memory", bytes: bytes))
        }
        let found = try CheckpointComparison(engine: engine).compare(try checkpoint(1), try checkpoint(2))
        #expect(found.tensors[0].measures?.relativeL2.isNaN == true)
        let wanted = ["t0", "t2", "t4", "t6", "t1", "t3", "t5", "t7"]
        #expect(found.worstFirst.map(\.tensor.name) == wanted)
        #expect(found.layers.map(\.name) == wanted)
    }
}
