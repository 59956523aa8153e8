import CKernels

/// A function of one value, applied to every element.
package enum Activation: Sendable {
    /// x·σ(x).
    case silu
    /// x·Φ(x), by erf.
    case gelu
    /// x·σ(1.702·x), as OpenAI's CLIP.
    case quickGELU
}

extension Engine {
    /// `activation(x)`, element by element.
    package func apply(_ activation: Activation, _ x: Tensor) -> Tensor {
        begin("\(activation)", [x])
        let table = kernels.pointee.elementwise
        let kernel =
            switch activation {
            case .silu: table.silu!
            case .gelu: table.gelu!
            case .quickGELU: table.quick_gelu!
            }
        let y = Tensor(uninitialized: x.shape)
        let (source, target) = (x.pointer, y.pointer)
        overSpans(x.count) { kernel(target + $0.lowerBound, source + $0.lowerBound, $0.count) }
        end([y])
        return y
    }

    /// `dy·activation′(x)`, element by element.
    package func applyBackward(_ activation: Activation, _ dy: Tensor, x: Tensor) -> Tensor {
        begin("\(activation) backward", [dy, x])
        let table = kernels.pointee.elementwise
        let kernel =
            switch activation {
            case .silu: table.silu_backward!
            case .gelu: table.gelu_backward!
            case .quickGELU: table.quick_gelu_backward!
            }
        let dx = Tensor(uninitialized: x.shape)
        let (source, gradient, target) = (x.pointer, dy.pointer, dx.pointer)
        overSpans(x.count) { span in
            let at = span.lowerBound
            kernel(target + at, gradient + at, source + at, span.count)
        }
        end([dx])
        return dx
    }

    /// GEGLU: x [rows…, 2d] split into hidden and gate; hidden·gelu(gate), [rows…, d].
    package func geglu(_ x: Tensor) -> Tensor {
        begin("geglu", [x])
        let d = x.shape.last! / 2
        let y = Tensor(uninitialized: x.shape.dropLast() + [d])
        let (source, target, kernel) = (x.pointer, y.pointer, kernels.pointee.elementwise.geglu!)
        overRowSpans(x.count / (2 * d), d) {
            kernel(target + $0.lowerBound * d, source + $0.lowerBound * 2 * d, $0.count, d)
        }
        end([y])
        return y
    }

    /// The gradient of `geglu`'s input.
    package func gegluBackward(_ dy: Tensor, x: Tensor) -> Tensor {
        begin("geglu backward", [dy, x])
        let d = x.shape.last! / 2
        let dx = Tensor(uninitialized: x.shape)
        let (source, gradient, target) = (x.pointer, dy.pointer, dx.pointer)
        let kernel = kernels.pointee.elementwise.geglu_backward!
        overRowSpans(x.count / (2 * d), d) { rows in
            let at = rows.lowerBound * d
            kernel(target + 2 * at, gradient + at, source + 2 * at, rows.count, d)
        }
        end([dx])
        return dx
    }

    /// `a + b`.
    package func add(_ a: Tensor, _ b: Tensor) -> Tensor {
        combine("add", a, b, kernels.pointee.elementwise.add)
    }

    /// `a − b`.
    package func subtract(_ a: Tensor, _ b: Tensor) -> Tensor {
        combine("subtract", a, b, kernels.pointee.elementwise.sub)
    }

    /// `a·b`.
    package func multiply(_ a: Tensor, _ b: Tensor) -> Tensor {
        combine("multiply", a, b, kernels.pointee.elementwise.mul)
    }

    /// `x·s`.
    package func scale(_ x: Tensor, by s: Float) -> Tensor {
        begin("scale", [x])
        let y = Tensor(uninitialized: x.shape)
        let (source, target, kernel) = (x.pointer, y.pointer, kernels.pointee.elementwise.scale!)
        overSpans(x.count) { kernel(target + $0.lowerBound, source + $0.lowerBound, s, $0.count) }
        end([y])
        return y
    }

    /// `x ← x·s` in place.
    package func scaleInPlace(_ x: Tensor, by s: Float) {
        begin("scale", [x])
        let (target, kernel) = (x.pointer, kernels.pointee.elementwise.scale!)
        overSpans(x.count) { kernel(target + $0.lowerBound, target + $0.lowerBound, s, $0.count) }
        end([x])
    }

    /// `a·alpha + b·beta`: two products, one sum.
    package func blend(_ a: Tensor, _ alpha: Float, _ b: Tensor, _ beta: Float) -> Tensor {
        begin("blend", [a, b])
        precondition(a.shape == b.shape)
        let y = Tensor(uninitialized: a.shape)
        let (left, right, target) = (a.pointer, b.pointer, y.pointer)
        let kernel = kernels.pointee.elementwise.axpby!
        overSpans(a.count) { span in
            let at = span.lowerBound
            kernel(target + at, left + at, right + at, alpha, beta, span.count)
        }
        end([y])
        return y
    }

    /// x [n, c, …] plus e [n, c], the same for every position.
    package func addPerChannel(_ x: Tensor, _ e: Tensor) -> Tensor {
        begin("add per channel", [x, e])
        let (rows, width) = (e.count, x.count / e.count)
        let y = Tensor(uninitialized: x.shape)
        let (source, bias, target) = (x.pointer, e.pointer, y.pointer)
        let kernel = kernels.pointee.elementwise.add_column!
        overRowSpans(rows, width) { span in
            let at = span.lowerBound
            kernel(target + at * width, source + at * width, bias + at, span.count, width)
        }
        end([y])
        return y
    }

    /// x [n, t, d] plus rows [t, d], the same for every sample.
    package func addRows(_ x: Tensor, _ rows: Tensor) -> Tensor {
        begin("add rows", [x, rows])
        let (n, width) = (x.shape[0], rows.count)
        let y = Tensor(uninitialized: x.shape)
        let (source, bias, target) = (x.pointer, rows.pointer, y.pointer)
        let kernel = kernels.pointee.elementwise.add_row!
        overRowSpans(n, width) { span in
            let at = span.lowerBound * width
            kernel(target + at, source + at, bias, span.count, width)
        }
        end([y])
        return y
    }

    /// Sums over the positions of x [n, c, …] by rule 4: [n, c].
    package func planeSums(_ x: Tensor) -> Tensor {
        begin("plane sums", [x])
        let (rows, width) = (x.shape[0] * x.shape[1], x.count / x.shape[0] / x.shape[1])
        let y = Tensor(uninitialized: [x.shape[0], x.shape[1]])
        let (source, target, sum) = (x.pointer, y.pointer, kernels.pointee.reduce.sum!)
        overRowSpans(rows, width) { for row in $0 { target[row] = sum(source + row * width, width) } }
        end([y])
        return y
    }

    private typealias Pairwise = (
        UnsafeMutablePointer<Float>?, UnsafePointer<Float>?, UnsafePointer<Float>?, Int
    ) -> Void

    private func combine(_ operation: String, _ a: Tensor, _ b: Tensor, _ kernel: Pairwise) -> Tensor {
        begin(operation, [a, b])
        precondition(a.shape == b.shape, "shapes differ: \(a.shape) and \(b.shape)")
        let y = Tensor(uninitialized: a.shape)
        let (left, right, target) = (a.pointer, b.pointer, y.pointer)
        overSpans(a.count) { kernel(target + $0.lowerBound, left + $0.lowerBound, right + $0.lowerBound, $0.count) }
        end([y])
        return y
    }

    /// Runs `body(rows)` over `rows` rows of `width` elements in fixed spans.
    func overRowSpans(_ rows: Int, _ width: Int, _ body: (Range<Int>) -> Void) {
        let perTask = max(1, Engine.span / max(1, width))
        pool.run(tasks: (rows + perTask - 1) / perTask) { task, _ in
            body(task * perTask..<min(rows, (task + 1) * perTask))
        }
    }
}
