import Compute
import Core
import SeededRandom
import Testing

@testable import Checkpoints

/// Damaged files give typed errors or tensors inside the file, never a crash.
struct FuzzTests {
    /// Reads everything; returns whether the file was accepted.
    func accepts(_ bytes: [UInt8]) throws -> Bool {
        do {
            let file = try Checkpoint(safetensors: OpenFile(path: "fuzz", bytes: bytes))
            var total = 0
            for name in file.names {
                let tensor = try file.tensor(named: name)
                for _ in tensor.bytes { total += 1 }
                _ = firstNonFinite(tensor)
                _ = FloatConversion.float32(tensor)
            }
            let length = bytes.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) }
            #expect(total == bytes.count - 8 - Int(length))
            return true
        } catch is CheckpointError {
            return false
        }
    }

    @Test func damagedHeaders() throws {
        let original = try FileContents.read(fixtures + "/python.safetensors")
        #expect(try accepts(original))
        var random = SplitMix(state: 42)
        let headerEnd = original.count - 601
        var counts = (accepted: 0, refused: 0)
        for round in 0..<4000 {
            var bytes = original
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let place = Int.random(in: 0..<(round % 8 == 0 ? bytes.count : headerEnd), using: &random)
                bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            }
            if try accepts(bytes) { counts.accepted += 1 } else { counts.refused += 1 }
        }
        // Flips in data and in names are not seen here; nearly all others must be.
        #expect(counts.accepted > 100 && counts.refused > 1000, "\(counts)")
    }

    @Test func replacedDigits() throws {
        let original = try FileContents.read(fixtures + "/python.safetensors")
        let digits = original.indices.prefix(original.count - 601).filter { (0x30...0x39).contains(original[$0]) }
        var random = SplitMix(state: 43)
        for _ in 0..<1500 {
            var bytes = original
            let place = digits.randomElement(using: &random)!
            bytes[place] = UInt8.random(in: 0x30...0x39, using: &random)
            _ = try accepts(bytes)
        }
    }

    @Test func everyTruncationIsRefused() throws {
        let original = try FileContents.read(fixtures + "/python.safetensors")
        for count in original.indices { #expect(try !accepts(Array(original.prefix(count))), "\(count) bytes") }
        #expect(try !accepts(original + [0]))
    }
}
