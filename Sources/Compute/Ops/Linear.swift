import CKernels

extension Engine {
    /// `y = x·Wᵀ + b`: x [samples, …, in], weight [out, in], bias [out]. Result [samples, …, out].
    package func linear(_ x: Tensor, weight: Tensor, bias: Tensor?) -> Tensor {
        begin("linear", [x, weight, bias])
        let (out, width) = (weight.shape[0], weight.shape[1])
        precondition(x.shape.last == width, "linear: input \(x.shape), weight \(weight.shape)")
        let rows = x.count / width
        let y = Tensor(uninitialized: x.shape.dropLast() + [out])
        var plan = plan(m: rows, n: out, k: width)
        plan.a = UnsafePointer(x.pointer)
        plan.b = UnsafePointer(weight.pointer)
        plan.c = y.pointer
        plan.b_kind = CK_B_COLUMNS
        plan.lda = Int64(width)
        plan.ldb = Int64(width)
        plan.ldc = Int64(out)
        plan.bias_column = bias.map { UnsafePointer($0.pointer) }
        run(plan)
        end([y])
        return y
    }

    /// `dx = dy·W`.
    package func linearInputGradient(_ dy: Tensor, weight: Tensor) -> Tensor {
        begin("linear input gradient", [dy, weight])
        let (out, width) = (weight.shape[0], weight.shape[1])
        let rows = dy.count / out
        let dx = Tensor(uninitialized: dy.shape.dropLast() + [width])
        var plan = plan(m: rows, n: width, k: out)
        plan.a = UnsafePointer(dy.pointer)
        plan.b = UnsafePointer(weight.pointer)
        plan.c = dx.pointer
        plan.lda = Int64(out)
        plan.ldb = Int64(width)
        plan.ldc = Int64(width)
        run(plan)
        end([dx])
        return dx
    }

    /// `dW += dyᵀ·x`, sample after sample: a chunk never crosses a sample, so batches may be split anywhere.
    package func accumulateLinearWeightGradient(_ dy: Tensor, _ x: Tensor, into dw: Tensor) {
        begin("linear weight gradient", [dy, x, dw])
        let (out, width, samples) = (dw.shape[0], dw.shape[1], x.shape[0])
        let rows = x.count / width / samples
        var plan = plan(m: out, n: width, k: rows)
        plan.segments = Int64(samples)
        plan.a = UnsafePointer(dy.pointer)
        plan.b = UnsafePointer(x.pointer)
        plan.c = dw.pointer
        plan.a_kind = CK_A_COLUMNS
        plan.lda = Int64(out)
        plan.ldb = Int64(width)
        plan.ldc = Int64(width)
        plan.a_segment = Int64(rows * out)
        plan.b_segment = Int64(rows * width)
        plan.accumulate = 1
        run(plan)
        end([dw])
    }

    /// `y[j] += Σ rows of x[…, j]`, sample after sample, chains over 256 rows.
    package func accumulateColumnSums(_ x: Tensor, into y: Tensor) {
        begin("column sums", [x, y])
        let (width, samples) = (y.count, x.shape[0])
        let rows = x.count / width / samples
        let (source, target, sum) = (x.pointer, y.pointer, kernels.pointee.reduce.add_column_sums!)
        let strip = 256
        pool.run(tasks: (width + strip - 1) / strip) { task, _ in
            for sample in 0..<samples {
                sum(target, source + sample * rows * width, rows, width, task * strip, min(width, (task + 1) * strip))
            }
        }
        end([y])
    }
}
