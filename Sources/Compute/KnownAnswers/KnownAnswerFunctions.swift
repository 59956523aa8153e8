import CKernels

/// Kernels that no operation of `Engine` shows by itself: double functions, random bits and integers, single arithmetic steps.
extension KnownAnswer {
    static let functions: [KnownAnswer] = [
        KnownAnswer("double functions", "d02caf285844afb8") { e in
            let (x, table) = (
                Samples.spread([2003], 246).floats.map(Double.init), e.isa.kernels.elementwise
            )
            return [
                x.map { table.exp_double($0 * 0x1p-6) }, x.map { table.log_double($0 * $0) },
                x.map { table.sin_double($0) }, x.map { table.cos_double($0) },
            ].map { tensor($0, .f64) }
        },
        KnownAnswer("random numbers", "d0be1023ff657334") { e in
            let stream = ck_random_stream(seed: 0x0123_4567_89ab_cdef, stream: 7, step: 42)
            let (table, count) = (e.isa.kernels.random, 10_007)
            // Across the carry into the counter's second word.
            let start: UInt64 = 1 << 34 - 5003
            var (bits, below) = ([UInt32](repeating: 0, count: count), [UInt64](repeating: 0, count: count))
            let (uniform, normal) = (Tensor(uninitialized: [count]), Tensor(uninitialized: [count]))
            table.bits(&bits, stream, start, count)
            table.below(&below, stream, 1_000_003, start, count)
            table.uniform(uniform.pointer, stream, start, count)
            table.normal(normal.pointer, stream, start, count)
            return [tensor(bits, .u32), tensor(below, .u64), uniform, normal]
        },
        KnownAnswer("arithmetic in single steps", "d43cc7b73d2c42aa") { e in
            let (a, b) = (Samples.spread([61, 331], 247), Samples.spread([61, 331], 248))
            let (table, column) = (e.isa.kernels.elementwise, Samples.spread([61], 249))
            let (quotient, square, sum) = (a.copy(), a.copy(), a.copy())
            let (shifted, byRow) = (a.copy(), a.copy())
            table.div(quotient.pointer, a.pointer, b.pointer, a.count)
            table.squared_difference(square.pointer, a.pointer, b.pointer, a.count)
            table.add_scaled(sum.pointer, b.pointer, 0.7, a.count)
            table.add_scalar(shifted.pointer, a.pointer, 0.3, a.count)
            table.add_column(byRow.pointer, a.pointer, column.pointer, 61, 331)
            return [quotient, square, sum, shifted, byRow]
        },
    ]

    private static func tensor<Value: BitwiseCopyable>(_ values: [Value], _ dtype: DType) -> Tensor {
        let result = Tensor(uninitialized: [values.count], dtype: dtype)
        values.withUnsafeBytes { result.storage.base.copyMemory(from: $0.baseAddress!, byteCount: $0.count) }
        return result
    }
}
