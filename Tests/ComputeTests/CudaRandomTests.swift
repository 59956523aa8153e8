import CCuda
import CKernels
import Compute
import Testing

/// The device's streams and rounded functions against the kernels of the host.
@Suite struct CudaRandomTests {
    /// Any part of a stream, wherever it lies in its blocks and in memory; across the carry into the counter's second word.
    @Test(arguments: [0, 1, 3]) func drawsAreTheStreams(shift: Int) {
        let pair = DevicePair()
        let stream = RandomStream(seed: 0xfedc_ba98_7654_3210, .sampler, step: 77)
        for (start, count) in [(0, 1), (0, 4), (1, 2), (3, 9), (2, 4097), (1 << 34 - 7, 20)] {
            for distribution in RandomDistribution.allCases {
                pair.compare([Tensor(zeros: [count])], shift: shift, "\(distribution), \(start), \(count)") { e, x in
                    e.device.run(.draw(distribution, stream, start: start, to: x[0]))
                    return x + [e.drawn(distribution, stream, start: start, shape: [count])]
                }
            }
        }
        let before = pair.device.traffic
        _ = pair.cuda.stacked((0..<3).map { pair.cuda.normals(stream, start: 7 * $0, shape: [1, 7]) })
        #expect(pair.device.traffic == before, "nothing crosses to draw")
        #expect(pair.cuda.normals(stream, start: 5, shape: [0]).floats.isEmpty)
        #expect(pair.cuda.normals(stream, start: 5, shape: [3]).floats == stream.normals(start: 5, shape: [3]).floats)
    }

    @Test func wordsAreTheStreams() {
        let (emulated, count) = (EmulatedKernels(), 1003)
        let found = emulated.room(count, of: UInt32.self)
        let start = UInt64(1 << 34 - 501)
        emulated.launch(
            "draw_words",
            cu_draw(y: found, start: start, count: Int64(count), key_low: 3, key_high: 4, stream: 9, step: 5),
            blocks: (2, 1, 1), threads: 64)
        var expected = [UInt32](repeating: 0, count: count)
        let key = ck_random_stream(seed: 4 << 32 | 3, stream: 9, step: 5)
        ck_kernels_for(CK_ISA_BASELINE).pointee.random.bits(&expected, key, start, count)
        #expect(emulated.read(found, count) == expected)
    }

    /// Inputs over all of Float32, the specials and their neighbours, and those that are patched.
    @Test(arguments: ElementaryFunction.allCases) func functionsAreRoundedAlike(_ function: ElementaryFunction) {
        let patched: [UInt32] = [
            0x3c41_3d3a, 0x4117_8feb, 0x4c5d_65a5, 0x65d8_90d3, 0x6f31_a8ec, 0x4619_9998, 0x5f18_b878, 0x6115_cb11,
            0xba92_8601,
        ]
        let ends: [UInt32] = [
            0, 1, 0x0080_0000, 0x3880_0000, 0x3f00_0000, 0x3f80_0000, 0x42dc_0000, 0x4900_0000, 0x7f7f_ffff,
            0x7f80_0000,
            0x7fc0_0000,
        ]
        let spread = (0..<40_000).map { UInt32(truncatingIfNeeded: $0 * 107_377) }
        let bits = ends.flatMap { [$0 &- 1, $0, $0 + 1] }.flatMap { [$0, $0 ^ 1 << 31] } + patched + spread
        let values = bits.map(Float.init(bitPattern:))
        let pair = DevicePair()
        pair.compare([Tensor(values, shape: [values.count])], "\(function)") { e, x in [e.apply(function, x[0])] }
    }
}
