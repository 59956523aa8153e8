import CCuda

/// Functions of single elements on a device of NVIDIA's.
extension CudaDevice {
    /// Queues a kernel whose threads take four elements each.
    private func launchQuads<Arguments>(_ name: StaticString, _ arguments: Arguments, count: Int) {
        launchEach(name, arguments, count: (count + 3) / 4)
    }

    private func map(_ name: StaticString, _ a: Tensor, _ b: Tensor?, _ y: Tensor) {
        let first = read(a)
        let arguments = cu_map(y: write(y), a: first, b: b.map(read) ?? first, count: Int64(y.count))
        launchQuads(name, arguments, count: y.count)
    }

    func apply(_ activation: Activation, _ x: Tensor, _ y: Tensor) {
        switch activation {
        case .silu: map("silu_forward", x, nil, y)
        case .gelu: map("gelu_forward", x, nil, y)
        case .quickGELU: map("quick_gelu_forward", x, nil, y)
        }
    }

    func applyBackward(_ activation: Activation, _ dy: Tensor, _ x: Tensor, _ dx: Tensor) {
        switch activation {
        case .silu: map("silu_backward", dy, x, dx)
        case .gelu: map("gelu_backward", dy, x, dx)
        case .quickGELU: map("quick_gelu_backward", dy, x, dx)
        }
    }

    func apply(_ function: ElementaryFunction, _ x: Tensor, _ y: Tensor) {
        let which =
            switch function {
            case .exp: CU_EXP
            case .log: CU_LOG
            case .sin: CU_SIN
            case .cos: CU_COS
            case .tanh: CU_TANH
            case .erf: CU_ERF
            case .sigmoid: CU_SIGMOID
            case .squareRoot: CU_SQUARE_ROOT
            }
        let arguments = cu_apply(y: write(y), x: read(x), count: Int64(x.count), function: Int32(which.rawValue))
        launchEach("apply_function", arguments, count: x.count)
    }

    /// Four elements of a stream a thread, as one block of it holds.
    func draw(_ distribution: RandomDistribution, _ stream: RandomStream, _ start: Int, _ y: Tensor) {
        let arguments = cu_draw(
            y: write(y), start: UInt64(start), count: Int64(y.count),
            key_low: UInt32(truncatingIfNeeded: stream.seed), key_high: UInt32(stream.seed >> 32),
            stream: stream.name.rawValue, step: stream.step)
        let name: StaticString =
            switch distribution {
            case .uniform: "draw_uniforms"
            case .normal: "draw_normals"
            }
        launchEach(name, arguments, count: y.count == 0 ? 0 : y.count / 4 + 2)
    }

    func combine(_ arithmetic: Arithmetic, _ a: Tensor, _ b: Tensor, _ y: Tensor) {
        switch arithmetic {
        case .add: map("add_elements", a, b, y)
        case .subtract: map("subtract_elements", a, b, y)
        case .multiply: map("multiply_elements", a, b, y)
        }
    }

    func fill(_ x: Tensor, _ value: Float) {
        launchQuads("fill", cu_fill(x: write(x), value: value, count: Int64(x.count)), count: x.count)
    }

    func scale(_ x: Tensor, _ s: Float, _ y: Tensor) {
        let source = read(x)
        let arguments = cu_blend(y: write(y), a: source, b: source, alpha: s, beta: 0, count: Int64(y.count))
        launchQuads("scale_elements", arguments, count: y.count)
    }

    func blend(_ a: Tensor, _ alpha: Float, _ b: Tensor, _ beta: Float, _ y: Tensor) {
        let arguments = cu_blend(
            y: write(y), a: read(a), b: read(b), alpha: alpha, beta: beta, count: Int64(y.count))
        launchQuads("blend_elements", arguments, count: y.count)
    }

    func addPerChannel(_ x: Tensor, _ e: Tensor, _ y: Tensor) {
        guard x.count > 0 else { return }
        let arguments = cu_broadcast(
            y: write(y), x: read(x), e: read(e), count: Int64(y.count), width: cu_divisor(x.count / e.count))
        launchQuads("add_to_rows", arguments, count: y.count)
    }

    func addRows(_ x: Tensor, _ rows: Tensor, _ y: Tensor) {
        guard x.count > 0 else { return }
        let arguments = cu_broadcast(
            y: write(y), x: read(x), e: read(rows), count: Int64(y.count), width: cu_divisor(rows.count))
        launchQuads("add_row", arguments, count: y.count)
    }

    func geglu(_ x: Tensor, _ y: Tensor) {
        guard y.count > 0 else { return }
        let arguments = cu_geglu(
            y: write(y), dy: nil, x: read(x), count: Int64(y.count), width: cu_divisor(x.shape.last! / 2))
        launchQuads("geglu_forward", arguments, count: y.count)
    }

    func gegluBackward(_ dy: Tensor, _ x: Tensor, _ dx: Tensor) {
        guard dy.count > 0 else { return }
        let arguments = cu_geglu(
            y: write(dx), dy: read(dy), x: read(x), count: Int64(dy.count), width: cu_divisor(x.shape.last! / 2))
        launchQuads("geglu_backward", arguments, count: dy.count)
    }

    func perSample(_ formula: SampleFormula, _ a: Tensor, _ b: Tensor, _ y: Tensor) {
        guard y.count > 0 else { return }
        let name: StaticString
        let constants: [SIMD4<Float>]
        switch formula {
        case .blend(let alpha, let beta):
            name = "sample_blend"
            constants = alpha.indices.map { [alpha[$0], beta[$0], 0, 0] }
        case .quotient(let alpha, let beta, let divisor):
            name = "sample_quotient"
            constants = alpha.indices.map { [alpha[$0], beta[$0], divisor[$0], 0] }
        case .difference(let factor):
            name = "sample_difference"
            constants = factor.map { [$0, 0, 0, 0] }
        case .move(let moves):
            name = "sample_move"
            constants = moves.map { [$0.fromRoot, $0.fromRest, $0.toRoot, $0.toRest] }
        }
        let uploaded = UnsafeRawPointer(upload(constants)).assumingMemoryBound(to: Float.self)
        let arguments = cu_samples(
            y: write(y), a: read(a), b: read(b), constants: uploaded, count: Int64(y.count),
            size: cu_divisor(y.count / a.shape[0]))
        launchQuads(name, arguments, count: y.count)
    }
}
