import CKernels

/// Functions of single elements by the kernels.
extension ReferenceDevice {
    func apply(_ activation: Activation, _ x: Tensor, _ y: Tensor) {
        let table = kernels.elementwise
        let kernel =
            switch activation {
            case .silu: table.silu!
            case .gelu: table.gelu!
            case .quickGELU: table.quick_gelu!
            }
        map(kernel, x, y)
    }

    /// y = kernel(x), element by element.
    private func map(
        _ kernel: (UnsafeMutablePointer<Float>?, UnsafePointer<Float>?, Int) -> Void, _ x: Tensor, _ y: Tensor
    ) {
        let (source, target) = (x.pointer, y.pointer)
        overSpans(x.count) { kernel(target + $0.lowerBound, source + $0.lowerBound, $0.count) }
    }

    func applyBackward(_ activation: Activation, _ dy: Tensor, _ x: Tensor, _ dx: Tensor) {
        let table = kernels.elementwise
        let kernel =
            switch activation {
            case .silu: table.silu_backward!
            case .gelu: table.gelu_backward!
            case .quickGELU: table.quick_gelu_backward!
            }
        let (source, gradient, target) = (x.pointer, dy.pointer, dx.pointer)
        overSpans(x.count) { span in
            let at = span.lowerBound
            kernel(target + at, gradient + at, source + at, span.count)
        }
    }

    func apply(_ function: ElementaryFunction, _ x: Tensor, _ y: Tensor) {
        let table = kernels.elementwise
        let kernel =
            switch function {
            case .exp: table.exp!
            case .log: table.log!
            case .sin: table.sin!
            case .cos: table.cos!
            case .tanh: table.tanh!
            case .erf: table.erf!
            case .sigmoid: table.sigmoid!
            case .squareRoot: table.sqrt!
            }
        map(kernel, x, y)
    }

    func draw(_ distribution: RandomDistribution, _ stream: RandomStream, _ start: Int, _ y: Tensor) {
        let kernel =
            switch distribution {
            case .uniform: kernels.random.uniform!
            case .normal: kernels.random.normal!
            }
        let (target, key) = (y.pointer, stream.key)
        overSpans(y.count) { kernel(target + $0.lowerBound, key, UInt64(start + $0.lowerBound), $0.count) }
    }

    func geglu(_ x: Tensor, _ y: Tensor) {
        let d = x.shape.last! / 2
        let (source, target, kernel) = (x.pointer, y.pointer, kernels.elementwise.geglu!)
        overRowSpans(x.count / (2 * d), d) {
            kernel(target + $0.lowerBound * d, source + $0.lowerBound * 2 * d, $0.count, d)
        }
    }

    func gegluBackward(_ dy: Tensor, _ x: Tensor, _ dx: Tensor) {
        let d = x.shape.last! / 2
        let (source, gradient, target) = (x.pointer, dy.pointer, dx.pointer)
        let kernel = kernels.elementwise.geglu_backward!
        overRowSpans(x.count / (2 * d), d) { rows in
            let at = rows.lowerBound * d
            kernel(target + 2 * at, gradient + at, source + 2 * at, rows.count, d)
        }
    }

    func combine(_ arithmetic: Arithmetic, _ a: Tensor, _ b: Tensor, _ y: Tensor) {
        let table = kernels.elementwise
        let kernel =
            switch arithmetic {
            case .add: table.add!
            case .subtract: table.sub!
            case .multiply: table.mul!
            }
        let (left, right, target) = (a.pointer, b.pointer, y.pointer)
        overSpans(a.count) { kernel(target + $0.lowerBound, left + $0.lowerBound, right + $0.lowerBound, $0.count) }
    }

    func scale(_ x: Tensor, _ s: Float, _ y: Tensor) {
        let (source, target, kernel) = (x.pointer, y.pointer, kernels.elementwise.scale!)
        overSpans(x.count) { kernel(target + $0.lowerBound, source + $0.lowerBound, s, $0.count) }
    }

    func blend(_ a: Tensor, _ alpha: Float, _ b: Tensor, _ beta: Float, _ y: Tensor) {
        let (left, right, target) = (a.pointer, b.pointer, y.pointer)
        let kernel = kernels.elementwise.axpby!
        overSpans(a.count) { span in
            let at = span.lowerBound
            kernel(target + at, left + at, right + at, alpha, beta, span.count)
        }
    }

    func addPerChannel(_ x: Tensor, _ e: Tensor, _ y: Tensor) {
        let (rows, width) = (e.count, x.count / e.count)
        let (source, bias, target) = (x.pointer, e.pointer, y.pointer)
        let kernel = kernels.elementwise.add_column!
        overRowSpans(rows, width) { span in
            let at = span.lowerBound
            kernel(target + at * width, source + at * width, bias + at, span.count, width)
        }
    }

    func addRows(_ x: Tensor, _ rows: Tensor, _ y: Tensor) {
        let (n, width) = (x.shape[0], rows.count)
        let (source, bias, target) = (x.pointer, rows.pointer, y.pointer)
        let kernel = kernels.elementwise.add_row!
        overRowSpans(n, width) { span in
            let at = span.lowerBound * width
            kernel(target + at, source + at, bias, span.count, width)
        }
    }

    func perSample(_ formula: SampleFormula, _ a: Tensor, _ b: Tensor, _ y: Tensor) {
        // Looked up once: a loop that asks the tensors each time is not vectorised.
        let (samples, x, e, target) = (a.shape[0], a.pointer, b.pointer, y.pointer)
        let size = a.count / samples
        let span = ReferenceDevice.span(of: a.count)
        let pieces = (size + span - 1) / span
        pool.run(tasks: samples * pieces, isShort: a.count <= ReferenceDevice.short) { task, _ in
            let (sample, from) = (task / pieces, task % pieces * span)
            let range = sample * size + from..<sample * size + min(size, from + span)
            switch formula {
            case .blend(let alpha, let beta):
                let (alpha, beta) = (alpha[sample], beta[sample])
                for index in range { target[index] = alpha * x[index] + beta * e[index] }
            case .quotient(let alpha, let beta, let divisor):
                let (alpha, beta, divisor) = (alpha[sample], beta[sample], divisor[sample])
                for index in range { target[index] = (alpha * x[index] + beta * e[index]) / divisor }
            case .difference(let factor):
                let factor = factor[sample]
                for index in range { target[index] = factor * (x[index] - e[index]) }
            case .move(let moves):
                let move = moves[sample]
                for index in range {
                    let original = (x[index] - move.fromRest * e[index]) / move.fromRoot
                    target[index] = move.toRoot * original + move.toRest * e[index]
                }
            }
        }
    }
}
