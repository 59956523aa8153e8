import Compute
import Testing

/// Holds what the reference kernels compute against OpenBLAS.
///
/// **The bound.** Let a sum have K terms of independent signs and of size σ. After j terms it has the size σ·√j, and the
/// rounding that follows is off by at most u = 2⁻²⁴ of that, by u/√3 in the root mean square. Errors of independent
/// signs add like lengths at right angles: √(Σ_j (u/√3)²·σ²·j) = u·σ·K/√6, which is u·√(K/6) of the result's σ·√K. Both
/// sides err so, at worst independently: u·√(K/3). Rounding the result, and adding a bias or what was there before, is
/// one more rounding of the result a side or two. The bound is four times u·(√(K/3) + 1): room for the scatter of a
/// small matrix, not for a mistake. Sums in blocks, as both sides make them, err less. A computation of several products
/// adds their bounds.
struct SecondOpinion {
    /// Relative L2 distance that rounding can explain, for sums of these lengths one after the other.
    static func bound(_ lengths: Int...) -> Double {
        lengths.reduce(0) { $0 + 4 * 0x1p-24 * ((Double($1) / 3).squareRoot() + 1) }
    }

    /// ‖a − b‖ / ‖b‖, in Double.
    static func distance(_ a: Tensor, _ b: Tensor) -> Double {
        precondition(a.shape == b.shape, "\(a.shape), \(b.shape)")
        var (difference, size) = (0.0, 0.0)
        for (x, y) in zip(a.floats, b.floats) {
            difference += (Double(x) - Double(y)) * (Double(x) - Double(y))
            size += Double(y) * Double(y)
        }
        return (difference / size).squareRoot()
    }

    /// Expects both backends to come to results within `bound` of each other, on every instruction set, with one and with
    /// three workers (and threads of OpenBLAS).
    static func expect(
        _ what: String, within bound: Double, at location: SourceLocation = #_sourceLocation,
        _ compute: (Engine) -> Tensor
    ) {
        for engine in engines(workers: [1, 3]) {
            defer { engine.stop() }
            let (ours, theirs) = (compute(engine), compute(engine.on(.openblas)))
            let distance = distance(ours, theirs)
            // Written so that a NaN fails too.
            #expect(
                distance <= bound,
                "\(what), \(engine.isa), \(engine.pool.workers) workers: distance \(distance), bound \(bound)",
                sourceLocation: location)
        }
    }
}
