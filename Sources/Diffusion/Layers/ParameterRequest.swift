import Compute

/// How a fresh parameter is filled.
package enum Initialization: Sendable, Equatable {
    /// Uniform in ±1/√fanIn: PyTorch's default for linear layers and convolutions.
    case uniform(fanIn: Int)
    /// Normal with this standard deviation.
    case normal(Double)
    /// One value everywhere.
    case constant(Float)
}

/// A parameter that a model asks for: all that is needed to draw it, without those before it.
package struct ParameterRequest: Sendable {
    /// The name in the diffusers checkpoint.
    package let name: String
    /// Extent of each axis.
    package let shape: [Int]
    /// How it is filled when it is fresh.
    package let fill: Initialization
    /// Its place in the order of asking, from 0.
    package let number: Int
    /// What older files call it.
    package var formerly: String?

    /// Number of elements.
    package var count: Int { shape.reduce(1, *) }

    /// Elements that a task of the workers draws.
    private static let span = 1 << 18

    /// Fresh Float32 numbers from `seed`; neither `engine` nor its workers can change a bit.
    package func drawn(seed: UInt64, on engine: Engine? = nil) -> Tensor {
        let tensor = Tensor(uninitialized: shape)
        let (target, count) = (tensor.hostValues, count)
        func part(_ task: Int) {
            let start = task * ParameterRequest.span
            let end = min(count, start + ParameterRequest.span)
            draw(into: UnsafeMutableBufferPointer(rebasing: target[start..<end]), start: start, seed: seed)
        }
        let tasks = (count + ParameterRequest.span - 1) / ParameterRequest.span
        if let engine {
            engine.pool.run(tasks: tasks) { task, _ in part(task) }
        } else {
            for task in 0..<tasks { part(task) }
        }
        return tensor
    }

    private func draw(into target: UnsafeMutableBufferPointer<Float>, start: Int, seed: UInt64) {
        // The parameter's number takes the step's place in the counter, so that no two share a draw.
        let stream = RandomStream(seed: seed, .initialization, step: number)
        switch fill {
        case .constant(let value): target.initialize(repeating: value)
        case .uniform(let fanIn):
            let bound = Float(1 / Double(fanIn).squareRoot())
            stream.fillUniforms(target, start: start)
            for index in target.indices { target[index] = (target[index] * 2 - 1) * bound }
        case .normal(let deviation):
            let deviation = Float(deviation)
            stream.fillNormals(target, start: start)
            for index in target.indices { target[index] *= deviation }
        }
    }
}
