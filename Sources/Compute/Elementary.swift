import CKernels

/// The contract's own elementary functions (rule 7), one value at a time. Float32 results are correctly rounded.
package enum Elementary {
    private static var table: ck_elementwise_table { ck_kernels_for(CK_ISA_BASELINE).pointee.elementwise }

    private static func one(_ x: Float, _ kernel: (UnsafeMutablePointer<Float>?, UnsafePointer<Float>?, Int) -> Void)
        -> Float
    {
        var (x, y) = (x, Float(0))
        kernel(&y, &x, 1)
        return y
    }

    /// eˣ.
    package static func exp(_ x: Float) -> Float { one(x, table.exp) }
    /// ln x.
    package static func log(_ x: Float) -> Float { one(x, table.log) }
    /// sin x.
    package static func sin(_ x: Float) -> Float { one(x, table.sin) }
    /// cos x.
    package static func cos(_ x: Float) -> Float { one(x, table.cos) }
    /// tanh x.
    package static func tanh(_ x: Float) -> Float { one(x, table.tanh) }
    /// 1 / (1 + e⁻ˣ).
    package static func sigmoid(_ x: Float) -> Float { one(x, table.sigmoid) }
    /// eˣ in double, within about one ulp, the same bits everywhere.
    package static func exp(_ x: Double) -> Double { table.exp_double(x) }
    /// ln x in double.
    package static func log(_ x: Double) -> Double { table.log_double(x) }
    /// cos x in double.
    package static func cos(_ x: Double) -> Double { table.cos_double(x) }
}
