import Compute
import Core
import SeededRandom
import Testing

@testable import Checkpoints

struct FloatConversionTests {
    /// All 65,536 patterns, little-endian.
    static let everything = (0..<65536).flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }

    func expected(_ key: String) throws -> String {
        try JSONCursor(try JSONValue.read(fixtures + "/expected.json"), name: "expected")[key].string()
    }

    /// Against numpy's widening, NaN payloads included (`Fixtures/make.py`).
    @Test func allHalvesAsNumpy() throws {
        let result = try #require(FloatConversion.float32(tensor(.f16, [65536], bytes: Self.everything)))
        #expect(Digest.sha256(Array(result.bytes)).hex == (try expected("f16_sha256")))
    }

    @Test func allBrainFloats() throws {
        let result = try #require(FloatConversion.float32(tensor(.bf16, [65536], bytes: Self.everything)))
        #expect(Digest.sha256(Array(result.bytes)).hex == (try expected("bf16_sha256")))
    }

    #if !(os(macOS) && arch(x86_64))
        /// Against the compiler's own type.
        @Test func allHalvesAsTheCompiler() {
            for bits in UInt16.min...UInt16.max where !Float16(bitPattern: bits).isNaN {
                #expect(FloatConversion.float32Bits(f16: bits) == Float(Float16(bitPattern: bits)).bitPattern)
            }
        }
    #endif

    /// Every half comes back, numbers and infinities as they are and NaN as NaN of the same payload.
    @Test func narrowingIsTheInverseOfWidening() throws {
        for bits in UInt16.min...UInt16.max {
            #expect(FloatConversion.float16Bits(f32: FloatConversion.float32Bits(f16: bits)) == bits)
        }
        let halves = tensor(.f16, [65536], bytes: Self.everything)
        let again = FloatConversion.float16(try #require(FloatConversion.float32(halves)))
        #expect(Array(again.bytes) == Self.everything && again.dtype == .f16 && again.shape == [65536])
        // A NaN whose payload is in the lower bits only may not become an infinity.
        #expect(FloatConversion.float16Bits(f32: 0x7F80_0001) == 0x7E00)
    }

    #if !(os(macOS) && arch(x86_64))
        /// Against the compiler's own type: the middles between halves, their neighbours, and a million patterns.
        @Test func narrowingRoundsAsTheCompiler() {
            func check(_ bits: UInt32) {
                let value = Float(bitPattern: bits)
                guard !value.isNaN else { return }
                let (found, expected) = (FloatConversion.float16Bits(f32: bits), Float16(value).bitPattern)
                if found != expected { Issue.record("\(value) became \(found), expected \(expected)") }
            }
            for half in UInt16.min..<0x7C00 {
                let (low, high) = (Float(Float16(bitPattern: half)), Float(Float16(bitPattern: half + 1)))
                let middle = half == 0x7BFF ? Float(65520) : low + (high - low) / 2
                for bits in [middle.bitPattern - 1, middle.bitPattern, middle.bitPattern + 1] {
                    check(bits)
                    check(bits | 0x8000_0000)
                }
            }
            var random = SplitMix(state: 3)
            for _ in 0..<500_000 {
                let bits = random.next()
                check(UInt32(truncatingIfNeeded: bits))
                // Exponents that halves have, where the random ones above are rare.
                check(UInt32(truncatingIfNeeded: bits >> 32) & 0x8FFF_FFFF | 0x3000_0000)
            }
        }
    #endif

    @Test func doublesAreRoundedToNearestEven() throws {
        // 1 + 2⁻²⁴ lies halfway to the next Float32 and goes to the even one; a little more goes up.
        let values: [Double] = [
            0x1.000001p0, 0x1.0000010000001p0, 0x1.000003p0, 1e39, -1e39, 0x1p-149, 0x1p-151, -0.0,
        ]
        let bytes = values.flatMap { value in withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) } }
        let result = try #require(FloatConversion.float32(tensor(.f64, [values.count], bytes: bytes))).floats
        let rounded: [Float] = [1, 0x1.000002p0, 0x1.000004p0, .infinity, -.infinity, 0x1p-149, 0, 0]
        #expect(result == rounded)
        #expect(result[7].sign == .minus)
    }

    @Test func integersAreNotConverted() {
        #expect(FloatConversion.float32(tensor(.i64, [1], bytes: Array(repeating: 0, count: 8))) == nil)
        #expect(FloatConversion.float32(tensor(.bool, [1], bytes: [1])) == nil)
    }

    @Test func firstNonFiniteNamesIndexAndBits() {
        var values = [Float](repeating: 1, count: 10_000)
        #expect(firstNonFinite(Tensor(values, shape: [10_000])) == nil)
        values[9_999] = .infinity
        values[5_000] = Float(bitPattern: 0xFF80_0001)
        let found = firstNonFinite(Tensor(values, shape: [100, 100]))
        #expect(found == NonFinite(index: 5_000, bits: 0xFF80_0001, dtype: .f32))
        #expect(found?.description == "element 5000 is 0xff800001 (F32, NaN)")
        #expect(firstNonFinite(tensor(.f16, [2], bytes: [0xFF, 0x7B, 0x00, 0xFC]))?.bits == 0xFC00)
        #expect(firstNonFinite(tensor(.bf16, [2], bytes: [0x7F, 0x7F, 0x80, 0x7F]))?.index == 1)
        #expect(firstNonFinite(tensor(.f64, [1], bytes: [0, 0, 0, 0, 0, 0, 0xF0, 0x7F]))?.dtype == .f64)
        #expect(firstNonFinite(tensor(.i16, [1], bytes: [0xFF, 0xFF])) == nil)
    }
}
