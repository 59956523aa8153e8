import Compute

/// Sinusoids of a number (a timestep, or an image size in SDXL), as diffusers' `get_timestep_embedding`: frequencies
/// exp(−ln(10⁴)·i / (half − shift)), every operation rounded to Float32.
package enum Sinusoid {
    /// Embeds each of `values`: [values.count, width], sines and cosines in halves.
    package static func embed(_ values: [Float], width: Int, flipSinToCos: Bool, freqShift: Double) -> Tensor {
        let half = width / 2
        let frequencies = (0..<half).map { index in
            Elementary.exp(Float(-9.210340371976184) * Float(index) / Float(Double(half) - freqShift))
        }
        var numbers = [Float](repeating: 0, count: values.count * width)
        for (row, value) in values.enumerated() {
            for (index, frequency) in frequencies.enumerated() {
                let angle = value * frequency
                let (sine, cosine) = (Elementary.sin(angle), Elementary.cos(angle))
                numbers[row * width + index] = flipSinToCos ? cosine : sine
                numbers[row * width + half + index] = flipSinToCos ? sine : cosine
            }
        }
        return Tensor(numbers, shape: [values.count, width])
    }
}

/// Linear, SiLU, Linear on a sinusoid.
package struct TimestepEmbedding: Sendable {
    let linear1: Linear
    let linear2: Linear

    init(_ loader: ParameterLoader, _ name: String, _ input: Int, _ width: Int) throws {
        linear1 = try Linear(loader, "\(name).linear_1", input, width)
        linear2 = try Linear(loader, "\(name).linear_2", width, width)
    }

    func callAsFunction(_ tape: Tape, _ x: Variable) -> Variable {
        linear2(tape, tape.apply(.silu, linear1(tape, x)))
    }
}
