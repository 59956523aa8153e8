import CKernels

extension Engine {
    /// One step of gradient descent in place: d = g + p·λ; where there is a `sum` of gradients, sum = sum·μ + d and
    /// d = sum; p −= d·lr.
    package func gradientDescentInPlace(
        parameter: Tensor, sum: Tensor?, gradient: Tensor, momentum: Float, weightDecay: Float, rate: Float
    ) {
        begin("gradient descent", [parameter, sum, gradient])
        let (p, g, table) = (parameter.pointer, gradient.pointer, kernels.pointee.elementwise)
        let count = parameter.count
        let scratchBytes = Engine.span * MemoryLayout<Float>.size
        pool.run(tasks: (count + Engine.span - 1) / Engine.span, scratchBytes: scratchBytes) { task, scratch in
            let at = task * Engine.span
            let width = min(Engine.span, count - at)
            let direction = scratch.assumingMemoryBound(to: Float.self)
            table.copy(direction, g + at, width)
            if weightDecay != 0 { table.add_scaled(direction, p + at, weightDecay, width) }
            if let sum {
                table.axpby(direction, sum.pointer + at, direction, momentum, 1, width)
                table.copy(sum.pointer + at, direction, width)
            }
            table.add_scaled(p + at, direction, -rate, width)
        }
        end([parameter] + (sum.map { [$0] } ?? []))
    }
}
