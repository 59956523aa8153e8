import CKernels

/// A matrix product C = A·B (+ biases), or C += A·B, by rule 2 of the contract: which values, in which order of the inner
/// index, and what it is computed for. A class: one is made for every product, and small products feel each copy.
package final class Product {
    /// What a product is computed for. The bits of `ref-1` do not depend on it; another contract may treat kinds apart.
    package enum Kind: Sendable {
        /// A product by itself.
        case matrix
        /// A layer's result.
        case y
        /// The gradient of a layer's input.
        case dx
        /// The gradient of a layer's weight.
        case dW
        /// Attention: queries by keys.
        case scores
        /// Attention: probabilities by values.
        case values
        /// Attention: the gradients of the probabilities, queries, keys and values.
        case dP, dQ, dK, dV
    }

    /// What it is computed for.
    package let kind: Kind
    /// Left operand, right operand, result.
    package let a, b, c: Tensor
    /// Values added once, last: one a row of C, one a column of C.
    package let rowBias, columnBias: Tensor?
    /// Extents, strides and the order of the inner index, without addresses.
    let layout: ck_gemm

    /// The product of `a` and `b` as `layout` reads them.
    init(
        _ kind: Kind, _ layout: ck_gemm, _ a: Tensor, _ b: Tensor, to c: Tensor, rowBias: Tensor? = nil,
        columnBias: Tensor? = nil
    ) {
        self.kind = kind
        self.layout = layout
        (self.a, self.b, self.c) = (a, b, c)
        (self.rowBias, self.columnBias) = (rowBias, columnBias)
    }

    /// A layout with one segment, one group of columns and no batch.
    static func layout(m: Int, n: Int, k: Int) -> ck_gemm {
        var layout = ck_gemm()
        layout.m = Int64(m)
        layout.n = Int64(n)
        layout.k = Int64(k)
        layout.segments = 1
        layout.group_columns = Int64(n)
        layout.batch_outer = 1
        layout.batch_inner = 1
        return layout
    }

    /// The layout with the operands' addresses in the host's memory, as the kernels take it.
    var addressed: ck_gemm {
        var plan = layout
        plan.a = UnsafePointer(a.pointer)
        plan.b = UnsafePointer(b.pointer)
        plan.c = c.pointer
        plan.bias_row = rowBias.map { UnsafePointer($0.pointer) }
        plan.bias_column = columnBias.map { UnsafePointer($0.pointer) }
        return plan
    }
}
