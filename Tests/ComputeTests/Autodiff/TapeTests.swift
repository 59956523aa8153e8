import Compute
import Testing

/// What a tape keeps, for how long, and what receives no gradient.
@Suite struct TapeTests {
    private func parameter(_ shape: [Int], trainable: Bool = true) -> Parameter {
        let parameter = Parameter(name: "p", value: Numbers.tensor(shape, 5))
        parameter.isTrainable = trainable
        return parameter
    }

    /// Storage that may be gone.
    private struct Trace {
        weak var storage: Storage?
        init(_ variable: Variable) { storage = variable.value.storage }
        var isAlive: Bool { storage != nil }
    }

    @Test func frozenParametersGetNoGradient() {
        let tape = Tape(engine: Engine())
        let (weight, bias) = (parameter([3, 4], trainable: false), parameter([3]))
        let x = tape.leaf(Numbers.tensor([2, 4], 1))
        let y = tape.linear(x, weight, bias)
        tape.backward(from: y, seed: Numbers.tensor([2, 3], 2))
        #expect(weight.gradient == nil && bias.gradient != nil && tape.gradient(of: x) != nil)
    }

    @Test func nothingToDifferentiate() {
        let tape = Tape(engine: Engine())
        let y = tape.linear(tape.constant(Numbers.tensor([2, 4], 1)), parameter([3, 4], trainable: false), nil)
        #expect(!y.isDifferentiable)
        let silent = Tape(engine: Engine(), isRecording: false)
        #expect(!silent.linear(silent.leaf(Numbers.tensor([2, 4], 1)), parameter([3, 4]), nil).isDifferentiable)
    }

    /// Gradients of several backward passes add up in a parameter.
    @Test func gradientsAccumulate() {
        let weight = parameter([3, 4])
        var single: [Float] = []
        for pass in 0..<2 {
            let tape = Tape(engine: Engine())
            let y = tape.linear(tape.constant(Numbers.tensor([1, 4], 1)), weight, nil)
            tape.backward(from: y, seed: Numbers.tensor([1, 3], 2))
            if pass == 0 { single = weight.gradient!.floats }
        }
        #expect(weight.gradient!.floats == single.map { $0 + $0 })
        weight.clearGradient()
        #expect(weight.gradient == nil)
    }

    /// Activations go as the backward pass goes by, though the tape stays; what no backward pass needs is not kept.
    @Test func activationsAreReleased() {
        let tape = Tape(engine: Engine())
        let (p, x) = (parameter([4, 4]), tape.leaf(Numbers.tensor([2, 4], 1)))
        var traces: [Trace] = []
        func network() -> Variable {
            let a = tape.linear(x, p, nil)
            let b = tape.apply(.silu, a)
            let c = tape.add(b, x)
            let d = tape.linear(c, p, nil)
            traces = [a, b, c, d].map(Trace.init)
            return tape.apply(.silu, d)
        }
        let y = network()
        // The sum's gradient needs neither of its terms, the other operations their inputs.
        #expect(traces.map(\.isAlive) == [true, false, true, true])
        tape.backward(from: y, seed: Numbers.tensor([2, 4], 2))
        #expect(traces.allSatisfy { !$0.isAlive })
        #expect(tape.gradient(of: x) != nil)
    }

    /// Only the gradient of a weight needs its layer's input: a frozen layer lets it go, and still hands its own on.
    @Test(arguments: [false, true]) func frozenLayersKeepNoInput(trainable: Bool) {
        let tape = Tape(engine: Engine())
        let (linear, kernel) = (
            parameter([4, 4], trainable: trainable), parameter([2, 2, 1, 1], trainable: trainable)
        )
        let x = tape.leaf(Numbers.tensor([2, 4], 1))
        var traces: [Trace] = []
        func network() -> Variable {
            let a = tape.scale(x, by: 2)
            let b = tape.linear(a, linear, nil)
            let c = tape.reshaped(b, [1, 2, 2, 2])
            traces = [a, c].map(Trace.init)
            return tape.convolution(c, kernel, nil, ConvolutionGeometry())
        }
        let y = network()
        #expect(traces.map(\.isAlive) == [trainable, trainable])
        tape.backward(from: y, seed: Numbers.tensor([1, 2, 2, 2], 2))
        #expect(tape.gradient(of: x)?.floats.contains { $0 != 0 } == true)
        #expect([linear, kernel].allSatisfy { ($0.gradient != nil) == trainable })
    }

    /// A block of frozen layers on constants is a constant: it is not run again.
    @Test(arguments: [false, true]) func frozenBlocksAreConstants(recomputing: Bool) {
        let tape = Tape(engine: Engine(), recomputesBlocks: recomputing)
        let (frozen, trained) = (parameter([4, 4], trainable: false), parameter([4, 4]))
        let runs = Box(0)
        func block(_ x: Variable, _ p: Parameter) -> Variable {
            tape.block([x]) { tape, x in
                runs.value += 1
                return tape.linear(x[0], p, nil)
            }
        }
        let still = block(tape.constant(Numbers.tensor([2, 4], 1)), frozen)
        #expect(!still.isDifferentiable && runs.value == 1)
        let y = block(block(still, trained), frozen)
        #expect(y.isDifferentiable)
        tape.backward(from: y, seed: Numbers.tensor([2, 4], 2))
        #expect(runs.value == (recomputing ? 5 : 3))
        #expect(trained.gradient != nil && frozen.gradient == nil)
    }

    /// With recomputation a block keeps its inputs only.
    @Test(arguments: [false, true]) func blocksKeepTheirInputs(recomputing: Bool) {
        let tape = Tape(engine: Engine(), recomputesBlocks: recomputing)
        let p = parameter([4, 4])
        let inside = Box<[Trace]>([])
        func network() -> Variable {
            let x = tape.apply(.silu, tape.leaf(Numbers.tensor([2, 4], 1)))
            return tape.block([x]) { tape, x in
                let a = tape.linear(x[0], p, nil)
                inside.value.append(Trace(a))
                return tape.apply(.silu, a)
            }
        }
        let y = network()
        #expect(inside.value.map(\.isAlive) == [!recomputing])
        tape.backward(from: y, seed: Numbers.tensor([2, 4], 2))
        #expect(inside.value.count == (recomputing ? 2 : 1) && inside.value.allSatisfy { !$0.isAlive })
    }

    private final class Box<Value> {
        var value: Value
        init(_ value: Value) { self.value = value }
    }

    /// A tape that is never run back, or whose last operations no gradient reaches, goes with its last owner.
    @Test(arguments: [false, true]) func unusedOperationsAreReleased(runsBack: Bool) {
        let p = parameter([4, 4])
        var traces: [Trace] = []
        weak var gone: Tape?
        func run() {
            let tape = Tape(engine: Engine())
            gone = tape
            let x = tape.leaf(Numbers.tensor([2, 4], 1))
            let y = tape.linear(x, p, nil)
            let unused = tape.block([x]) { tape, x in
                let a = tape.linear(x[0], p, nil)
                traces.append(Trace(a))
                return tape.apply(.silu, a)
            }
            let behind = tape.linear(tape.apply(.silu, unused), p, nil)
            traces += [y, unused, behind].map(Trace.init)
            if runsBack { tape.backward(from: y, seed: Numbers.tensor([2, 4], 2)) }
        }
        run()
        #expect(gone == nil)
        #expect(traces.allSatisfy { !$0.isAlive })
    }
}
