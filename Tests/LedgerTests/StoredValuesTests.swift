import Core
import Foundation
import Ledger
import Testing

/// Values of a step that are read from their objects once, in blocks.
@Suite struct StoredValuesTests {
    private func with(_ body: (ObjectStore) throws -> Void) throws {
        let folder = NSTemporaryDirectory() + "values-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(ObjectStore(folder: folder))
    }

    private func digest(_ name: String, _ bytes: ArraySlice<UInt8>) -> Digest {
        bytes.withUnsafeBytes { Digest.tensor(name: name, dtype: "U8", shape: [bytes.count], bytes: $0) }
    }

    private func values(
        _ bytes: [UInt8], _ object: Digest, _ spans: [String: Range<Int>], wrong: String? = nil
    ) throws -> StoredValues {
        let known = spans.filter { $0.value.upperBound <= bytes.count }.map {
            ($0.key, $0.key == wrong ? Digest.of(.document, "other") : digest($0.key, bytes[$0.value]))
        }
        let trace = try StepTrace(
            step: 3, entries: [:],
            tensors: [
                .gradient: known
                    + spans.keys.filter { key in !known.contains { $0.0 == key } }.map {
                        ($0, Digest.of(.document, $0))
                    }
            ])
        return StoredValues(
            of: "run-1", trace,
            spans.sorted { $0.key < $1.key }.map {
                StoredTensor(
                    phase: .gradient, name: $0.key, dtype: "U8", shape: [$0.value.count], object: object,
                    offset: $0.value.lowerBound, count: $0.value.count)
            }, ledger: "ledger.sqlite")
    }

    /// Spans in any order, over borders of blocks, one in another, empty ones: each gets its bytes, in order.
    @Test func everySpanGetsItsBytes() throws {
        try with { store in
            let bytes = (0..<(3 << 20) + 17).map { UInt8(truncatingIfNeeded: $0 * $0 >> 7) }
            let object = try store.put(bytes)
            let spans = [
                "a": 2_000_000..<bytes.count, "b": 0..<1_500_000, "c": 1_048_575..<1_048_577, "d": 700..<700,
                "e": bytes.count..<bytes.count, "f": 0..<bytes.count, "g": 1_048_576..<2_097_152,
            ]
            let values = try values(bytes, object, spans)
            var found = values.places.map { _ in [UInt8]() }
            try values.read(from: store) { place, offset, bytes in
                #expect(offset == found[place].count)
                found[place] += Array(bytes)
            }
            for (place, bytesOf) in zip(values.places, found) {
                #expect(bytesOf == Array(bytes[place.offset..<place.offset + place.count]), "\(place.name)")
            }
        }
    }

    @Test func otherBytesAndOtherPlacesAreNamed() throws {
        try with { store in
            let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0) }
            let object = try store.put(bytes)
            func field(_ values: StoredValues) -> String? {
                let error = #expect(throws: TamperError.self) { try values.read(from: store) }
                return error?.field
            }
            #expect(
                field(try values(bytes, object, ["a": 0..<10, "b": 10..<20], wrong: "b")) == "latents (gradient, b)")
            // Beyond the end, and beyond all numbers.
            #expect(field(try values(bytes, object, ["a": 0..<10, "b": 900..<1001])) == "latents (gradient, b)")
            #expect(field(try values(bytes, object, ["a": 1..<Int.max])) == "latents (gradient, a)")
            #expect(field(try values(bytes, object, ["a": Int.max - 1..<Int.max])) == "latents (gradient, a)")
            let missing = Digest.of(.document, "none")
            #expect(throws: MissingObject.self) { try values(bytes, missing, ["a": 0..<10]).read(from: store) }
        }
    }
}
