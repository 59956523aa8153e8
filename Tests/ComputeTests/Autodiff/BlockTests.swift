import Compute
import Testing

/// Blocks: running a body again gives the bits of having kept it.
@Suite struct BlockTests {
    /// A small network of blocks on [2, 4, 5, 3]: inputs used twice inside and outside, a constant, a parameter that two
    /// blocks share, and one block inside another.
    private func gradients(recomputing: Bool, frozen: Set<Int> = []) -> (
        value: Tensor, inputs: [Tensor?], weights: [Tensor?]
    ) {
        let tape = Tape(engine: Engine(), recomputesBlocks: recomputing)
        let shapes = [[4], [4], [4, 4, 3, 3], [4], [4, 4, 1, 1], [4]]
        let p = shapes.enumerated().map { Parameter(name: "p\($0)", value: Numbers.tensor($1, 10 + UInt64($0))) }
        for index in p.indices { p[index].isTrainable = !frozen.contains(index) }
        let (x, e) = (tape.leaf(Numbers.tensor([2, 4, 5, 3], 1)), tape.leaf(Numbers.tensor([2, 4], 2)))
        let still = tape.constant(Numbers.tensor([2, 4, 5, 3], 3))
        let residual: @Sendable (Tape, [Variable]) -> Variable = { tape, x in
            let normal = tape.groupNorm(x[0], groups: 2, p[0], p[1], eps: 1e-5)
            let h = tape.convolution(tape.apply(.silu, normal), p[2], p[3], ConvolutionGeometry(padding: 1))
            return tape.add(tape.addPerChannel(h, x[1]), x[0])
        }
        let a = tape.block([x, e], residual)
        let b = tape.block([a, e, still]) { tape, x in
            let inner = tape.block([x[0], x[1]], residual)
            return tape.add(tape.convolution(inner, p[4], p[5], ConvolutionGeometry()), tape.add(x[2], x[0]))
        }
        let y = tape.add(b, a)
        tape.backward(from: y, seed: Numbers.tensor(y.shape, 4))
        return (y.value, [tape.gradient(of: x), tape.gradient(of: e), tape.gradient(of: still)], p.map(\.gradient))
    }

    @Test(arguments: [[], [0, 2], [3], [0, 1, 2, 3, 4, 5]]) func recomputingKeepsTheBits(frozen: [Int]) throws {
        let kept = gradients(recomputing: false, frozen: Set(frozen))
        let again = gradients(recomputing: true, frozen: Set(frozen))
        #expect(kept.value.floats.map(\.bitPattern) == again.value.floats.map(\.bitPattern))
        for (a, b) in zip(kept.inputs + kept.weights, again.inputs + again.weights) {
            #expect(a?.floats.map(\.bitPattern) == b?.floats.map(\.bitPattern))
        }
        #expect(kept.inputs.map { $0 != nil } == [true, true, false])
        #expect(kept.weights.map { $0 != nil } == (0..<6).map { !frozen.contains($0) })
        #expect(kept.weights.allSatisfy { $0 == nil || $0!.floats.contains { $0 != 0 } })
    }

    /// Freezing a parameter changes no other gradient.
    @Test(arguments: [false, true]) func freezingChangesNothingElse(recomputing: Bool) {
        let all = gradients(recomputing: recomputing)
        let some = gradients(recomputing: recomputing, frozen: [1, 2, 5])
        for index in [0, 3, 4] { #expect(all.weights[index]?.floats == some.weights[index]?.floats) }
        for index in 0..<2 { #expect(all.inputs[index]?.floats == some.inputs[index]?.floats) }
    }

    /// A block whose inputs need no gradient still hands its parameters theirs.
    @Test(arguments: [false, true]) func constantInputs(recomputing: Bool) {
        let tape = Tape(engine: Engine(), recomputesBlocks: recomputing)
        let p = Parameter(name: "p", value: Numbers.tensor([3, 4], 1))
        p.isTrainable = true
        let y = tape.block([tape.constant(Numbers.tensor([2, 4], 2))]) { $0.linear($1[0], p, nil) }
        tape.backward(from: y, seed: Numbers.tensor([2, 3], 3))
        #expect(p.gradient?.floats.contains { $0 != 0 } == true)
    }
}
