import CKernels

extension Engine {
    /// `y = x·Wᵀ + b`: x [samples, …, in], weight [out, in], bias [out]. Result [samples, …, out].
    package func linear(_ x: Tensor, weight: Tensor, bias: Tensor?) -> Tensor {
        begin("linear", [x, weight, bias])
        let (out, width) = (weight.shape[0], weight.shape[1])
        precondition(x.shape.last == width, "linear: input \(x.shape), weight \(weight.shape)")
        let y = tensor(x.shape.dropLast() + [out])
        var layout = Product.layout(m: x.count / width, n: out, k: width)
        layout.b_kind = CK_B_COLUMNS
        layout.lda = Int64(width)
        layout.ldb = Int64(width)
        layout.ldc = Int64(out)
        device.run(.product(Product(.y, layout, x, weight, to: y, columnBias: bias)))
        end([y])
        return y
    }

    /// `dx = dy·W`.
    package func linearInputGradient(_ dy: Tensor, weight: Tensor) -> Tensor {
        begin("linear input gradient", [dy, weight])
        let (out, width) = (weight.shape[0], weight.shape[1])
        let dx = tensor(dy.shape.dropLast() + [width])
        var layout = Product.layout(m: dy.count / out, n: width, k: out)
        layout.lda = Int64(out)
        layout.ldb = Int64(width)
        layout.ldc = Int64(width)
        device.run(.product(Product(.dx, layout, dy, weight, to: dx)))
        end([dx])
        return dx
    }

    /// `dW += dyᵀ·x`, sample after sample: a chunk never crosses a sample, so batches may be split anywhere.
    package func accumulateLinearWeightGradient(_ dy: Tensor, _ x: Tensor, into dw: Tensor) {
        begin("linear weight gradient", [dy, x, dw])
        let (out, width, samples) = (dw.shape[0], dw.shape[1], x.shape[0])
        let rows = x.count / width / samples
        var layout = Product.layout(m: out, n: width, k: rows)
        layout.segments = Int64(samples)
        layout.a_kind = CK_A_COLUMNS
        layout.lda = Int64(out)
        layout.ldb = Int64(width)
        layout.ldc = Int64(width)
        layout.a_segment = Int64(rows * out)
        layout.b_segment = Int64(rows * width)
        layout.accumulate = 1
        device.run(.product(Product(.dW, layout, dy, x, to: dw)))
        end([dw])
    }

    /// `y[j] += Σ rows of x[…, j]`, sample after sample, a chain a chunk of rows.
    package func accumulateColumnSums(_ x: Tensor, into y: Tensor) {
        begin("column sums", [x, y])
        device.run(.columnSums(x, into: y))
        end([y])
    }
}

extension Tape {
    /// `x·Wᵀ + b`: x [samples, …, in], weight [out, in], bias [out].
    package func linear(_ x: Variable, _ weight: Parameter, _ bias: Parameter?) -> Variable {
        let y = engine.linear(x.value, weight: weight.value, bias: bias?.value)
        // Only the weight's gradient needs the input.
        let kept = weight.isTrainable ? Saved(x.value) : nil
        return record(y, from: [x], parameters: [weight, bias]) { [unowned self, to = x.node] dy in
            if let kept, let sum = weight.gradientSum(on: engine) {
                engine.accumulateLinearWeightGradient(dy, kept.value, into: sum)
            }
            if let sum = bias?.gradientSum(on: engine) { engine.accumulateColumnSums(dy, into: sum) }
            accumulate(engine.linearInputGradient(dy, weight: weight.value), into: to)
        }
    }

    /// A convolution whose kernel and stride are one square, as a product of squares and weights: x [n, c, h, w], weight
    /// [out, c, edge, edge], bias [out]; result [n, squares, out]. It takes kernels of any size.
    package func patchEmbedding(_ x: Variable, _ weight: Parameter, _ bias: Parameter? = nil) -> Variable {
        let (edge, flat) = (weight.value.shape[3], [weight.value.shape[0], weight.value.shape[1...].reduce(1, *)])
        let patches = Saved(engine.patches(of: x.value, edge: edge))
        let y = engine.linear(patches.value, weight: weight.value.reshaped(flat), bias: bias?.value)
        return record(y, from: [x], parameters: [weight, bias]) {
            [unowned self, to = x.node, inputShape = x.shape] dy in
            if let sum = weight.gradientSum(on: engine) {
                engine.accumulateLinearWeightGradient(dy, patches.value, into: sum.reshaped(flat))
            }
            if let sum = bias?.gradientSum(on: engine) { engine.accumulateColumnSums(dy, into: sum) }
            accumulate(
                engine.assembled(
                    engine.linearInputGradient(dy, weight: weight.value.reshaped(flat)), edge: edge, shape: inputShape),
                into: to)
        }
    }
}
