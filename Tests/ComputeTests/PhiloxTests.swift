import CKernels
import Foundation
import Testing

@Suite struct PhiloxTests {
    private let stream = ck_random_stream(seed: 0x0123_4567_89ab_cdef, stream: 7, step: 42)

    private func words(
        _ kernels: ck_kernels, _ stream: ck_random_stream, from start: UInt64, count: Int
    ) -> [UInt32] {
        var out = [UInt32](repeating: 0, count: count)
        kernels.random.bits(&out, stream, start, count)
        return out
    }

    private func normals(_ kernels: ck_kernels, _ stream: ck_random_stream, from start: UInt64, count: Int) -> [Float] {
        var out = [Float](repeating: 0, count: count)
        kernels.random.normal(&out, stream, start, count)
        return out
    }

    /// The known answers of the Random123 distribution (kat_vectors, philox4x32 10).
    @Test func knownAnswers() {
        let ones = UInt32.max
        let cases: [(counter: [UInt32], key: [UInt32], expected: [UInt32])] = [
            ([0, 0, 0, 0], [0, 0], [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]),
            ([ones, ones, ones, ones], [ones, ones], [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]),
            (
                [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344], [0xa409_3822, 0x299f_31d0],
                [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]
            ),
        ]
        for (_, kernels) in ElementaryKernelSets.all {
            for (counter, key, expected) in cases {
                var out = [UInt32](repeating: 0, count: 4)
                kernels.random.philox(&out, counter, key)
                #expect(out == expected)
            }
        }
    }

    /// The counter and key layout of the contract, word by word, across the carry into the counter's second word.
    @Test func streamLayout() {
        for (_, kernels) in ElementaryKernelSets.all {
            for start: UInt64 in [0, 3, (1 << 34) - 5] {
                let found = words(kernels, stream, from: start, count: 11)
                for (offset, word) in found.enumerated() {
                    let index = start + UInt64(offset)
                    let block = index / 4
                    let counter = [UInt32(truncatingIfNeeded: block), UInt32(block >> 32), 42, 7]
                    var out = [UInt32](repeating: 0, count: 4)
                    kernels.random.philox(&out, counter, [0x89ab_cdef, 0x0123_4567])
                    #expect(word == out[Int(index % 4)])
                }
            }
        }
    }

    @Test func elementsDoNotDependOnTheSplit() {
        let count = 333
        for (_, kernels) in ElementaryKernelSets.all {
            let bits = words(kernels, stream, from: 0, count: count)
            let values = normals(kernels, stream, from: 0, count: count)
            for (start, length) in [(0, 1), (1, 1), (5, 3), (17, 100), (31, 2), (33, 300), (332, 1), (40, 0)] {
                #expect(
                    words(kernels, stream, from: UInt64(start), count: length) == Array(bits[start..<start + length]))
                let part = normals(kernels, stream, from: UInt64(start), count: length)
                #expect(part.map(\.bitPattern) == values[start..<start + length].map(\.bitPattern))
            }
        }
    }

    @Test func uniformsAreTheHighBits() {
        for (_, kernels) in ElementaryKernelSets.all {
            let bits = words(kernels, stream, from: 9, count: 1000)
            var uniforms = [Float](repeating: -1, count: 1000)
            kernels.random.uniform(&uniforms, stream, 9, 1000)
            #expect(uniforms == bits.map { Float($0 >> 8) / 16_777_216 })
            #expect(uniforms.allSatisfy { $0 >= 0 && $0 < 1 })
        }
    }

    @Test(arguments: [UInt64(1), 2, 1000, 6_700_417, UInt64.max])
    func integersAreTheHighHalfOfAProduct(bound: UInt64) {
        for (_, kernels) in ElementaryKernelSets.all {
            let bits = words(kernels, stream, from: 0, count: 420)
            var integers = [UInt64](repeating: .max, count: 200)
            kernels.random.below(&integers, stream, bound, 10, 200)
            let expected = (10..<210).map { index -> UInt64 in
                let draw = UInt64(bits[2 * index]) | UInt64(bits[2 * index + 1]) << 32
                return draw.multipliedFullWidth(by: bound).high
            }
            #expect(integers == expected)
            #expect(integers.allSatisfy { $0 < bound })
        }
    }

    /// The written Box-Muller transform, with Foundation's functions.
    @Test func normalsAreBoxMuller() {
        for (_, kernels) in ElementaryKernelSets.all {
            let bits = words(kernels, stream, from: 0, count: 4000).map(Double.init)
            let values = normals(kernels, stream, from: 0, count: 4000)
            for pair in 0..<2000 {
                let radius = (-2 * log((bits[2 * pair] + 0.5) / 4_294_967_296)).squareRoot()
                let angle = 2 * Double.pi * bits[2 * pair + 1] / 4_294_967_296
                for (value, expected) in [
                    (values[2 * pair], radius * cos(angle)), (values[2 * pair + 1], radius * sin(angle)),
                ] {
                    #expect(abs(Double(value) - expected) <= Double(Float(expected).ulp) + 1e-14)
                }
            }
        }
    }

    @Test func normalsHaveTheMomentsOfANormal() {
        let count = 200_000
        guard let (_, kernels) = ElementaryKernelSets.all.last else { return }
        let values = normals(kernels, stream, from: 0, count: count).map(Double.init)
        let n = Double(count)
        let mean = values.reduce(0, +) / n
        let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / n
        let skewness = values.reduce(0) { $0 + $1 * $1 * $1 } / n
        let kurtosis = values.reduce(0) { $0 + $1 * $1 * $1 * $1 } / n
        // Five standard errors each: 1, sqrt 2, sqrt 15 and sqrt 96 over sqrt n.
        let error = 5 / n.squareRoot()
        #expect(abs(mean) < error)
        #expect(abs(variance - 1) < 1.42 * error)
        #expect(abs(skewness) < 3.88 * error)
        #expect(abs(kurtosis - 3) < 9.8 * error)
        let beyondTwo = Double(values.count { abs($0) > 2 }) / n
        #expect(abs(beyondTwo - 0.0455) < 0.0024)
    }

    @Test func streamsStepsAndSeedsDiffer() {
        guard let (_, kernels) = ElementaryKernelSets.all.last else { return }
        let variants = [
            stream, ck_random_stream(seed: stream.seed, stream: 8, step: 42),
            ck_random_stream(seed: stream.seed, stream: 7, step: 43),
            ck_random_stream(seed: stream.seed ^ 1 << 63, stream: 7, step: 42),
        ]
        let drawn = variants.map { words(kernels, $0, from: 0, count: 8) }
        #expect(Set(drawn).count == variants.count)
    }

    @Test func instructionSetsAgree() {
        let first = ElementaryKernelSets.all[0].kernels
        for (name, kernels) in ElementaryKernelSets.all.dropFirst() {
            let a = normals(first, stream, from: 3, count: 20_000).map(\.bitPattern)
            let b = normals(kernels, stream, from: 3, count: 20_000).map(\.bitPattern)
            #expect(a == b, "\(name)")
        }
    }
}
